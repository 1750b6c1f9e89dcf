"""What a submission does to the claim log: what moves a claim, what closes it, what leaves it alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from core.signals.models import Claim, Reference, Signal
from core.wire.signals import SignalOut, State
from tests.signals.conftest import Room

Row = dict[str, Any]

DOMAIN = {"kind": "domain", "value": "bait.example", "tlp": "GREEN"}


@pytest.fixture
async def log(room: Room) -> Room:
    for slug in ("a", "b", "c"):
        await room.admit(slug)
    await room.found("gg", "a", "b")
    return room


async def rows(room: Room, table: type[Claim] | type[Signal] | type[Reference] = Claim) -> list[Row]:
    columns = table.__table__.c
    async with room.db.writer() as session:
        found = await session.execute(select(*columns).order_by(columns[0]))
        return [dict(row) for row in found.mappings()]


async def news(room: Room, slug: str, after: str) -> Sequence[SignalOut]:
    return (await room.page(slug, after)).signals


CONTENT: dict[str, tuple[Any, Any]] = {
    "confidence": (50, 0),
    "severity": ("low", "critical"),
    "first_seen": ("2025-10-01T00:00:00Z", "2025-09-30T00:00:00Z"),
    "last_seen": ("2025-10-02T00:00:00Z", "2025-10-02T00:00:00.000001Z"),
    "valid_until": ("2999-01-01T00:00:00Z", "2998-01-01T00:00:00Z"),
    "campaign": ("autumn", "winter"),
    "context": ({"amount": 1}, {"amount": 1, "currency": "VND"}),
    "origin": ("hotline", "crawler"),
    "derived_from": (["sig_" + "a" * 26], ["sig_" + "a" * 26, "sig_" + "c" * 26]),
}


async def test_other_content_moves_the_claim(log: Room) -> None:
    """One row from first to last: each new statement takes the next position, and an absent value is absent."""
    cursor = (await log.page("c")).next
    base: Row = DOMAIN | {"external_id": "one"}
    first = await log.submit("a", base)
    opened = position = first.position
    for field, (one, other) in CONTENT.items():
        for value in (one, other, None):
            said = base | ({field: value} if value is not None else {})
            done = await log.submit("a", said)
            again = await log.submit("a", said)
            position += 1
            assert (done.updated, done.position) == (1, position), field
            assert (again.unchanged, again.position) == (1, position), field
            assert done.results[0].id == first.results[0].id
    (claim,) = await rows(log)
    assert (claim["position"], claim["opened"], claim["closed"], claim["state"]) == (position, opened, 0, "active")
    assert [claim[field] for field in ("confidence", "severity", "valid_until", "campaign", "origin")] == [None] * 5
    (signal,) = await rows(log, Signal)
    assert (signal["id"], signal["claims"]) == (opened, 1)
    assert [(one.position, one.state) for one in await news(log, "c", cursor)] == [(position, State.ACTIVE)]


async def test_the_order_and_the_zone_of_what_is_said_do_not_count(log: Room) -> None:
    told = DOMAIN | {
        "groups": ["gg"],
        "context": {"aa": 1, "bb": 2},
        "first_seen": "2025-10-01T00:00:00Z",
        "derived_from": ["sig_" + "a" * 26, "sig_" + "c" * 26],
    }
    retold = told | {
        "groups": ["gg", "gg"],
        "context": {"bb": 2, "aa": 1},
        "first_seen": "2025-10-01T07:00:00.000+07:00",
        "derived_from": ["sig_" + "c" * 26, "sig_" + "a" * 26, "sig_" + "a" * 26],
    }
    await log.submit("a", told)
    assert (await log.submit("a", retold)).unchanged == 1


@pytest.mark.parametrize("change", [{"category": "phishing"}, {"tlp": "CLEAR"}, {"tlp": None}, {"groups": ["gg"]}])
async def test_another_category_or_audience_closes_and_opens(log: Room, change: Row) -> None:
    cursor = (await log.page("c")).next
    first = (await log.submit("a", DOMAIN | {"external_id": "one"})).position
    before = (await log.page("c", cursor)).next
    done = await log.submit("a", DOMAIN | {"external_id": "two"} | change)
    assert (done.updated, done.position) == (1, first + 2)
    closed, opened = await rows(log)
    assert (closed["position"], closed["closed"], closed["opened"], closed["state"]) == (
        *(first + 1, first + 1, first),
        "gone",
    )
    assert (opened["position"], opened["closed"], opened["opened"], opened["state"]) == (
        *(first + 2, 0, first + 2),
        "active",
    )
    assert opened["names"] == len(await rows(log, Reference)) == 2
    assert (await rows(log, Signal))[0]["claims"] == 2
    kept = "category" in change or change.get("tlp") == "CLEAR"
    (seen,) = await news(log, "c", before)
    assert (seen.state, seen.position) == ((State.ACTIVE, first + 2) if kept else (State.GONE, first + 1))
    assert await news(log, "c", cursor) == ((seen,) if kept else ())


async def test_there_and_back_in_one_submission_is_no_change(log: Room) -> None:
    await log.submit("a", DOMAIN | {"external_id": "one"})
    before = await rows(log)
    done = await log.submit("a", DOMAIN | {"category": "grooming"}, DOMAIN)
    assert [result.status for result in done.results] == ["updated", "updated"]
    assert await rows(log) == before


async def test_the_first_spelling_is_kept_until_the_claim_ends(log: Room) -> None:
    spellings = [" hxxps://BAIT[.]example:443/a#top", "http://bait.example/a", "BAIT.example/a"]
    for confidence, spelled in enumerate(spellings):
        await log.submit("a", {"kind": "url", "value": spelled, "tlp": "GREEN", "confidence": confidence})
    await log.submit("a", {"kind": "url", "value": spellings[2], "tlp": "CLEAR"})
    assert {claim["original"] for claim in await rows(log)} == {spellings[0]}
    (seen,) = (await log.page("c")).signals
    assert seen.value == "https://bait.example/a"
    await log.retract("a", ids=[seen.id])
    await log.submit("a", {"kind": "url", "value": spellings[1], "tlp": "GREEN"})
    assert [claim["original"] for claim in await rows(log) if not claim["closed"]] == [spellings[1]]


async def test_a_second_partner_adds_a_claim_and_leaves_the_first_alone(log: Room) -> None:
    one = {"category": "phishing", "confidence": 40, "severity": "low", "campaign": "autumn"}
    two = {"category": "grooming", "confidence": 60, "severity": "high", "tlp": "CLEAR"}
    times = {"first_seen": "2025-10-02T00:00:00Z", "last_seen": "2025-10-02T00:00:00Z"}
    first = await log.submit("a", DOMAIN | one | times | {"valid_until": "2999-01-01T00:00:00Z"})
    (before,) = await rows(log)
    wider = {"first_seen": "2025-10-01T00:00:00Z", "last_seen": "2025-10-03T00:00:00Z"}
    second = await log.submit("b", DOMAIN | two | wider | {"valid_until": "2999-02-01T00:00:00Z"})
    assert second.results == first.results
    assert (await rows(log))[0] == before
    assert [(row["id"], row["claims"]) for row in await rows(log, Signal)] == [(first.position, 2)]

    (seen,) = (await log.page("c")).signals
    assert (seen.claims, seen.category, seen.severity, seen.confidence) == (2, "grooming", "high", 60)
    assert (seen.tlp, seen.campaign, seen.position) == ("GREEN", None, second.position)
    assert [str(moment)[:10] for moment in (seen.first_seen, seen.last_seen, seen.valid_until)] == [
        *("2025-10-01", "2025-10-03", "2999-02-01")
    ]
    # The earliest of the equally confident speaks for the signal; a claim that does not lapse outlasts one that does.
    await log.submit("b", DOMAIN | two | {"confidence": 40})
    (seen,) = (await log.page("c")).signals
    assert (seen.category, seen.severity, seen.campaign, seen.confidence) == ("phishing", "low", "autumn", 40)
    assert seen.valid_until is None


async def test_the_strictest_tlp_of_the_claims_is_shown(log: Room) -> None:
    await log.submit("a", DOMAIN | {"tlp": "RED", "groups": ["gg"], "confidence": 1})
    await log.submit("b", DOMAIN | {"tlp": "AMBER+STRICT", "groups": ["gg"], "confidence": 99})
    (seen,) = (await log.page("b")).signals
    assert (seen.tlp, seen.claims) == ("RED", 2)
    assert (await log.page("c")).signals == ()


async def test_a_name_moves_to_another_signal_once_it_is_dropped(log: Room) -> None:
    other = DOMAIN | {"value": "other.example"}
    await log.submit("a", DOMAIN | {"external_id": "one"}, DOMAIN | {"external_id": "two"})
    refused = await log.submit("a", other | {"external_id": "one"})
    assert refused.results[0].errors[0].code == "external_id_in_use"
    await log.retract("a", external_ids=["one"])
    done = await log.submit("a", other | {"external_id": "one"})
    assert done.created == 1
    signals = {row["signal"]: row["value"] for row in await rows(log)}
    named = {row["external_id"]: signals[row["signal"]] for row in await rows(log, Reference)}
    assert named == {"one": "other.example", "two": "bait.example"}
    assert [claim["names"] for claim in await rows(log)] == [1, 1]


async def test_an_item_without_name_keeps_the_names_of_the_claim(log: Room) -> None:
    await log.submit("a", DOMAIN | {"external_id": "one"})
    await log.submit("a", DOMAIN | {"confidence": 1})
    assert (await log.retract("a", external_ids=["one"])).retracted == 1


async def test_retracted_and_said_again_it_is_new_also_within_one_transaction(room: Room) -> None:
    await room.admit("a")
    said = {"kind": "domain", "value": "bait.example", "category": "phishing"}
    for category in ("phishing", "grooming"):
        (result,) = (await room.submit("a", said)).results
        assert result.id
        async with room.db.writer() as session:
            await session.execute(update(Claim).values(opened_at=1))
        # Both wait for the writer at once, so they share its transaction.
        await asyncio.gather(room.retract("a", ids=[result.id]), room.submit("a", said | {"category": category}))
        async with room.db.survey() as session:
            (age,) = await session.scalars(select(Claim.opened_at).where(Claim.closed == 0))
        assert age > 1, category
