"""The clock by HTTP: who may read and who may keep what, and that the running hub tells contacts of a breach."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import update

from core import times
from core.log import head
from core.sdk import Channel, Notice
from core.takedowns.models import TakedownRequest
from core.testing import TestedHub
from tests.plugin.fakes import plugin
from tests.takedowns.asked import ORDER, item, opened, shown

CONTACT = {"channel": "radio", "address": "duty@tiktok.example", "label": "Duty desk"}
POLICY = {
    "basis": "user_complaint",
    "priority": "normal",
    "seconds": 3_600,
    "legal_basis": "A decree",
    "source": "https://gazette.example/1",
    "valid_from": "2030-01-01",
}


class Radio(Channel):
    name = "radio"

    def __init__(self) -> None:
        self.heard: list[tuple[str, Notice]] = []
        self.begun = threading.Event()
        """The channel runs on its plugin's thread."""

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        self.heard.append((address, notice))
        self.begun.set()


@pytest.fixture
def radio() -> Radio:
    return Radio()


@pytest.fixture
def hub_plugins(radio: Radio) -> Sequence[object]:
    return [plugin("radio", channels=lambda: [radio])]


async def test_a_partner_keeps_its_contacts_and_the_operator_everyones(hub: TestedHub) -> None:
    own, operator, other = (hub.client_as(slug) for slug in ("tiktok", "secretariat", "a05"))
    kept = await own.put("/v1/me/contacts", json={"contacts": [CONTACT, CONTACT | {"label": "Head of duty"}]})
    assert [(one["level"], one["address"]) for one in kept.json()["contacts"]] == [
        (1, CONTACT["address"]),
        (2, CONTACT["address"]),
    ]
    assert (await operator.get("/v1/partners/tiktok/contacts")).json() == kept.json()
    assert (await other.get("/v1/me/contacts")).json() == {"contacts": []}
    assert (await other.get("/v1/partners/tiktok/contacts")).status_code == 403
    assert (await other.put("/v1/partners/tiktok/contacts", json={"contacts": []})).status_code == 403
    refused = await own.put("/v1/me/contacts", json={"contacts": [CONTACT | {"channel": "telegraph"}]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/contacts/0/channel")
    assert (await operator.put("/v1/partners/tiktok/contacts", json={"contacts": []})).json() == {"contacts": []}


async def test_policies_are_read_by_parties_and_kept_by_the_operator(hub: TestedHub) -> None:
    platform, operator = hub.client_as("tiktok"), hub.client_as("secretariat")
    assert (await platform.post("/v1/takedown-policies", json=POLICY)).status_code == 403
    made = await operator.post("/v1/takedown-policies", json=POLICY)
    assert made.status_code == 201, made.text
    listed = (await platform.get("/v1/takedown-policies", params={"on": "2030-01-01"})).json()
    assert made.json() in listed["policies"]
    before = (await platform.get("/v1/takedown-policies", params={"on": "2029-12-31"})).json()
    assert made.json() not in before["policies"]
    ended = await operator.post(f"/v1/takedown-policies/{made.json()['id']}/end", json={"valid_until": "2030-02-01"})
    assert ended.json()["valid_until"] == "2030-02-01"
    assert (
        await operator.post("/v1/takedown-policies/pol_0/end", json={"valid_until": "2030-02-01"})
    ).status_code == 404
    repeat = {"violations": 3, "lock_days_least": 7, "lock_days_most": 30, "legal_basis": "x", "source": "y"}
    assert (await operator.put("/v1/repeat-policies/7", json=repeat)).json() == {"days": 7} | repeat
    assert (await operator.put("/v1/repeat-policies/0", json=repeat)).status_code == 404
    assert {one["days"] for one in (await platform.get("/v1/takedown-policies")).json()["repeats"]} == {7, 30, 90}


async def test_days_are_read_by_parties_and_moved_by_the_operator(hub: TestedHub) -> None:
    platform, operator = hub.client_as("tiktok"), hub.client_as("secretariat")
    day = "/v1/calendars/vn-office/days/2026-12-31"
    assert (await platform.get(day)).json()["working"] is True
    moved = {"working": False, "name": "Off by decree", "source": "https://gazette.example/4"}
    assert (await platform.put(day, json=moved)).status_code == 403
    assert (await operator.put(day, json=moved)).json() == moved | {"day": "2026-12-31"}
    year = (await platform.get("/v1/calendars/vn-office", params={"year": 2026})).json()
    assert moved | {"day": "2026-12-31"} in year["days"]
    assert (await operator.delete(day)).status_code == 204
    assert (await operator.delete(day)).status_code == 404
    for nowhere in ("mars", "vn-office/days/tomorrow", "vn-office/days/9999-12-31", "vn-office/days/2026-02-30"):
        assert (await platform.get(f"/v1/calendars/{nowhere}")).status_code == 404


async def test_a_clock_is_stopped_by_who_asked(hub: TestedHub) -> None:
    case = await opened(hub)
    clock, pause = f"/v1/takedowns/{case}/clock", f"/v1/takedowns/{case}/pause"
    group, platform = hub.client_as("chongluadao"), hub.client_as("tiktok")
    running = (await platform.get(clock)).json()
    assert running["due_local"].endswith("+07:00")
    assert (await platform.put(pause, json={"reason": "More time"})).status_code == 403
    assert (await hub.client_as("a05").get(clock)).status_code == 404
    stopped = (await group.put(pause, json={"reason": "We have to look again."})).json()
    assert (stopped["due"], stopped["due_local"], stopped["pauses"][0]["until"]) == (None, None, None)
    assert (await shown(hub, case))["paused"] == stopped["paused"]
    assert (await group.put(pause, json={"reason": "Once more"})).status_code == 409
    resumed = (await group.delete(pause)).json()
    assert resumed["due"] > running["due"]
    assert (await group.delete(pause)).status_code == 409


async def test_the_running_hub_tells_the_contact_and_hears_that_it_has_it(hub: TestedHub, radio: Radio) -> None:
    platform = hub.client_as("tiktok")
    await platform.put("/v1/me/contacts", json={"contacts": [CONTACT]})
    case = await opened(hub, "a05", item(basis=ORDER))
    async with head.writing(hub.parts.db, "test", "Turn the clock back") as session:
        long_ago = times.now() - 25 * times.HOUR
        await session.execute(update(TakedownRequest).values(at=long_ago))
    # What anyone changes is looked at within a second.
    await hub.client_as("a05").put(f"/v1/takedowns/{case}/pause", json={"reason": "Too late for that."})
    assert await asyncio.to_thread(radio.begun.wait, 20)
    ((address, notice),) = radio.heard
    assert (address, notice.subject, notice.type) == (CONTACT["address"], case, "takedown.breached")
    found = (await platform.get("/v1/pushes")).json()["pushes"]
    assert [(one["id"], one["subject"], one["partner"]) for one in found] == [(notice.id, case, "tiktok")]
    assert (await hub.client_as("a05").get(f"/v1/pushes/{notice.id}")).status_code == 404
    known = await platform.post(f"/v1/pushes/{notice.id}/acknowledge")
    assert known.json()["state"] == "acknowledged"
    assert (await shown(hub, case))["breached"] is not None
