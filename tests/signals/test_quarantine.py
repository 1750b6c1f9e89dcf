"""What the guard hits and what comes in a flood is taken and shown to nobody else until it is released."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from core import times
from core.auth.models import Partner
from core.log.models import Addressee, EventRow
from core.signals.guard import Guard
from core.signals.guard import Listed as Entry
from core.signals.models import Burst, Claim
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from core.wire.signals import State
from tests.signals.conftest import KINDS, Room
from tests.signals.test_suspension import assert_adds_up, copies

HOTLINE = {"kind": "domain", "value": "hotline.example", "tlp": "GREEN", "external_id": "one"}


class Listed(Guard):
    """A list of one name."""

    def hit(self, kind: str, identity: str) -> Entry | None:
        return Entry("hotline.example", "A hotline") if identity == "hotline.example" else None


@pytest.fixture
async def log(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    await room.admit("hub", PartnerKind.OPERATOR)
    room.guard = Listed(room.db, KINDS)
    return room


async def limit(room: Room, slug: str, **values: Any) -> None:
    async with room.db.writer() as session:
        await session.execute(update(Partner).where(Partner.slug == slug).values(**values))


async def held(room: Room) -> list[tuple[str, str]]:
    async with room.db.writer() as session:
        rows = await session.execute(select(Claim.value, Claim.held).where(Claim.closed == 0).order_by(Claim.opened))
        return [(row.value, row.held) for row in rows]


def flood(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"kind": "domain", "value": f"n{n}.example", "tlp": "GREEN"} for n in range(start, start + count)]


async def test_a_hit_is_taken_and_only_its_owner_sees_it(log: Room) -> None:
    owner, other = await copies(log, "a", "b")
    done = await log.submit("a", HOTLINE)
    signal = str(done.results[0].id)
    assert (done.created, done.quarantined, done.results[0].status) == (1, 1, "quarantined")
    assert [await owner.news(), await other.news()] == [[State.ACTIVE], []]
    again = await log.submit("a", HOTLINE)
    assert (again.unchanged, again.quarantined) == (1, 0)
    assert (await log.submit("a", HOTLINE | {"confidence": 5})).updated == 1
    assert (await log.submit("a", HOTLINE | {"tlp": "CLEAR"})).updated == 1
    assert [await owner.news(), await other.news()] == [[State.ACTIVE], []]
    await assert_adds_up(log)

    assert await log.release("a", "a", signal) == "involved"
    assert await log.release("b", "a", signal) == "released"
    assert await log.release("b", "a", signal) == "not_found"
    assert [await owner.news(), await other.news()] == [[State.ACTIVE], [State.ACTIVE]]
    assert (other.held[signal].tlp, other.held[signal].confidence) == ("CLEAR", None)
    # Looked at once, it is not held for being said again; for another audience it is.
    assert (await log.submit("a", HOTLINE | {"tlp": "CLEAR"})).unchanged == 1
    assert (await log.submit("a", HOTLINE)).results[0].status == "quarantined"
    assert await other.news() == [State.GONE]
    await assert_adds_up(log)


@pytest.mark.parametrize("how", ["name", "id", "refused"])
async def test_a_held_claim_ends_unheard(log: Room, how: str) -> None:
    (other,) = await copies(log, "b")
    signal = str((await log.submit("a", HOTLINE)).results[0].id)
    if how == "refused":
        assert await log.release("b", "a", signal, refuse=True) == "refused"
    else:
        done = await (log.retract("a", external_ids=["one"]) if how == "name" else log.retract("a", ids=[signal]))
        assert done.retracted == 1
    assert await other.news() == []
    assert await held(log) == []
    assert (await log.submit("a", HOTLINE | {"external_id": "two"})).quarantined == 1
    await assert_adds_up(log)


async def test_a_flood_moves_nobody_elses_feed_beyond_the_limit(log: Room) -> None:
    await limit(log, "a", burst_per_hour=5)
    (other,) = await copies(log, "b")
    assert (await log.submit("a", *flood(3))).quarantined == 0
    done = await log.submit("a", *flood(10))
    assert [result.status for result in done.results] == ["unchanged"] * 3 + ["created"] * 2 + ["quarantined"] * 5
    assert (done.created, done.quarantined) == (7, 5)
    assert len(await other.news()) == 5
    assert (await log.submit("a", *flood(10))).unchanged == 10
    # Another partner has an hour of its own.
    assert (await log.submit("c", *flood(6))).quarantined == 0
    async with log.db.writer() as session:
        counted = await session.execute(select(Burst.partner, Burst.opened).order_by(Burst.partner))
        assert [row.opened for row in counted] == [10, 6]
    await assert_adds_up(log)


async def test_an_item_that_is_held_says_why_also_when_it_comes_again(log: Room) -> None:
    await limit(log, "a", burst_per_hour=1)
    for _ in range(2):
        hit, first, second = (await log.submit("a", HOTLINE, flood(1)[0], flood(1, 1)[0])).results
        assert [(one.pointer, one.code) for one in hit.errors] == [("/signals/0/value", "guard")]
        assert "hotline.example (A hotline)" in hit.errors[0].detail
        assert [(one.pointer, one.code) for one in first.errors + second.errors] == [
            ("/signals/1", "burst"),
            ("/signals/2", "burst"),
        ]
    assert await log.release("b", "a", str(first.id)) == "released"
    assert (await log.submit("a", flood(1)[0])).results[0].errors == ()


async def test_a_bulk_window_and_the_next_hour_hold_nothing(log: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    now = times.now()
    await limit(log, "a", burst_per_hour=1, bulk_until=now + times.HOUR // 2)
    assert (await log.submit("a", *flood(3))).quarantined == 0
    await limit(log, "a", bulk_until=now)
    assert (await log.submit("a", *flood(1, 3))).quarantined == 1
    monkeypatch.setattr(times, "now", lambda: now + times.HOUR)
    assert (await log.submit("a", *flood(2, 4))).quarantined == 1
    async with log.db.writer() as session:
        assert [row.opened for row in await session.execute(select(Burst.opened))] == [2]


async def test_the_guard_comes_before_the_flood(log: Room) -> None:
    """Releasing a flood must not let through what is on the list."""
    await limit(log, "a", burst_per_hour=0)
    await log.submit("a", HOTLINE, *flood(1))
    assert await held(log) == [("hotline.example", "guard"), ("n0.example", "burst")]


async def test_what_was_piled_up_in_private_is_a_flood_when_it_is_shared(log: Room) -> None:
    (other,) = await copies(log, "b")
    await limit(log, "a", burst_per_hour=6)
    assert (await log.submit("a", *(one | {"tlp": None} for one in flood(4)))).created == 4
    done = await log.submit("a", *flood(4))
    assert [one.status for one in done.results] == ["updated"] * 2 + ["quarantined"] * 2
    assert len(await other.news()) == 2
    # What is held changes unseen and stays held; there is no room for other words on what others see.
    done = await log.submit("a", *(one | {"confidence": 5} for one in flood(4)))
    assert [one.status for one in done.results] == ["rejected"] * 2 + ["updated"] * 2
    assert await other.news() == []
    assert sorted(await held(log)) == [(f"n{n}.example", "burst" if n > 1 else "") for n in range(4)]
    await assert_adds_up(log)


async def test_changes_of_what_others_see_are_a_flood_too(log: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    now = times.now() // times.HOUR * times.HOUR
    monkeypatch.setattr(times, "now", lambda: now + times.HOUR - 90 * times.SECOND)
    await limit(log, "a", burst_per_hour=4)
    (other,) = await copies(log, "b")
    words = [[one | {"confidence": n} for one in flood(2)] for n in range(4)]
    assert (await log.submit("a", *words[0])).created == 2
    assert (await log.submit("a", *words[1])).updated == 2
    await other.news()
    done = await log.submit("a", *words[1], words[2][0] | {"external_id": "taken by nothing"}, *flood(1, 9))
    assert [one.status for one in done.results] == ["unchanged", "unchanged", "rejected", "quarantined"]
    (fault,) = done.results[2].errors
    assert (fault.pointer, fault.code) == ("/signals/2", "too_many_requests")
    assert "in 91 s" in fault.detail
    assert (await log.submit("a", *words[2])).rejected == 2
    assert await other.news() == []
    # What is refused leaves no name behind, and taking back what was said needs no room.
    assert (await log.retract("a", external_ids=["taken by nothing"])).retracted == 0
    assert (await log.retract("a", ids=[str(done.results[0].id)])).retracted == 1
    monkeypatch.setattr(times, "now", lambda: now + times.HOUR)
    assert (await log.submit("a", words[2][1])).updated == 1
    await assert_adds_up(log)


@pytest.mark.parametrize("how", ["stands", "refused", "retracted"])
async def test_what_a_reviewer_has_not_let_pass_is_not_let_pass_by_the_hour(
    log: Room, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = times.now()
    await limit(log, "a", burst_per_hour=0)
    (other,) = await copies(log, "b")
    signal = str((await log.submit("a", *flood(1))).results[0].id)
    if how == "refused":
        await log.release("b", "a", signal, refuse=True)
    if how == "retracted":
        await log.retract("a", ids=[signal])
    monkeypatch.setattr(times, "now", lambda: now + 2 * times.HOUR)
    await limit(log, "a", burst_per_hour=5)
    (again,) = (await log.submit("a", *flood(1))).results
    assert again.status == ("unchanged" if how == "stands" else "quarantined")
    assert [one.code for one in again.errors] == ["burst"]
    assert await other.news() == []
    # What was released is free to end and to come back.
    assert await log.release("b", "a", signal) == "released"
    await log.retract("a", ids=[signal])
    assert (await log.submit("a", *flood(1))).results[0].status == "created"
    await assert_adds_up(log)


async def test_what_is_held_is_told_of_once_for_each_reason(log: Room) -> None:
    await limit(log, "a", burst_per_hour=1)
    await log.submit("a", HOTLINE, *flood(3))
    await log.submit("a", HOTLINE | {"confidence": 5}, *flood(3))
    await log.submit("c", HOTLINE)
    async with log.db.writer() as session:
        rows = list(await session.scalars(select(EventRow).where(EventRow.type == "quarantine.opened")))
        to = select(Addressee.partner, EventRow.body).join(EventRow, EventRow.position == Addressee.position)
        meant = {row.partner for row in await session.execute(to.where(EventRow.type == "quarantine.opened"))}
    assert [json.loads(row.body) for row in sorted(rows, key=lambda row: row.position)] == [
        {"type": "quarantine.opened", "partner": "a", "reason": "guard", "claims": 1},
        {"type": "quarantine.opened", "partner": "a", "reason": "burst", "claims": 3},
        {"type": "quarantine.opened", "partner": "c", "reason": "guard", "claims": 1},
    ]
    assert meant == {log.partners[slug].partner for slug in ("a", "c", "hub")}


async def test_a_request_of_which_nothing_has_room_is_told_to_wait(hub: TestedHub) -> None:
    tiktok, most = hub.client_as("tiktok"), {"burst_per_hour": 3}
    answer = await hub.client_as("secretariat").patch("/v1/partners/tiktok", json=most)
    assert answer.status_code == 200, answer.text
    others = (await hub.client_as("meta").post("/v1/signals", json={"signals": flood(3, 5)})).json()["results"]
    assert (await tiktok.post("/v1/signals", json={"signals": flood(3)})).json()["created"] == 3
    changed = [one | {"confidence": 5} for one in flood(3)]
    said = [{"id": one["id"], "stance": "agree"} for one in others]
    for path, body in (("/v1/signals", {"signals": changed}), ("/v1/signals/opinions", {"items": said})):
        for prefer in ("return=representation", "return=minimal"):
            refused = await tiktok.post(path, json=body, headers={"Prefer": prefer})
            assert refused.status_code == 429, path
            assert refused.json()["type"] == "urn:kmm:problem:too_many_requests"
            assert 0 < int(refused.headers["Retry-After"]) <= 3_601
    # With anything else beside them, each has an answer of its own; none at all is no flood.
    for prefer, listed in (("return=representation", 4), ("return=minimal", 3)):
        mixed = {"signals": [*changed, flood(1)[0]]}
        answer = await tiktok.post("/v1/signals", json=mixed, headers={"Prefer": prefer})
        assert (answer.status_code, answer.json()["rejected"], len(answer.json()["results"])) == (200, 3, listed)
    assert (await tiktok.post("/v1/signals", json={"signals": []})).status_code == 200
