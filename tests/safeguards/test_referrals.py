"""Referrals: whose word it takes, who may do what, and that nobody else learns of the person."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.log.models import Addressee, Audit, EventRow, Tick
from core.safeguards.models import Referral
from core.safeguards.referrals import legal
from core.testing import TestedHub
from core.wire.referrals import ReferralState as State

SECRET_NOTE = "Hồ sơ 2026-118, gọi lại máy lẻ của ca trực"


def body(**more: Any) -> dict[str, Any]:
    consent = {"ground": "consent", "by": "both", "at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    return {
        "receiver": "child-protection-network",
        "service": "hotline_111",
        "ground": consent,
        "age_band": "7_15",
        "urgency": "now",
        "note": SECRET_NOTE,
    } | more


async def offered(hub: TestedHub, **more: Any) -> str:
    made = await hub.client_as("a05").post("/v1/referrals", json=body(**more))
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def test_a_person_is_handed_over_and_the_note_goes_when_it_is_done(hub: TestedHub) -> None:
    sender, receiver = hub.client_as("a05"), hub.client_as("child-protection-network")
    path = await offered(hub)
    (shown,) = (await receiver.get("/v1/referrals", params={"state": "offered"})).json()["referrals"]
    assert (shown["note"], shown["sender"], shown["ground"]["by"]) == (SECRET_NOTE, "a05", "both")
    for state in ("acknowledged", "accepted", "in_progress", "completed"):
        moved = await receiver.post(f"{path}/moves", json={"state": state})
        assert (moved.status_code, moved.json()["state"]) == (200, state), moved.text
    done = (await sender.get(path)).json()
    assert [step["state"] for step in done["steps"]] == ["acknowledged", "accepted", "in_progress", "completed"]
    assert "note" not in done or done["note"] is None
    async with hub.parts.db.snapshot(0) as session:
        assert (await session.scalars(select(Referral.note))).all() == [None]


async def test_reasons_which_stay_name_nobody(hub: TestedHub) -> None:
    sender, receiver = hub.client_as("a05"), hub.client_as("child-protection-network")
    reason = "Ask for 0910 000 001"
    refused = await sender.post("/v1/referrals", json=body(ground={"ground": "vital_interest", "reason": reason}))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/ground/reason")
    path = await offered(hub)
    refused = await receiver.post(f"{path}/moves", json={"state": "declined", "reason": reason})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/reason")
    assert (await sender.get(path)).json()["state"] == "offered"


async def test_the_sender_hears_of_each_step_and_strangers_of_none(hub: TestedHub) -> None:
    path = await offered(hub)
    await hub.client_as("child-protection-network").post(f"{path}/moves", json={"state": "acknowledged"})
    async with hub.parts.db.survey() as session:
        told = select(EventRow.type, Addressee.partner).join(Addressee, Addressee.position == EventRow.position)
        rows = (await session.execute(told.where(EventRow.type.startswith("referral.")))).all()
        written = [*await session.scalars(select(EventRow.body)), *await session.scalars(select(Audit.detail))]
        ticks = [*await session.scalars(select(Tick.request))]
    # The sender, the receiver and the operator, of both.
    assert len({row.partner for row in rows}) == 3
    assert {row.type for row in rows} == {"referral.offered", "referral.moved"}
    assert not any("2026-118" in text or "7_15" in text for text in (*written, *ticks))


async def test_others_cannot_tell_it_from_one_that_is_not(hub: TestedHub) -> None:
    path, missing = await offered(hub), "/v1/referrals/ref_" + "a" * 26
    for who in ("tiktok", "creator-mai", "chongluadao"):
        other = hub.client_as(who)
        for there, nowhere in (
            (await other.get(path), await other.get(missing)),
            (
                await other.post(f"{path}/moves", json={"state": "accepted"}),
                await other.post(f"{missing}/moves", json={"state": "accepted"}),
            ),
        ):
            assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
            assert there.status_code == (404 if who == "chongluadao" else 403)


async def test_the_operator_sees_that_it_is_there_and_not_what_it_says(hub: TestedHub) -> None:
    path = await offered(hub)
    shown = (await hub.client_as("secretariat").get(path)).json()
    assert shown["state"] == "offered"
    assert not shown.get("note")
    assert not shown.get("ground")


async def test_what_is_stored_of_the_note_cannot_be_read(hub: TestedHub) -> None:
    await offered(hub)
    async with hub.parts.db.snapshot(0) as session:
        (note,) = (await session.scalars(select(Referral.note))).all()
    assert note is not None
    assert b"118" not in note


@pytest.mark.parametrize("sender", [True, False])
async def test_every_move_from_every_state(hub: TestedHub, sender: bool) -> None:
    path = await offered(hub)
    client = hub.client_as("a05" if sender else "child-protection-network")
    for state, wanted in product(State, State):
        if wanted is State.OFFERED:
            continue
        await _put(hub, state)
        done = await client.post(f"{path}/moves", json={"state": wanted.value, "reason": "Said so."})
        able = legal(state, sender=sender)
        assert done.status_code == (200 if wanted in able else 409), (state, wanted, done.text)
        if wanted not in able:
            assert all(one in done.json()["detail"] for one in able)


async def _put(hub: TestedHub, state: State) -> None:
    async with hub.parts.db.edge(0) as session:
        row = (await session.scalars(select(Referral))).one()
        row.state = state.value


async def test_what_is_wrong_is_named(hub: TestedHub) -> None:
    alone = {"ground": "consent", "by": "person", "at": "2026-01-01T00:00:00Z"}
    wrong: dict[str, dict[str, Any]] = {
        "/receiver": {"receiver": "tiktok"},
        "/province": {"province": "99"},
        "/ground/by": {"ground": alone},
        "/ground/at": {"ground": alone | {"by": "both", "at": "2999-01-01T00:00:00Z"}},
        "/emergency": {"emergency": "emg_" + "a" * 26},
    }
    for pointer, change in wrong.items():
        refused = await hub.client_as("a05").post("/v1/referrals", json=body(**change))
        assert refused.status_code == 409
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    for receiver in ("a05", "nobody-here"):
        refused = await hub.client_as("a05").post("/v1/referrals", json=body(receiver=receiver))
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/receiver"]


async def test_in_danger_nobody_has_to_be_asked(hub: TestedHub) -> None:
    ground = {"ground": "vital_interest", "reason": "Alone in a hotel room, does not answer."}
    assert await offered(hub, ground=ground)


async def test_without_a_reason_nothing_is_declined(hub: TestedHub) -> None:
    path, receiver = await offered(hub), hub.client_as("child-protection-network")
    refused: httpx.Response = await receiver.post(f"{path}/moves", json={"state": "declined"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/reason")


async def test_of_two_moves_at_once_the_second_learns_of_the_first(hub: TestedHub) -> None:
    path, receiver = await offered(hub), hub.client_as("child-protection-network")
    etag = (await receiver.get(path)).headers["ETag"]
    first = await receiver.post(f"{path}/moves", json={"state": "acknowledged"}, headers={"If-Match": etag})
    second = await receiver.post(f"{path}/moves", json={"state": "declined", "reason": "x"}, headers={"If-Match": etag})
    assert (first.status_code, second.status_code) == (200, 412)
