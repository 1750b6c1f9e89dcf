"""On which days each partner did anything, so that its silence is not taken for quiet times.

2026-11-22: who is silent is found by its own habit: it did something on a quarter of the days before, and then nothing
for a week. We gave up asking partners how often they mean to send; most cannot say.
Held by tests/reports/test_quality_sections.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.models import Partner
from core.campaigns.models import ReachCell
from core.reports.asked import midnight
from core.signals.models import Cell
from core.takedowns.models import TakedownStep
from core.times import DAY
from core.wire.common import Time
from core.wire.documents import ReaderClass, SectionStatus, Words
from core.wire.sections import Asked

_BEFORE = 100
"""Days before the period that are looked at: who was silent for longer is no news."""
_QUIET = 7
"""Days without anything, after which a partner is silent."""
_HABIT = 28
_REGULAR = 7
"""On so many of the last `_HABIT` days it was heard of."""

Days = Mapping[str, frozenset[date]]
"""By partner's slug."""


class Silence(NamedTuple):
    slug: str
    since: date
    """The first day without anything."""


async def signal_days(session: AsyncSession, asked: Asked) -> Days:
    """When each partner's claims were opened or closed. A partner is told of itself alone."""
    rows = select(Partner.slug, Cell.day).join(Partner, Partner.id == Cell.partner).distinct()
    in_time = Cell.day.between(_from(asked).isoformat(), last_day(asked).isoformat())
    return _days(asked, await session.execute(rows.where(in_time)))


async def all_days(session: AsyncSession, asked: Asked) -> Days:
    """When it did anything of what a report counts: claims, activities, steps of takedowns."""
    told = select(Partner.slug, ReachCell.day).join(Partner, Partner.id == ReachCell.partner).distinct()
    told = told.where(ReachCell.day.between(_from(asked).isoformat(), last_day(asked).isoformat()))
    begins = midnight(_from(asked))
    day = (TakedownStep.at - begins) // DAY
    taken = select(Partner.slug, day).join(Partner, Partner.id == TakedownStep.actor).distinct()
    taken = taken.where(TakedownStep.at >= begins, TakedownStep.at < asked.ends)
    rows = {(slug, day) for slug, day in await session.execute(told)}
    rows |= {(slug, (_from(asked) + timedelta(int(n))).isoformat()) for slug, n in await session.execute(taken)}
    every = (await signal_days(session, asked), _days(asked, rows))
    slugs = {slug for one in every for slug in one}
    return {slug: frozenset().union(*(one.get(slug, ()) for one in every)) for slug in sorted(slugs)}


def silences(asked: Asked, active: Days) -> tuple[Silence, ...]:
    """Those who fell silent, and have been so up to the last day that counts."""
    last = last_day(asked)
    found = []
    for slug, days in sorted(active.items()):
        newest = max(days)
        habit = sum(newest - timedelta(_HABIT) < day for day in days)
        if habit >= _REGULAR and (last - newest).days >= _QUIET:
            found.append(Silence(slug, newest + timedelta(1)))
    return tuple(found)


def last_day(asked: Asked) -> date:
    """The last day that counts, whole or in part."""
    return date.fromisoformat(times.hub_day(asked.ends - 1))


def status(found: Sequence[Silence]) -> tuple[SectionStatus, Time | None]:
    """What a section says of its state, and since when."""
    if not found:
        return SectionStatus.MADE, None
    return SectionStatus.PARTIAL, times.from_micros(midnight(min(one.since for one in found)))


def note(asked: Asked, found: Sequence[Silence]) -> Words:
    """Who is silent, for those who may know it; to the public, how many."""
    if not found:
        return Words("", "")
    if asked.readers is ReaderClass.PUBLIC:
        return Words(f" Số đối tác đã ngừng gửi: {len(found)}.", f" Partners that fell silent: {len(found)}.")
    named = sorted(found, key=lambda one: (one.since, one.slug))[:_NAMED]
    more = len(found) - len(named)
    vi = ", ".join(f"{one.slug} (từ {one.since:%d/%m/%Y})" for one in named) + (f" và {more} đối tác khác" * bool(more))
    en = ", ".join(f"{one.slug} (since {one.since.isoformat()})" for one in named) + (f" and {more} more" * bool(more))
    return Words(f" Không nhận được gì nữa từ: {vi}.", f" Nothing came any more from: {en}.")


_NAMED = 20


def _from(asked: Asked) -> date:
    return asked.period.since - timedelta(_BEFORE)


def _days(asked: Asked, rows: Iterable[Any]) -> Days:
    found: defaultdict[str, set[date]] = defaultdict(set)
    for slug, day in rows:
        if asked.readers is not ReaderClass.PARTNER or slug == asked.slug:
            found[slug].add(date.fromisoformat(day))
    return {slug: frozenset(days) for slug, days in found.items()}
