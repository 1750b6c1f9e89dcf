"""Preservation and custody: terms, refusals, renewals, and a chain that shows what was altered."""

from hashlib import sha256
from itertools import product
from typing import Any

import httpx
import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import select, update

from core.log.models import Addressee, EventRow
from core.safeguards import preservations
from core.safeguards.models import CustodyEntry, Preservation
from core.safeguards.preservations import legal
from core.testing import TestedHub
from core.wire.preservations import CustodyManifest, PreservationState

State = PreservationState
DIGEST = sha256(b"export 1").hexdigest()
ITEM: dict[str, Any] = {"item": "export-1.zip", "sha256": DIGEST, "size": 8}
BODY: dict[str, Any] = {
    "platform": "tiktok",
    "target": {"url": "https://bait.example/live/1"},
    "scope": ["traffic", "content"],
    "days": 90,
    "legal_basis": "Order 12/QD-A05, for an inquiry under the law on cybersecurity",
    "order_number": "12/QD-A05",
}


@pytest.fixture
def agency(hub: TestedHub) -> httpx.AsyncClient:
    return hub.client_as("a05")


@pytest.fixture
def platform(hub: TestedHub) -> httpx.AsyncClient:
    return hub.client_as("tiktok")


async def requested(agency: httpx.AsyncClient, **more: Any) -> str:
    made = await agency.post("/v1/preservations", json=BODY | more)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def preserved(agency: httpx.AsyncClient, platform: httpx.AsyncClient) -> str:
    path = await requested(agency)
    assert (await platform.post(f"{path}/moves", json={"state": "preserved"})).status_code == 200
    return path


async def test_data_is_kept_renewed_and_let_go(
    hub: TestedHub, agency: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    path = await requested(agency)
    (asked,) = (await platform.get("/v1/preservations", params={"state": "requested"})).json()["preservations"]
    assert (asked["value"], asked["scope"], asked["partner"]) == (BODY["target"]["url"], ["content", "traffic"], "a05")
    await platform.post(f"{path}/moves", json={"state": "acknowledged"})
    before = (await agency.get(path)).json()["until"]
    renewed = (await agency.post(f"{path}/renewals", json={"days": 30})).json()
    assert (renewed["renewals"], renewed["days"]) == (1, 30)
    assert renewed["until"] > before
    assert (await platform.post(f"{path}/renewals", json={"days": 30})).status_code == 403
    # One term ahead at most: nobody piles them up until dates end.
    assert (await agency.post(f"{path}/renewals", json={"days": 30})).status_code == 409
    assert (await agency.post(f"{path}/moves", json={"state": "released"})).json()["state"] == "released"
    async with hub.parts.db.survey() as session:
        told = select(EventRow.type, Addressee.partner).join(Addressee, Addressee.position == EventRow.position)
        rows = (await session.execute(told.where(EventRow.type.startswith("preservation.")))).all()
    assert len({row.partner for row in rows}) == 3
    assert [row.type for row in rows].count("preservation.moved") == 6


async def test_what_was_not_renewed_ends_once(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    path = await requested(agency)
    assert await preservations.expire(hub.parts.db) == 0
    async with hub.parts.db.edge(0) as session:
        await session.execute(update(Preservation).values(until=1))
    assert [await preservations.expire(hub.parts.db) for _ in range(2)] == [1, 0]
    assert (await agency.get(path)).json()["state"] == "expired"
    assert (await agency.post(f"{path}/renewals", json={"days": 30})).status_code == 409


@pytest.mark.parametrize("by_platform", [True, False])
async def test_every_move_from_every_state(
    hub: TestedHub, agency: httpx.AsyncClient, platform: httpx.AsyncClient, by_platform: bool
) -> None:
    path, caller = await requested(agency), platform if by_platform else agency
    moves = (State.ACKNOWLEDGED, State.PRESERVED, State.REFUSED, State.RELEASED)
    for state, wanted in product(State, moves):
        async with hub.parts.db.edge(0) as session:
            await session.execute(update(Preservation).values(state=state.value))
        done = await caller.post(f"{path}/moves", json={"state": wanted.value, "reason": "Said so."})
        able = legal(state, platform=by_platform)
        assert done.status_code == (200 if wanted in able else 409), (state, wanted, done.text)


async def test_strangers_cannot_tell_it_from_one_that_is_not(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    path, missing = await requested(agency), "/v1/preservations/prs_" + "a" * 26
    for other in (hub.client_as("meta"), hub.client_as("chongluadao")):
        for end in ("", "/custody"):
            there, nowhere = await other.get(path + end), await other.get(missing + end)
            assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
            assert there.status_code == 404


async def test_what_is_wrong_is_named(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    hidden = {"kind": "phone", "value": "+84 91 000 0001", "tlp": "AMBER"}
    sent = await hub.client_as("chongluadao").post("/v1/signals", json={"signals": [hidden]})
    wrong: dict[str, dict[str, Any]] = {
        "/platform": {"platform": "chongluadao"},
        "/target": {"target": {}},
        "/target/url": {"target": {"url": "no address"}},
        "/target/signal": {"target": {"signal": sent.json()["results"][0]["id"]}},
        "/takedown": {"takedown": "tkd_" + "a" * 26},
        "/legal_basis": {"legal_basis": "Call 0910 000 001 about it"},
    }
    for pointer, change in wrong.items():
        refused = await agency.post("/v1/preservations", json=BODY | change)
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (409, [pointer])


async def test_evidence_changes_hands_and_the_manifest_proves_it(
    hub: TestedHub, agency: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    path = await preserved(agency, platform)
    steps = (
        (platform, {"action": "collected"}),
        (platform, {"action": "handed_over", "to": "a05"}),
        (agency, {"action": "received"}),
        (agency, {"action": "verified"}),
    )
    for caller, step in steps:
        added = await caller.post(f"{path}/custody", json=ITEM | step)
        assert added.status_code == 201, added.text
    assert (await agency.get(path)).json()["state"] == "handed_over"

    signed = (await agency.get(f"{path}/custody")).json()
    keys = KeySet.import_key_set((await hub.anonymous().get("/.well-known/jwks.json")).json())
    proved = jws.deserialize_compact(signed["jws"].encode(), keys, algorithms=["ES256"])
    assert proved.headers()["typ"] == "custody+json"
    made = msgspec.json.decode(proved.payload or b"", type=CustodyManifest)
    assert msgspec.json.decode(proved.payload or b"") == signed["manifest"]
    chain = ["", *(sha256(msgspec.json.encode(entry)).hexdigest() for entry in made.entries)]
    assert [entry.previous for entry in made.entries] == chain[:-1]

    # Whoever rewrites an entry breaks the chain behind it.
    async with hub.parts.db.edge(0) as session:
        await session.execute(update(CustodyEntry).where(CustodyEntry.seq == 2).values(sha256="0" * 64))
    after = (await agency.get(f"{path}/custody")).json()["manifest"]["entries"]
    digests = [sha256(msgspec.json.encode(entry)).hexdigest() for entry in after]
    assert [entry["previous"] == digest for entry, digest in zip(after[1:], digests, strict=False)] == [
        True,
        False,
        True,
    ]


async def test_what_does_not_follow_is_refused(agency: httpx.AsyncClient, platform: httpx.AsyncClient) -> None:
    path = await requested(agency)
    early = await platform.post(f"{path}/custody", json=ITEM | {"action": "collected"})
    assert early.status_code == 409
    await platform.post(f"{path}/moves", json={"state": "preserved"})
    steps: list[tuple[httpx.AsyncClient, dict[str, Any], int]] = [
        (platform, {"action": "verified"}, 409),
        (platform, {"action": "collected", "to": "a05"}, 409),
        (platform, {"action": "collected"}, 201),
        (platform, {"action": "collected"}, 409),
        (agency, {"action": "received"}, 409),
        (platform, {"action": "handed_over"}, 409),
        (platform, {"action": "handed_over", "to": "meta"}, 409),
        (platform, {"action": "handed_over", "to": "a05", "sha256": "0" * 64}, 409),
        (platform, {"action": "handed_over", "to": "a05"}, 201),
        (platform, {"action": "received"}, 409),
        (agency, {"action": "received", "size": 9}, 409),
        (agency, {"action": "received"}, 201),
    ]
    for caller, step, status in steps:
        done = await caller.post(f"{path}/custody", json=ITEM | step)
        assert done.status_code == status, (step, done.text)


async def test_a_signature_of_custody_is_no_token(
    hub: TestedHub, agency: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    signed = (await agency.get(f"{await preserved(agency, platform)}/custody")).json()["jws"]
    answer = await hub.anonymous().get("/v1/me/quality", headers={"Authorization": f"Bearer {signed}"})
    assert answer.status_code == 401
