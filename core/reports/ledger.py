"""What the readers of a report hold already: every frozen report that counts the same events.

2026-11-22: whoever may read national reports also reads public ones, and both count the same events, so they are one
problem: a public report is protected as if its readers had the national ones. A partner's own reports count what it may
see, which is something else; they are a problem of their own. That each partner knows its own share of national and
public counts is reckoned with there. We gave up to reckon with what is left of public counts when a partner takes away
what its own reports say of others. Held by tests/reports/test_ledger.py.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.reports.asked import midnight
from core.reports.cube import Cube, Hidden, Key
from core.reports.disclosure import Held
from core.reports.models import Report, ReportSecret
from core.reports.restating import Versions
from core.wire.documents import Name, Period, ReaderClass


class Shelf(NamedTuple):
    """Whose reports are looked at together."""

    readers: ReaderClass
    partner: int
    """Who reads, of readers `partner`."""
    period: Period


async def numbers(session: AsyncSession, shelf: Shelf) -> tuple[int, ...]:
    """The reports whose time overlaps the period, or that of another which does, in the order of orders."""
    spans = select(Report.number, Report.since, Report.ends).where(_shelved(shelf)).order_by(Report.number)
    rest = [_Span(number, _begin(since), ends or 0) for number, since, ends in await session.execute(spans)]
    reached = [_Span(0, midnight(shelf.period.since), midnight(shelf.period.until))]
    found: list[int] = []
    while reached:
        span = reached.pop()
        overlapping = [one for one in rest if one.begins < span.ends and span.begins < one.ends]
        rest = [one for one in rest if one not in overlapping]
        found += [one.number for one in overlapping]
        reached += overlapping
    return tuple(sorted(found))


class _Span(NamedTuple):
    number: int
    begins: int
    ends: int


def _begin(since: str) -> int:
    return midnight(date.fromisoformat(since))


async def held(session: AsyncSession, found: Sequence[int]) -> tuple[Held, ...]:
    """These reports with what they hide, each once: one that was frozen twice says nothing twice."""
    kept: dict[tuple[str, bytes, int, int], Held] = {}
    for report, secret in await session.execute(_with_secrets(found)):
        begins, ends = _begin(report.since), report.ends or 0
        key = (secret.cubes_sha256, secret.pattern, begins, ends)
        if key not in kept:
            kept[key] = Held(report.id, begins, ends, cubes_of(secret.cubes), pattern_of(secret.pattern))
    return tuple(kept.values())


async def versions(session: AsyncSession, report: Report) -> Versions:
    """What was counted before this restatement, by the report that it states again and by earlier ones of it."""
    same = or_(Report.id == report.restates, Report.restates == report.restates)
    earlier = select(ReportSecret).join(Report, Report.number == ReportSecret.report)
    earlier = earlier.where(same, Report.position.is_not(None), Report.number < report.number).order_by(Report.number)
    secrets = list(await session.scalars(earlier))
    return Versions([cubes_of(one.cubes) for one in secrets], pattern_of(secrets[0].pattern))


def _with_secrets(found: Sequence[int]) -> Select[Report, ReportSecret]:
    both = select(Report, ReportSecret).join(ReportSecret, ReportSecret.report == Report.number)
    return both.where(Report.number.in_(found)).order_by(Report.number)


def _shelved(shelf: Shelf) -> ColumnElement[bool]:
    # Restatements say totals, which `restating` holds against those of before.
    frozen = Report.position.is_not(None) & Report.restates.is_(None)
    if shelf.readers is ReaderClass.PARTNER:
        return frozen & (Report.readers == ReaderClass.PARTNER.value) & (Report.partner == shelf.partner)
    return frozen & (Report.readers != ReaderClass.PARTNER.value)


def bytes_of(cubes: Sequence[Cube]) -> bytes:
    """Equal cubes are equal bytes, in whatever order they were counted."""
    return msgspec.msgpack.encode([ordered(cube) for cube in sorted(cubes, key=lambda cube: cube.name)])


def ordered(cube: Cube) -> Cube:
    """With its atoms in plain dictionaries, in order."""
    durations = {atom: dict(sorted(took.items())) for atom, took in sorted(cube.durations.items())}
    return msgspec.structs.replace(cube, atoms=dict(sorted(cube.atoms.items())), durations=durations)


def cubes_of(data: bytes) -> tuple[Cube, ...]:
    return _CUBES.decode(data)


_CUBES = msgspec.msgpack.Decoder(tuple[Cube, ...])


def canonical_pattern(hidden: Mapping[Name, Hidden]) -> bytes:
    """By cube: the hidden cells, each as its key and its measure, in order."""
    cells = {cube: sorted(map(list, cells), key=_order) for cube, cells in hidden.items()}
    return json.dumps(cells, sort_keys=True, separators=(",", ":")).encode()


def _order(cell: Sequence[object]) -> str:
    return json.dumps(cell)


def pattern_of(data: bytes) -> dict[Name, Hidden]:
    return {cube: frozenset(cells) for cube, cells in _PATTERN.decode(data).items()}


_PATTERN = msgspec.json.Decoder(dict[str, list[tuple[Key, str]]])


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
