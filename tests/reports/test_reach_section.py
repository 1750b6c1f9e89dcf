"""Reach as reports count it: when it was told, with what was told late and beside the targets of the time."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from core import times
from core.auth.access import Principal
from core.campaigns import activities, campaigns, reach
from core.campaigns.models import Activity
from core.db import Database
from core.log import head
from core.reports.cube import tabulate
from core.wire.campaigns import CampaignIn, CampaignPatch, Goal, Measure
from core.wire.common import Title
from core.wire.documents import ReaderClass
from core.wire.scopes import PartnerKind
from tests.campaigns.histories import Clock as Days
from tests.campaigns.histories import History, found_campaigns
from tests.reports.drawn import assert_members_are_known, cube, drawn, sums

OCTOBER = ("2026-10-01", "2026-11-01")
NOVEMBER = ("2026-11-01", "2026-12-01")
NATIONAL = ReaderClass.NATIONAL
TALK: dict[str, Any] = {
    "kind": "seminar",
    "title": "Nói chuyện dưới cờ",
    "place": {"province": "01", "commune": "00004"},
    "date": "2026-10-05",
    "audience": {"sites": 1, "classes": 30, "participants": 1_200, "views": 0},
    "external_id": "talk-1",
}
GOALS = (
    Goal("people", Title("Người tham gia", "People"), Measure.PARTICIPANTS, 10_000),
    Goal("talks", Title("Nói chuyện"), Measure.ACTIVITIES, 4, strand="media"),
    Goal("everywhere", Title("Mọi xã", "Everywhere"), Measure.COMMUNES, sites=1),
)


class Country:
    """Two partners that tell of a campaign on days that the test says."""

    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db = db
        self._monkeypatch = monkeypatch
        self.partners = [Principal(f"cli_{n}", n, f"p{n}", PartnerKind.AGENCY, frozenset()) for n in (1, 2)]

    def it_is(self, when: str) -> None:
        now = times.to_micros(datetime.fromisoformat(when).replace(tzinfo=times.HUB_ZONE))
        self._monkeypatch.setattr(times, "now", lambda: now)

    async def tell(self, when: str, *items: dict[str, Any], by: int = 0) -> None:
        self.it_is(when)
        who = self.partners[by]
        raw = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
        async with head.edge(self.db, who.partner, who.client, "SubmitActivities") as session:
            told = await activities.submit(session, who, "autumn", activities.read(raw))
        assert not told.rejected, told

    async def want(self, when: str, *goals: Goal) -> None:
        self.it_is(when)
        async with head.edge(self.db, 1, "cli_1", "ChangeCampaign") as session:
            row = await campaigns.find(session, "autumn")
            await campaigns.change(session, self.partners[0], row, CampaignPatch(goals=goals))

    async def shown(self, name: str, span: tuple[str, str]) -> list[tuple[str | None, tuple[Any, ...]]]:
        found = cube(await drawn(self.db, "reach", *span, NATIONAL), name)
        return [(row.key[0], row.cells) for row in tabulate(found, frozenset())[0].rows]


@pytest.fixture
async def country(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Country]:
    db = Database(database_url)
    await found_campaigns(db)
    yield Country(db, monkeypatch)
    await db.close()


async def test_figures_count_when_they_were_told(country: Country) -> None:
    await country.tell("2026-10-06T08:00", TALK, TALK | {"external_id": "2", "strand": "media"})
    before = await drawn(country.db, "reach", *OCTOBER, NATIONAL)
    assert_members_are_known(before)
    smaller = TALK | {"audience": TALK["audience"] | {"participants": 200}, "place": {"province": "79"}}
    await country.tell("2026-11-03T08:00", smaller, by=0)
    await country.tell("2026-11-04T08:00", TALK | {"date": "2026-11-01"}, by=1)
    assert await drawn(country.db, "reach", *OCTOBER, NATIONAL) == before
    october = cube(await drawn(country.db, "reach", *OCTOBER, NATIONAL), "reach")
    november = cube(await drawn(country.db, "reach", *NOVEMBER, NATIONAL), "reach")
    assert sums(october, "time", "province", "strand") == {
        ("2026-10-06", "01", strand): {"activities": 1, "sites": 1, "classes": 30, "participants": 1_200}
        for strand in ("media", "none")
    }
    assert sums(november, "province", "partner") == {
        ("01", "p1"): {"activities": -1, "sites": -1, "classes": -30, "participants": -1_200},
        ("79", "p1"): {"activities": 1, "sites": 1, "classes": 30, "participants": 200},
        ("01", "p2"): {"activities": 1, "sites": 1, "classes": 30, "participants": 1_200},
    }


async def test_the_largest_figures_add_up(country: Country) -> None:
    most = TALK | {"audience": {"views": 100_000_000_000}}
    await country.tell("2026-10-06T08:00", *(most | {"external_id": str(n)} for n in range(30)))
    found = cube(await drawn(country.db, "reach", *OCTOBER, NATIONAL), "reach")
    assert sums(found, "province") == {("01",): {"activities": 30, "views": 3_000_000_000_000}}


async def test_what_is_told_late_is_named_by_its_month(country: Country) -> None:
    await country.tell("2026-10-31T23:59", TALK)
    await country.tell(
        "2026-11-01T00:01", TALK | {"external_id": "2"}, TALK | {"external_id": "3", "date": "2026-09-30"}
    )
    assert sums(cube(await drawn(country.db, "reach", *OCTOBER, NATIONAL), "reach_late")) == {}
    late = cube(await drawn(country.db, "reach", *NOVEMBER, NATIONAL), "reach_late")
    assert {key: one["participants"] for key, one in sums(late, "month").items()} == {
        ("2026-09",): 1_200,
        ("2026-10",): 1_200,
    }
    assert [member.label.en for member in late.dimensions[0].members] == ["Sep 2026", "Oct 2026"]


async def test_readers_see_partners_as_far_as_they_may(country: Country) -> None:
    await country.tell("2026-10-06T08:00", TALK)
    await country.tell("2026-10-06T09:00", TALK, by=1)
    public = cube(await drawn(country.db, "reach", *OCTOBER, ReaderClass.PUBLIC), "reach")
    own = cube(await drawn(country.db, "reach", *OCTOBER, country.partners[1]), "reach")
    everyone = cube(await drawn(country.db, "reach", *OCTOBER, NATIONAL), "reach")
    assert [one.name for one in public.dimensions] == ["time", "province", "strand", "activity_kind"]
    assert "p1" not in str(tabulate(own, frozenset()))
    assert sums(own, "partner").keys() == {("p2",), ("others",)}
    assert own.known == {"p2"}
    assert sums(public) == sums(own) == sums(everyone)


async def test_targets_are_those_of_the_time(country: Country) -> None:
    await country.want("2026-09-01T08:00", *GOALS)
    await country.tell("2026-10-06T08:00", TALK | {"strand": "media"})
    before = await drawn(country.db, "reach", *OCTOBER, NATIONAL)
    await country.want("2026-11-02T08:00", replace(GOALS[0], target=20_000))
    points = [{"name": "Trường A", "commune": "00008"}, {"name": "Trường B", "commune": "00025"}]
    await country.tell("2026-11-03T08:00", TALK | {"external_id": "2", "points": points})
    assert await drawn(country.db, "reach", *OCTOBER, NATIONAL) == before
    assert await country.shown("targets_participants", OCTOBER) == [
        ("autumn/people", (1_200, 10_000, "12.0")),
        (None, (1_200, 10_000, "12.0")),
    ]
    # A share of less than ten would be shown as if it were hidden.
    assert (await country.shown("targets_activities", OCTOBER))[0] == ("autumn/talks", (1, 4))
    assert (await country.shown("targets_communes", OCTOBER))[0][1][:2] == (1, 3_321)
    assert (await country.shown("targets_participants", NOVEMBER))[0] == ("autumn/people", (2_400, 20_000, "12.0"))
    names = {one.name for one in (await drawn(country.db, "reach", *NOVEMBER, NATIONAL)).cubes}
    assert names == {"reach", "reach_late", "targets_participants"}
    await country.want("2026-11-04T08:00", GOALS[2])
    assert (await country.shown("targets_communes", NOVEMBER))[0][1][:2] == (3, 3_321)


async def test_goals_of_a_new_campaign_hold_from_its_founding(country: Country) -> None:
    country.it_is("2026-11-10T08:00")
    async with head.edge(country.db, 1, "cli_1", "CreateCampaign") as session:
        await campaigns.create(session, country.partners[0], CampaignIn(Title("Tết"), "tet", goals=GOALS[:1]))
    names = [one.name for one in (await drawn(country.db, "reach", *OCTOBER, NATIONAL)).cubes]
    assert names == ["reach", "reach_late"]
    assert (await country.shown("targets_participants", NOVEMBER))[0] == ("tet/people", (0, 10_000, "0.0"))


async def test_totals_of_random_histories_are_those_of_activities(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Days()
    monkeypatch.setattr(times, "now", clock)
    for seed in range(6):
        await History(country.db, clock, seed).run()
    until = times.hub_day(clock.now + times.DAY)
    found = cube(await drawn(country.db, "reach", "2026-09-01", until, NATIONAL), "reach")
    async with country.db.survey() as session:
        standing = list(await session.scalars(select(Activity)))
    for (province,), figures in sums(found, "province").items():
        there = [one for one in standing if one.province == province]
        told = {name: sum(getattr(one, name) for one in there) for name in reach.MEASURES[2:]}
        told["activities"] = len(there)
        assert {name: number for name, number in told.items() if number} == figures
    assert {one.province for one in standing} == {province for (province,) in sums(found, "province")}
