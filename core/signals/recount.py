"""What cells should say, counted anew from claims and ticks: by their definitions, not by the code that keeps them.

2026-11-22: cells are the books and outlive the claims that they were made of, so they are held against the claims for
as long as these are kept: over the days that began after the newest purge. What no row keeps (`disputed`, `refuted`: an
opinion may be withdrawn) cannot be counted again. Held by tests/signals/test_cells.py.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core import times
from core.log import retention
from core.log.models import Tick
from core.signals.models import Cell, Claim, Signal

COUNTED = ("new", "opened", "closed", "first", "retracted", "expired", "held")
"""Columns of a cell that claims can be held against."""
_AT_ONCE = 20_000
"""Claims a page, but for the rest of its last signal."""

Place = tuple[str, int, int, str, str]
"""Day, partner, audience, kind, category."""


class Recount(msgspec.Struct):
    """Cells as the claims have it."""

    since: str
    """The first day of which every claim is kept; empty while there is none."""
    cells: dict[Place, Counter[str]]
    """Each of `COUNTED`."""
    unsure: Counter[Place]
    """Of `new`: the partner may have had a claim on the signal before, which is purged."""


class Difference(msgspec.Struct, frozen=True):
    """A column of a cell that does not say what the claims say."""

    place: Place
    column: str
    stored: int
    counted: int


async def differences(session: AsyncSession) -> tuple[str, Sequence[Difference]]:
    """Since which day cells could be counted anew, and where they are wrong. Reads every claim."""
    counted = await recount(session)
    if not counted.since:
        return "", ()
    stored = {
        (cell.day, cell.partner, cell.audience, cell.kind, cell.category): {
            name: getattr(cell, name) for name in COUNTED
        }
        for cell in await session.scalars(select(Cell).where(Cell.day >= counted.since))
    }
    nothing: Mapping[str, int] = dict.fromkeys(COUNTED, 0)
    wrong = []
    for place in sorted(stored.keys() | counted.cells.keys()):
        told, found = stored.get(place, nothing), counted.cells.get(place, nothing)
        for name in COUNTED:
            least = found[name] - (counted.unsure[place] if name == "new" else 0)
            if not least <= told[name] <= found[name]:
                wrong.append(Difference(place, name, told[name], found[name]))
    return counted.since, wrong


async def recount(session: AsyncSession) -> Recount:
    """Count anew every day of which all claims and ticks are kept."""
    days = await _days(session)
    counting = _Counting(days, await _moved(session, days[0][0]) if days else {})
    after = 0
    while days and (page := await _page(session, after)):
        for _, claims in groupby(page, attrgetter("signal")):
            counting.signal(list(claims))
        after = page[-1].signal
    return Recount(days[0][1] if days else "", dict(counting.cells), counting.unsure)


class _Counting:
    def __init__(self, days: Sequence[tuple[int, str]], moved: "_Moves") -> None:
        self.cells: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self.unsure: Counter[Place] = Counter()
        self._firsts = [first for first, _ in days]
        self._days = [day for _, day in days]
        self._moved = moved

    def signal(self, claims: Sequence[Any]) -> None:
        """Count all claims on one signal."""
        purged = claims[0].claims > len(claims)
        before: dict[int, Any] = {}
        for claim in sorted(claims, key=attrgetter("opened")):
            self._open(claim, before.get(claim.partner), purged=purged)
            if claim.closed:
                self._add(claim, claim.closed, "closed", claim.state)
            before[claim.partner] = claim

    def _open(self, claim: Any, before: Any | None, *, purged: bool) -> None:
        """`before`: the partner's last claim on the signal that was opened earlier."""
        what = ["opened"]
        if before is None and not self._is_moved(claim):
            what.append("new")
            # A signal's id is the position of its first claim.
            if claim.opened == claim.signal:
                what.append("first")
            elif purged:
                self._add(claim, claim.opened, unsure=True)
        if claim.held and not (before is not None and before.held and _takes_its_place(claim, before)):
            what.append("held")
        self._add(claim, claim.opened, *what)

    def _add(self, claim: Any, position: int, *what: str, unsure: bool = False) -> None:
        at = bisect_right(self._firsts, position) - 1
        if at < 0:
            return
        place = self._days[at], claim.partner, claim.audience, claim.kind, claim.category
        if unsure:
            self.unsure[place] += 1
        self.cells[place].update(name for name in what if name in COUNTED)

    def _is_moved(self, claim: Any) -> bool:
        """Whether another reading of the value brought it here. What was claimed before is no new claim."""
        ticks = self._moved.get((claim.partner, claim.original), ())
        return any(first <= claim.opened < first + n and claim.opened_at != at for first, n, at in ticks)


def _takes_its_place(claim: Any, before: Any) -> bool:
    """What is closed to be opened otherwise is opened at the next position."""
    return bool(before.state == "gone" and before.closed == claim.opened - 1)


_Moves = Mapping[tuple[int, str], Sequence[tuple[int, int, int]]]
"""By partner and value as first spelled: the ticks (position, n, at) in which a claim of it left its signal."""


async def _days(session: AsyncSession) -> list[tuple[int, str]]:
    """The first position of each day of which everything is kept, and the day."""
    start = max([await retention.horizon(session, what) for what in (retention.CLOSED_CLAIMS, retention.TICKS)])
    kept = select(Tick.position, Tick.at).where(Tick.position > start).order_by(Tick.position).limit(1)
    first = (await session.execute(kept)).first()
    found: list[tuple[int, str]] = []
    day = None
    # Where something was purged, of the first day that has a tick left a part may be gone.
    if first is not None:
        day = date.fromisoformat(times.hub_day(first.at)) + timedelta(1 if start else 0)
    while day is not None:
        midnight = times.to_micros(datetime.combine(day, time(), times.HUB_ZONE))
        following = select(Tick.position, Tick.at).where(Tick.at >= midnight).order_by(Tick.at).limit(1)
        row = (await session.execute(following)).first()
        if row is None:
            break
        found.append((row.position, times.hub_day(row.at)))
        day = date.fromisoformat(found[-1][1]) + timedelta(1)
    return found


async def _moved(session: AsyncSession, since: int) -> _Moves:
    """Claims that went to another signal: `gone`, and no row on their own took their place."""
    place, earlier = aliased(Claim), aliased(Tick)
    taken = and_(place.signal == Claim.signal, place.partner == Claim.partner, place.opened == Claim.closed + 1)
    tick = select(func.max(earlier.position)).where(earlier.position <= Claim.closed).scalar_subquery()
    left = (
        select(Claim.partner, Claim.original, Tick.position, Tick.n, Tick.at)
        .join(Tick, Tick.position == tick)
        .outerjoin(place, taken)
        .where(Claim.closed >= since, Claim.state == "gone", place.position.is_(None))
    )
    moves: defaultdict[tuple[int, str], list[tuple[int, int, int]]] = defaultdict(list)
    for partner, original, *ticks in await session.execute(left):
        moves[partner, original].append((ticks[0], ticks[1], ticks[2]))
    return moves


async def _page(session: AsyncSession, after: int) -> Sequence[Any]:
    """The claims on the signals after `after`, whole signals only; none at the end."""
    following = select(Claim.signal).where(Claim.signal > after).order_by(Claim.signal)
    until = (await session.execute(following.offset(_AT_ONCE).limit(1))).scalar_one_or_none()
    columns = (Claim.signal, Claim.partner, Claim.opened, Claim.closed, Claim.opened_at, Claim.audience)
    said = (Claim.category, Claim.state, Claim.held, Claim.original, Signal.kind, Signal.claims)
    page = select(*columns, *said).join(Signal, Signal.id == Claim.signal).where(Claim.signal > after)
    if until is not None:
        page = page.where(Claim.signal <= until)
    return (await session.execute(page.order_by(Claim.signal))).all()
