"""A walk over the log as one reader may see it: which claims it comes by, and what each of them tells the reader."""

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, or_
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.db import Micros, among
from core.query import AMONG, Query
from core.signals import score, selection, view
from core.signals.cursors import Cursor
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.view import LIVE, Lens, Seen
from core.wire.feed_keys import Selection
from core.wire.signals import SignalOut

WINDOW = 50_000
"""Positions looked at in one query: what bounds a page for a reader who may see little."""
_BUDGET = 0.1
"""Seconds after which a page is given as it is, with `more`."""


class Reader(msgspec.Struct, frozen=True):
    """Who reads what: fixed for the length of a page."""

    session: AsyncSession
    principal: Principal
    lens: Lens
    chosen: Selection
    at: int
    """When scores are taken."""

    @property
    def is_choosy(self) -> bool:
        """Whether it is not known before an item is made that it comes."""
        return bool(self.chosen.min_score or self.chosen.campaign)


async def reader(session: AsyncSession, principal: Principal, known: Kinds, keys: Keys, chosen: Selection) -> Reader:
    return Reader(session, principal, await view.lens(session, known, keys), chosen, times.now())


async def scan(reader: Reader, cursor: Cursor, top: int, limit: int) -> tuple[list[Any], int]:
    """Rows after the cursor, and the position up to which all were looked at."""
    return await _scan(reader, _window(reader.principal, reader.chosen), cursor, top, limit)


async def glimpse(reader: Reader, cursor: Cursor, top: int, limit: int) -> tuple[list[tuple[int, bool]], int]:
    """Of the same rows the positions, and what `view.glimpses` says of them: for who needs few of them, in a third
    of the time."""
    return await _scan(reader, _glimpses(reader.principal, reader.chosen), cursor, top, limit)


async def at(reader: Reader, cursor: Cursor, positions: Sequence[int]) -> list[Any]:
    """The rows at these positions, ascending, that `scan` would bring."""
    if not positions:
        return []
    rows = await _at(reader.principal, reader.chosen).rows(reader.session, positions, start=cursor.start)
    return sorted(rows, key=lambda row: row[0])


async def _scan(reader: Reader, window: Query, cursor: Cursor, top: int, limit: int) -> tuple[list[Any], int]:
    rows: list[Any] = []
    reached = cursor.position
    deadline = time.monotonic() + _BUDGET
    while reached < top and len(rows) < limit and time.monotonic() < deadline:
        last = min(reached + WINDOW, top)
        left = limit - len(rows)
        found = await window.rows(reader.session, start=cursor.start, after=reached, last=last, most=left)
        rows += found
        reached = found[-1][0] if len(found) == left else last
    return rows, reached


@lru_cache(maxsize=256)
def _window(principal: Principal, chosen: Selection) -> Query:
    """The first `most` rows `after` a position.

    2026-11-22: in one piece, which both engines read in the order of positions until there are enough. Had the
    positions been chosen by themselves, PostgreSQL would have looked for those of a large page among all claims there
    are. Held by tests/bench.
    """
    wanted = view.claims().where(*_BETWEEN, *_seen(principal, chosen))
    return Query(wanted.order_by(Claim.position).limit(_MOST))


@lru_cache(maxsize=256)
def _glimpses(principal: Principal, chosen: Selection) -> Query:
    wanted = view.glimpses().where(*_BETWEEN, *_seen(principal, chosen))
    return Query(wanted.order_by(Claim.position).limit(_MOST))


_AFTER, _LAST, _MOST = (bindparam(name, type_=Micros) for name in ("after", "last", "most"))
_BETWEEN = (Claim.position > _AFTER, Claim.position <= _LAST)


@lru_cache(maxsize=256)
def _at(principal: Principal, chosen: Selection) -> Query:
    return Query(view.claims().where(Claim.position.in_(AMONG), *_seen(principal, chosen)))


def _seen(principal: Principal, chosen: Selection) -> list[ColumnElement[bool]]:
    """Claims that may matter to a walk begun at `start`. One suspended since it was opened was never shown."""
    later = (Claim.position > bindparam("start", type_=Micros)) & (Claim.position > Claim.opened)
    alive_or_later = or_((Claim.closed == 0) & (Claim.state == "active"), later)
    return [visible(Claim, principal), *selection.claims(chosen), alive_or_later]


Siblings = dict[int, list[Seen]]
"""By signal, where there may be more than one: claims that matter to the walk, at any position."""


async def render(reader: Reader, cursor: Cursor, rows: Sequence[Any]) -> tuple[list[SignalOut | None], Siblings]:
    """What the reader is told at each row; None where that is nothing."""
    choosy = reader.is_choosy
    lone = [not choosy and view.is_lone(row) for row in rows]
    items = iter(view.lone([*compress(rows, lone)], reader.lens))
    others = [Seen(*row) for row, alone in zip(rows, lone, strict=True) if not alone]
    siblings = await _siblings(reader, cursor, [row.signal for row in others if row.claims > 1])
    rest = iter([_one(reader, cursor, row, siblings.get(row.signal) or [row]) for row in others])
    return [next(items if alone else rest) for alone in lone], siblings


async def _siblings(reader: Reader, cursor: Cursor, signals: Sequence[int]) -> Siblings:
    found: Siblings = defaultdict(list)
    if signals:
        of_these = among(Claim.signal, sorted(set(signals)), reader.session)
        wanted = view.claims().where(of_these, *_seen(reader.principal, reader.chosen))
        for row in await reader.session.execute(wanted, {"start": cursor.start}):
            found[row.signal].append(Seen(*row))
    return found


async def claims_on(reader: Reader, keys: Sequence[bytes], rows: Collection[int]) -> Siblings:
    """The live claims that the reader may see on these signals, by row of the signal."""
    session = reader.session
    live = view.claims().where(visible(Claim, reader.principal), *LIVE, *selection.claims(reader.chosen))
    claims: list[Any] = []
    if keys:
        claims += await session.execute(live.where(among(Signal.key, keys, session)))
    if rows:
        claims += await session.execute(live.where(among(Claim.signal, sorted(rows), session)))
    found: Siblings = defaultdict(list)
    for claim in claims:
        found[claim.signal].append(Seen(*claim))
    return found


def _one(reader: Reader, cursor: Cursor, row: Seen, claims: Sequence[Seen]) -> SignalOut | None:
    """The row's signal as this reader sees it; None when it comes again at a higher position."""
    if any(claim.position > row.position for claim in claims):
        return None
    standing = [claim for claim in claims if view.is_live(claim)]
    item = view.item(standing, row.position, reader.lens) if standing else None
    if item is not None and _passes(reader, item):
        return item
    if may_hold(cursor, claims):
        return view.tombstone(row) if item is None else view.gone(row)
    return None


def may_hold(cursor: Cursor, claims: Sequence[Seen]) -> list[Seen]:
    """Those of these claims that the reader may have been shown."""
    known = max(cursor.position, cursor.held)
    return [claim for claim in claims if claim.opened <= known]


def _passes(reader: Reader, item: SignalOut) -> bool:
    least, campaign = reader.chosen.min_score, reader.chosen.campaign
    if campaign and item.campaign != campaign:
        return False
    return not least or score.score(item.terms or (), reader.at).value >= least
