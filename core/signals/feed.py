"""The log as one principal may see it, page by page; its digest; everything that is live."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.db import Micros, among
from core.log import head, retention
from core.query import Query
from core.signals import cursors, score, view
from core.signals.cursors import Cursor
from core.signals.keys import Keys, hex_sum
from core.signals.kinds import Kinds
from core.signals.models import Claim, Digest, Signal
from core.signals.view import Lens, Seen
from core.wire.signals import Digest as DigestOut
from core.wire.signals import Feed, SignalOut

WINDOW = 50_000
"""Positions looked at in one query: what bounds a page for a reader who may see little."""
_BUDGET = 0.1
"""Seconds after which a page is given as it is, with `more`."""


class _Reader(msgspec.Struct, frozen=True):
    """Who reads what: fixed for the length of a page."""

    session: AsyncSession
    principal: Principal
    lens: Lens
    kinds: Sequence[str]
    min_score: int = 0
    at: int = 0
    """When scores are taken."""


class Page(msgspec.Struct, frozen=True):
    """A page, and what it says of its reader."""

    body: Feed
    asked: Cursor
    """Where the reader stands, as it said."""
    reached: int
    """Position up to which this page brings it."""

    @property
    def is_empty(self) -> bool:
        """Nothing is there to be sent, now or on the next page."""
        return not self.body.signals and not self.body.more


async def page(
    session: AsyncSession,
    principal: Principal,
    known: Kinds,
    keys: Keys,
    *,
    after: str | None,
    limit: int,
    kinds: Sequence[str] = (),
    min_score: int = 0,
) -> Page:
    """The next `limit` changes after a cursor, in commit order. One snapshot: `next` and `digest` agree.

    Scores are taken when an item is sent. One below `min_score` is a tombstone for a reader that may hold an older
    one, and nothing for others; what has faded since it was sent stays, so there is no digest to compare with.

    Raises `cursors.Resync` when the reader has to begin anew, `Invalid` for what is no cursor of its own.
    """
    reader = _Reader(session, principal, await view.lens(session, known, keys), kinds, min_score, times.now())
    top = await head.position(session)
    seen = await _view(session, principal)
    filtered = cursors.filter_of(kinds, min_score)
    horizon = await retention.horizon(session, retention.CLOSED_CLAIMS)
    cursor = cursors.decode(
        after, head=top, view=seen, horizon=horizon, filtered=filtered, keys=keys, partner=principal.partner
    )
    rows, reached = await _scan(reader, cursor, top, limit)
    more = reached < top
    body = Feed(
        signals=tuple(await _render(reader, cursor, rows)),
        next=cursors.encode(msgspec.structs.replace(cursor, position=reached), seen, filtered, keys, principal.partner),
        more=more,
        digest=msgspec.UNSET if more or min_score else await _digest(session, principal, kinds),
    )
    return Page(body, cursor, reached)


async def digest(session: AsyncSession, principal: Principal, kinds: Sequence[str] = ()) -> DigestOut:
    """The view as one number, for comparing a copy in quiet times."""
    return DigestOut(position=await head.position(session), digest=await _digest(session, principal, kinds))


async def live(
    session: AsyncSession, principal: Principal, known: Kinds, keys: Keys, kinds: Sequence[str] = ()
) -> AsyncIterator[SignalOut]:
    """Everything the principal may see now, each signal once: what exports are made of."""
    reader = _Reader(session, principal, await view.lens(session, known, keys), kinds)
    top = await head.position(session)
    cursor = Cursor(0, top)
    while cursor.position < top:
        rows, reached = await _scan(reader, cursor, top, 1_000)
        for item in await _render(reader, cursor, rows):
            yield item
        cursor = Cursor(reached, top)


async def _scan(reader: _Reader, cursor: Cursor, top: int, limit: int) -> tuple[list[Any], int]:
    """Rows after the cursor, and the position up to which all were looked at."""
    rows: list[Any] = []
    reached = cursor.position
    deadline = time.monotonic() + _BUDGET
    window = _window(reader.principal, tuple(sorted(set(reader.kinds))))
    while reached < top and len(rows) < limit and time.monotonic() < deadline:
        last = min(reached + WINDOW, top)
        left = limit - len(rows)
        found = await window.rows(reader.session, start=cursor.start, after=reached, last=last, most=left)
        rows += found
        reached = found[-1][0] if len(found) == left else last
    return rows, reached


@lru_cache(maxsize=256)
def _window(principal: Principal, kinds: tuple[str, ...]) -> Query:
    """The first `most` rows `after` a position.

    2026-11-22: in one piece, which both engines read in the order of positions until there are enough. Had the
    positions been chosen by themselves, PostgreSQL would have looked for those of a large page among all claims there
    are. Held by tests/bench.
    """
    after, last = bindparam("after", type_=Micros), bindparam("last", type_=Micros)
    chosen = view.claims().where(Claim.position > after, Claim.position <= last, *_seen(principal))
    if kinds:
        chosen = chosen.where(or_(*[Signal.kind == kind for kind in kinds]))
    return Query(chosen.order_by(Claim.position).limit(bindparam("most", type_=Micros)))


def _seen(principal: Principal) -> list[ColumnElement[bool]]:
    """Claims that may matter to a walk begun at `start`. One suspended since it was opened was never shown."""
    later = (Claim.position > bindparam("start", type_=Micros)) & (Claim.position > Claim.opened)
    alive_or_later = or_((Claim.closed == 0) & (Claim.state == "active"), later)
    return [visible(Claim, principal), alive_or_later]


async def _render(reader: _Reader, cursor: Cursor, rows: Sequence[Any]) -> list[SignalOut]:
    # With a lowest score it is not known yet which of them come.
    lone = [not reader.min_score and view.is_lone(row) for row in rows]
    items = iter(view.lone([*compress(rows, lone)], reader.lens))
    others = [Seen(*row) for row, alone in zip(rows, lone, strict=True) if not alone]
    siblings = await _siblings(reader, cursor, [row.signal for row in others if row.claims > 1])
    rest = iter([_one(reader, cursor, row, siblings.get(row.signal) or [row]) for row in others])
    rendered = (next(items if alone else rest) for alone in lone)
    return [signal for signal in rendered if signal is not None]


async def _siblings(reader: _Reader, cursor: Cursor, signals: Sequence[int]) -> dict[int, list[Seen]]:
    """All claims on these signals that matter to the walk, at any position."""
    found: dict[int, list[Seen]] = defaultdict(list)
    if signals:
        of_these = among(Claim.signal, sorted(set(signals)), reader.session)
        wanted = view.claims().where(of_these, *_seen(reader.principal))
        for row in await reader.session.execute(wanted, {"start": cursor.start}):
            found[row.signal].append(Seen(*row))
    return found


def _one(reader: _Reader, cursor: Cursor, row: Seen, claims: Sequence[Seen]) -> SignalOut | None:
    """The row's signal as this reader sees it; None when it comes again at a higher position."""
    if any(claim.position > row.position for claim in claims):
        return None
    standing = [claim for claim in claims if view.is_live(claim)]
    item = view.item(standing, row.position, reader.lens) if standing else None
    if item is not None and _passes(reader, item):
        return item
    if any(claim.opened <= cursor.position for claim in claims):
        return view.tombstone(row) if item is None else view.gone(row)
    return None


def _passes(reader: _Reader, item: SignalOut) -> bool:
    return not reader.min_score or score.score(item.terms or (), reader.at).value >= reader.min_score


async def _digest(session: AsyncSession, principal: Principal, kinds: Sequence[str]) -> str:
    sums = select(Digest.sum).where(visible(Digest, principal))
    if kinds:
        sums = sums.where(Digest.kind.in_(kinds))
    return hex_sum(sum(int.from_bytes(one, "big") for one in await session.scalars(sums)))


async def _view(session: AsyncSession, principal: Principal) -> int:
    return (await session.execute(select(Partner.view).where(Partner.id == principal.partner))).scalar_one()
