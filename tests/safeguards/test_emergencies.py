"""The emergency lane: who is told, by which way, and that one person alone never lowers it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.log.models import Addressee, Audit, EventRow
from core.safeguards.models import Emergency
from core.sdk import Channel, Notice
from core.takedowns.models import Push
from core.testing import TestedHub
from core.wire.scopes import PartnerKind, Scope
from tests.plugin.fakes import plugin

BODY: dict[str, Any] = {
    "category": "online_kidnapping",
    "summary": "Told to take a room and to speak with nobody. Our file 2026-118.",
    "age_band": "18_22",
    "province": "01",
}
PARTIES = ("child-protection-network", "a05", "chongluadao")


class Line(Channel):
    """A channel that works until it is cut, and writes down what it was given."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cut = False
        self.given: list[tuple[str, Notice]] = []

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        if self.cut:
            raise OSError("no carrier")
        self.given.append((address, notice))


@pytest.fixture
def lines() -> tuple[Line, Line]:
    return Line("pager"), Line("siren")


@pytest.fixture
def hub_plugins(lines: tuple[Line, Line]) -> Sequence[object]:
    return [plugin("lines", channels=lambda: lines)]


@pytest.fixture
async def duty(hub: TestedHub) -> None:
    """Who answers, and how to reach each."""
    operator = hub.client_as("secretariat")
    row = {"agency": "a05", "protection": "child-protection-network", "source": "Protocol", "valid_from": "2025-10-06"}
    assert (await operator.post("/v1/responsibilities", json=row)).status_code == 201
    for slug in ("a05", "child-protection-network"):
        ways = [{"channel": line, "address": f"{line}-of-{slug}", "label": "Duty desk"} for line in ("pager", "siren")]
        assert (await hub.client_as(slug).put("/v1/me/contacts", json={"contacts": ways})).status_code == 200


async def declared(hub: TestedHub, **more: Any) -> str:
    made = await hub.client_as("chongluadao").post("/v1/emergencies", json=BODY | more)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


def places(line: Line) -> set[str]:
    return {address for address, _ in line.given}


@pytest.mark.usefixtures("duty")
async def test_one_word_is_enough_and_the_next_channel_is_tried_when_one_fails(
    hub: TestedHub, lines: tuple[Line, Line]
) -> None:
    pager, siren = lines
    pager.cut = True
    path = await declared(hub)
    async with asyncio.timeout(20):
        while len(places(siren)) < 2:  # noqa: ASYNC110  (the plugin fills it in another thread)
            await asyncio.sleep(0.05)
    assert places(siren) == {"siren-of-a05", "siren-of-child-protection-network"}
    assert {notice.type for _, notice in siren.given} == {"emergency.declared"}
    # What leaves the hub says where to look, and nothing of what happened.
    assert not any("2026-118" in str(notice) or "18_22" in str(notice) for _, notice in siren.given)

    agency = hub.client_as("a05")
    assert all(f"POST {notice.url}/acknowledgement" in str(notice.detail.en) for _, notice in siren.given)
    shown = (await agency.get(path)).json()
    assert shown["summary"] == BODY["summary"]
    assert {one["partner"] for one in shown["told"]} == {"a05", "child-protection-network"}
    assert (await agency.post(f"{path}/acknowledgement")).status_code == 200
    (mine,) = [one for one in (await agency.get(path)).json()["told"] if one["partner"] == "a05"]
    assert mine["acknowledged"] is not None
    async with hub.parts.db.survey() as session:
        (waits,) = await session.scalars(select(Push.wakes).where(Push.acknowledged.is_not(None)))
    assert waits is None


@pytest.mark.usefixtures("duty")
async def test_when_no_channel_works_the_operator_is_told(hub: TestedHub, lines: tuple[Line, Line]) -> None:
    for line in lines:
        line.cut = True
    await declared(hub)
    minute = 60_000_000
    async with hub.parts.db.survey() as session:
        now = (await session.scalars(select(Push.created))).first()
    assert now is not None
    for later in range(1, 12):
        await hub.parts.pusher.work(now + later * minute)
        await hub.parts.pusher.idle()
    async with hub.parts.db.survey() as session:
        failed = list(await session.scalars(select(EventRow.position).where(EventRow.type == "push.failed")))
        states = set(await session.scalars(select(Push.state)))
    assert (len(failed), states) == (2, {"failed"})


@pytest.mark.usefixtures("duty")
async def test_who_was_told_says_so_in_its_own_name_and_the_declarer_hears_of_it(hub: TestedHub) -> None:
    await declared(hub)
    agency, operator, declarer = (hub.client_as(slug) for slug in ("a05", "secretariat", "chongluadao"))
    (push,) = (await agency.get("/v1/pushes")).json()["pushes"]
    assert (await operator.post(f"/v1/pushes/{push['id']}/acknowledge")).status_code == 403
    for _ in range(2):
        assert (await agency.post(f"/v1/pushes/{push['id']}/acknowledge")).json()["state"] == "acknowledged"
    heard = (await declarer.get("/v1/events", params={"types": "emergency.acknowledged"})).json()["events"]
    assert [event["data"] for event in heard] == [{"emergency": push["subject"]}]


@pytest.mark.usefixtures("duty")
async def test_two_people_lower_it(hub: TestedHub) -> None:
    path = await declared(hub)
    agency, other = hub.client_as("a05"), hub.client_as("child-protection-network")
    first = await agency.post(f"{path}/lowering", json={"reason": "Found, safe."})
    assert (first.status_code, first.json()["state"]) == (200, "lowering")
    assert (await agency.post(f"{path}/lowering", json={"reason": "Found, safe."})).status_code == 409
    # Somebody knows better.
    back = await hub.client_as("chongluadao").post(f"{path}/continuation")
    assert (back.status_code, back.json()["state"]) == (200, "open")
    await agency.post(f"{path}/lowering", json={"reason": "Found, safe, with the family."})
    second = await other.post(f"{path}/lowering", json={"reason": "Spoken with."})
    assert (second.status_code, second.json()["state"]) == (200, "lowered")
    assert not second.json().get("summary")
    assert (await other.post(f"{path}/lowering", json={"reason": "Again"})).status_code == 409
    async with hub.parts.db.survey() as session:
        assert set(await session.scalars(select(Push.wakes))) == {None}
        told = select(EventRow.type, Addressee.partner).join(Addressee, Addressee.position == EventRow.position)
        rows = (await session.execute(told.where(EventRow.type == "emergency.lowered"))).all()
        noted = list(await session.scalars(select(Audit.what).where(Audit.what == "LowerEmergency")))
        kept = list(await session.scalars(select(Emergency.summary)))
    assert len(rows) == 4
    assert len(noted) == 3
    # What nobody may read any more is not kept either.
    assert kept == [b""]


@pytest.mark.usefixtures("duty")
async def test_one_of_the_two_is_of_those_who_answer(hub: TestedHub) -> None:
    path = await declared(hub)
    declarer, operator = hub.client_as("chongluadao"), hub.client_as("secretariat")
    assert (await declarer.post(f"{path}/lowering", json={"reason": "Called back."})).status_code == 200
    refused = await operator.post(f"{path}/lowering", json={"reason": "As they say."})
    assert refused.status_code == 409
    assert (await hub.client_as("a05").post(f"{path}/lowering", json={"reason": "Seen."})).json()["state"] == "lowered"


@pytest.mark.usefixtures("duty")
async def test_the_second_of_two_at_once_meets_the_first(hub: TestedHub) -> None:
    path = await declared(hub)
    both = [hub.client_as("a05"), hub.client_as("child-protection-network")]
    answers = await asyncio.gather(*(one.post(f"{path}/lowering", json={"reason": "Safe."}) for one in both))
    assert sorted(answer.json()["state"] for answer in answers) == ["lowered", "lowering"]


async def test_where_nobody_was_named_the_operator_answers(hub: TestedHub) -> None:
    shown = (await hub.client_as("secretariat").get(await declared(hub))).json()
    assert (shown["agency"], shown["protection"]) == ("secretariat", "secretariat")


async def test_the_row_of_the_province_comes_before_the_general_one(hub: TestedHub) -> None:
    operator = hub.client_as("secretariat")
    await hub.admit(("hanoi-police", PartnerKind.AGENCY))
    for more in ({"agency": "a05"}, {"agency": "hanoi-police", "province": "01"}):
        row = {"protection": "child-protection-network", "source": "Protocol", "valid_from": "2025-10-06"} | more
        made = await operator.post("/v1/responsibilities", json=row)
    path = await declared(hub)
    assert (await operator.get(path)).json()["agency"] == "hanoi-police"
    ended = await operator.post(f"/v1/responsibilities/{made.json()['id']}/end", json={"valid_until": "2025-12-01"})
    assert ended.status_code == 200
    assert (await operator.get(await declared(hub))).json()["agency"] == "a05"


@pytest.mark.usefixtures("duty")
async def test_others_learn_nothing(hub: TestedHub) -> None:
    path, missing = await declared(hub), "/v1/emergencies/emg_" + "a" * 26
    await hub.admit(("another-shelter", PartnerKind.PROTECTION))
    stranger: httpx.AsyncClient = hub.client_as("another-shelter")
    for end in ("", "/acknowledgement", "/lowering", "/continuation"):
        method, body = "POST" if end else "GET", {"reason": "x"} if end == "/lowering" else None
        there, nowhere = [await stranger.request(method, one + end, json=body) for one in (path, missing)]
        assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content) == (404, there.content)
    assert (await stranger.get("/v1/emergencies")).json()["emergencies"] == []
    shown = (await hub.client_as("secretariat").get(path)).json()
    assert not shown.get("summary")
    async with hub.parts.db.survey() as session:
        (sealed,) = await session.scalars(select(Emergency.summary))
        words = [*await session.scalars(select(EventRow.body)), *await session.scalars(select(Audit.detail))]
    assert b"118" not in sealed
    assert not any("118" in text for text in words)
    assert Scope.EMERGENCIES_WRITE in hub.accounts["another-shelter"].scopes


async def test_what_is_wrong_is_named(hub: TestedHub) -> None:
    declarer = hub.client_as("chongluadao")
    wrong = {"summary": "Call 0910 000 001", "province": "99", "signals": ["sig_" + "a" * 26]}
    refused = await declarer.post("/v1/emergencies", json=BODY | wrong)
    assert refused.status_code == 409
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/summary", "/province", "/signals/0"]
