"""Takedowns as reports count them: each step when it was taken, so that what was counted once stays so."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
import pytest

from core.db import Database
from core.reports.cube import tabulate
from core.takedowns import answers, ticking
from core.takedowns.models import Takedown
from core.wire.answers import MoveIn
from core.wire.clock import Priority
from core.wire.documents import ReaderClass
from core.wire.outcomes import OutcomeIn
from core.wire.takedowns import Role, TakedownState
from tests.reports.drawn import assert_members_are_known, cube, drawn, sums
from tests.takedowns.asked import NO_ACTION, REMOVED
from tests.takedowns.timed import Timed, at, cast

OCTOBER = ("2026-10-01", "2026-11-01")
NOVEMBER = ("2026-11-01", "2026-12-01")
BOTH = ("2026-10-01", "2026-12-01")
NATIONAL = ReaderClass.NATIONAL


class Story(NamedTuple):
    """A database, and how to move its cases on."""

    timed: Timed

    async def open(self, when: str, basis: str, slug: str) -> str:
        async with self.timed.writing(at(when)) as session:
            case = await self.timed.open(session, at(when), "tiktok", slug, basis, Priority.NORMAL)
        await ticking.tick(self.timed.db, at(when))
        return case.id

    async def join(self, when: str, name: str, basis: str, slug: str) -> None:
        number = (await self.timed.case(name)).number
        async with self.timed.writing(at(when)) as session:
            case = await session.get_one(Takedown, number)
            await self.timed.ask(session, at(when), case, slug, basis, Priority.NORMAL)

    async def say(self, when: str, name: str, state: str, role: Role = Role.PLATFORM, slug: str = "tiktok") -> None:
        said = {"removed": REMOVED, "no_action": NO_ACTION}.get(state)
        outcome = msgspec.convert(said, OutcomeIn) if said else None
        number = (await self.timed.case(name)).number
        async with self.timed.writing(at(when)) as session:
            case = await session.get_one(Takedown, number)
            move = MoveIn(state=TakedownState(state), reason="Looked at again.", outcome=outcome)
            await answers.move(session, self.timed.partners[slug], role, case, move)


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    timed = await cast(Database(database_url))
    yield Story(timed)
    await timed.db.close()


async def october(story: Story) -> tuple[str, str, str]:
    """Answered within four hours; not answered; not answered, and asked for by another partner."""
    quick = await story.open("2026-10-02T10:00", "authority_order", "a05")
    await story.say("2026-10-02T11:00", quick, "acknowledged")
    await story.say("2026-10-02T14:00", quick, "removed")
    late = await story.open("2026-10-30T10:00", "authority_order", "a05")
    slow = await story.open("2026-10-31T09:00", "protection_notice", "shield")
    await ticking.tick(story.timed.db, at("2026-10-31T12:00"))
    return quick, late, slow


async def november(story: Story, late: str, slow: str) -> None:
    await story.say("2026-11-02T10:00", late, "no_action")
    await story.join("2026-11-03T10:00", slow, "user_complaint", "a05")
    await story.say("2026-11-04T10:00", slow, "removed")
    await story.say("2026-11-05T10:00", late, "removed")
    await story.say("2026-11-06T10:00", slow, "appealed", Role.REQUESTER, "shield")
    await story.say("2026-11-07T10:00", slow, "reversed")


async def test_each_step_counts_when_it_was_taken(story: Story) -> None:
    _, late, slow = await october(story)
    await november(story, late, slow)
    draft = await drawn(story.timed.db, "takedowns", *OCTOBER, NATIONAL)
    assert_members_are_known(draft)
    found = cube(draft, "takedowns")
    first = {"requested": 3, "acknowledged": 1, "answered": 1, "acted_on": 1, "in_time": 1, "breached": 1}
    assert sums(found) == {(): first}
    assert sums(found, "time", "basis")["2026-10-02", "authority_order"] == {
        "requested": 1, "acknowledged": 1, "answered": 1, "acted_on": 1, "in_time": 1,
    }  # fmt: skip
    assert sums(found, "time")["2026-10-31",] == {"requested": 1, "breached": 1}
    assert list(found.durations.values()) == [{4 * 3_600: 1}]
    then = cube(await drawn(story.timed.db, "takedowns", *NOVEMBER, NATIONAL), "takedowns")
    assert sums(then, "time", "platform") == {
        ("2026-11-02", "tiktok"): {"acknowledged": 1, "answered": 1},
        ("2026-11-04", "tiktok"): {"acknowledged": 1, "answered": 1, "acted_on": 1},
        ("2026-11-05", "tiktok"): {"acted_on": 1, "corrected": 1},
        ("2026-11-06", "tiktok"): {"appealed": 1},
        ("2026-11-07", "tiktok"): {"reversed": 1},
    }


@pytest.mark.parametrize("who", ["national", "public", "a05", "shield", "tiktok"])
async def test_what_was_counted_stays_and_months_add_up(story: Story, who: str) -> None:
    reader = story.timed.partners.get(who) or ReaderClass(who)
    _, late, slow = await october(story)
    before = await drawn(story.timed.db, "takedowns", *OCTOBER, reader)
    await november(story, late, slow)
    assert await drawn(story.timed.db, "takedowns", *OCTOBER, reader) == before
    months = [
        cube(await drawn(story.timed.db, "takedowns", *span, reader), "takedowns") for span in (OCTOBER, NOVEMBER)
    ]
    both = cube(await drawn(story.timed.db, "takedowns", *BOTH, reader), "takedowns")
    assert (
        sums(both, "time") == {("2026-10",): sums(months[0])[()], ("2026-11",): sums(months[1])[()]}
        if who != "x"
        else {}
    )


async def test_a_partner_counts_its_own_cases_from_when_it_asked(story: Story) -> None:
    _, late, slow = await october(story)
    await november(story, late, slow)
    db, partners = story.timed.db, story.timed.partners
    shield = cube(await drawn(db, "takedowns", *OCTOBER, partners["shield"]), "takedowns")
    assert sums(shield) == {(): {"requested": 1}}
    joined = cube(await drawn(db, "takedowns", *NOVEMBER, partners["a05"]), "takedowns")
    # On which ground another asked is not told.
    assert sums(joined, "time", "basis")["2026-11-03", "joined"] == {"requested": 1}
    assert sums(joined, "basis")["joined",]["reversed"] == 1
    assert joined.known == {"tiktok"}
    platform = cube(await drawn(db, "takedowns", *BOTH, partners["tiktok"]), "takedowns")
    everything = cube(await drawn(db, "takedowns", *BOTH, NATIONAL), "takedowns")
    assert sums(platform, "time", "basis") == sums(everything, "time", "basis")


async def test_the_public_knows_of_no_platform(story: Story) -> None:
    await october(story)
    found = cube(await drawn(story.timed.db, "takedowns", *OCTOBER, ReaderClass.PUBLIC), "takedowns")
    assert "tiktok" not in str(tabulate(found, frozenset()))
    # Each platform knows its own part of what the public is shown.
    assert found.contributor == "platform"


async def test_times_to_answer_need_ten_answers(story: Story) -> None:
    for hours in range(1, 11):
        case = await story.open(f"2026-10-{hours:02}T01:00", "authority_order", "a05")
        await story.say(f"2026-10-{hours:02}T{1 + hours:02}:00", case, "removed")
        found = cube(await drawn(story.timed.db, "takedowns", *OCTOBER, NATIONAL), "takedowns")
        (table,) = [one for one in tabulate(found, frozenset()) if one.name == "takedowns_by_platform"]
        measures = [one.name for one in table.measures]
        shown = dict(zip(measures, table.rows[-1].cells, strict=True))
        if hours < 10:
            assert (shown["median_seconds"], shown["in_time_share"]) == (None, None)
    assert (shown["median_seconds"], shown["p90_seconds"]) == (5 * 3_600, 9 * 3_600)
    assert shown["in_time_share"] == "100.0"
