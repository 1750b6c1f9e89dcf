"""The log as one principal may see it, page by page; its digest; everything that is live."""

from collections.abc import AsyncIterator, Collection, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.log import head, retention
from core.signals import cursors, selection, view, walk
from core.signals.cursors import Cursor, Now, Place
from core.signals.keys import Keys, hex_sum, parse_id
from core.signals.kinds import Kinds
from core.signals.models import Digest
from core.signals.view import Seen
from core.wire.feed_keys import EVERYTHING, Selection
from core.wire.signals import Digest as DigestOut
from core.wire.signals import Feed, SignalOut


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


class Voice(NamedTuple):
    """A claim that is or was part of a change. For telling whose it is within the hub: never to be shown."""

    partner: int
    signal: int
    """Its row in the database."""
    position: int
    live: bool
    opened: int
    """Position at which the reader could first see it."""


class Change(msgspec.Struct, frozen=True):
    """A step of a walk, with what formats need that name a thing by its value."""

    position: int
    signal: SignalOut
    """The item, or the tombstone."""
    kind: str
    value: str
    """As the item has it; of a tombstone, as the reader was shown it last."""
    gone: bool
    former: tuple[str, ...]
    """Other spellings of the value under which a copy may hold it: they have to go, too."""
    voices: tuple[Voice, ...]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Every value that a copy keyed by values has to drop."""
        return (self.value, *self.former) if self.gone else self.former


class Changes(msgspec.Struct, frozen=True):
    """A page of changes."""

    changes: list[Change]
    reached: int
    """Position up to which it brings the reader."""
    top: int
    apart: frozenset[int]
    """Of the positions that the caller asked to be left out, those where a claim stands that nobody said more of."""

    @property
    def more(self) -> bool:
        return self.reached < self.top


async def page(
    session: AsyncSession,
    principal: Principal,
    known: Kinds,
    keys: Keys,
    *,
    after: str | None,
    limit: int,
    chosen: Selection = EVERYTHING,
) -> Page:
    """The next `limit` changes after a cursor, in commit order. One snapshot: `next` and `digest` agree.

    Scores are taken when an item is sent. One below `min_score` is a tombstone for a reader that may hold an older
    one, and nothing for others; what has faded since it was sent stays, so there is no digest to compare with. So it is
    with one of another campaign, which is that of the best of its claims.

    Raises `cursors.Resync` when the reader has to begin anew, `Invalid` for what is no cursor of its own.
    """
    found = await place(session, principal, keys, chosen, token=after)
    cursor = found.fresh()
    reader = await walk.reader(session, principal, known, keys, chosen)
    rows, reached = await walk.scan(reader, cursor, found.now.head, limit)
    shown, _ = await walk.render(reader, cursor, rows)
    more = reached < found.now.head
    whole = chosen == Selection(kinds=chosen.kinds)
    body = Feed(
        signals=tuple([signal for signal in shown if signal is not None]),
        next=token(found, reached, principal, keys, chosen),
        more=more,
        digest=await _digest(session, principal, chosen.kinds) if whole and not more else msgspec.UNSET,
    )
    return Page(body, cursor, reached)


async def place(
    session: AsyncSession,
    principal: Principal,
    keys: Keys,
    chosen: Selection,
    *,
    token: str | None = None,
    position: int | None = None,
) -> Place:
    """Where a reader stands that sends a cursor (`token`), or a bare `position` of the log; with neither, at zero.

    Raises `Invalid` for a cursor of another reader or selection, and for a position that the log has not come to.
    """
    wanted = select(Partner.view, Partner.lost).where(Partner.id == principal.partner)
    sight = (await session.execute(wanted)).one()
    now = Now(
        head=await head.position(session),
        view=sight.view,
        lost=sight.lost,
        horizon=await retention.horizon(session, retention.CLOSED_CLAIMS),
    )
    after = token if position is None else str(position)
    return cursors.decode(after, now, filtered=selection.key(chosen), keys=keys, partner=principal.partner)


def token(found: Place, reached: int, principal: Principal, keys: Keys, chosen: Selection) -> str:
    """The cursor with which a reader goes on from `reached`."""
    cursor = msgspec.structs.replace(found.cursor, position=reached)
    return cursors.encode(cursor, found.now.view, selection.key(chosen), keys, principal.partner)


async def changes(
    session: AsyncSession,
    principal: Principal,
    known: Kinds,
    keys: Keys,
    chosen: Selection,
    cursor: Cursor,
    limit: int,
    *,
    apart: Collection[int] = (),
) -> Changes:
    """The same walk as `page`, for formats of others. A page may be empty although there is more.

    `apart` are positions at which the caller has a text of its own for a claim. Where that is the first on its signal,
    and nobody said more, nothing is made of it.
    """
    reader = await walk.reader(session, principal, known, keys, chosen)
    top = await head.position(session)
    rows, reached, left = await _scanned(reader, cursor, top, limit, apart)
    shown, siblings = await walk.render(reader, cursor, rows)
    found = [
        _change(row, signal, siblings, cursor) for row, signal in zip(rows, shown, strict=True) if signal is not None
    ]
    return Changes(found, reached, top, left)


async def _scanned(
    reader: walk.Reader, cursor: Cursor, top: int, limit: int, apart: Collection[int]
) -> tuple[Sequence[Any], int, frozenset[int]]:
    """Rows, the position up to which they were looked for, and which of `apart` are not among them."""
    if not apart:
        return *await walk.scan(reader, cursor, top, limit), frozenset()
    glimpses, reached = await walk.glimpse(reader, cursor, top, limit)
    left = frozenset([position for position, alone in glimpses if alone and position in apart])
    return await walk.at(reader, cursor, [one for one, _ in glimpses if one not in left]), reached, left


async def named(
    session: AsyncSession,
    principal: Principal,
    known: Kinds,
    keys: Keys,
    chosen: Selection,
    *,
    ids: Collection[str] = (),
    rows: Collection[int] = (),
) -> list[Change]:
    """What a walk from zero would bring of these signals, by public id or by row, in its order: what is live."""
    reader = await walk.reader(session, principal, known, keys, chosen)
    cursor = Cursor(0, await head.position(session))
    claims = await walk.claims_on(reader, [key for key in map(parse_id, ids) if key], rows)
    last = sorted([max(claims[signal], key=_position) for signal in claims], key=_position)
    shown, siblings = await walk.render(reader, cursor, last)
    return [
        _change(row, signal, siblings, cursor) for row, signal in zip(last, shown, strict=True) if signal is not None
    ]


async def digest(session: AsyncSession, principal: Principal, kinds: Sequence[str] = ()) -> DigestOut:
    """The view as one number, for comparing a copy in quiet times."""
    return DigestOut(position=await head.position(session), digest=await _digest(session, principal, kinds))


async def live(
    session: AsyncSession, principal: Principal, known: Kinds, keys: Keys, chosen: Selection = EVERYTHING
) -> AsyncIterator[SignalOut]:
    """Everything of a selection that the principal may see now, each signal once: what exports are made of."""
    reader = await walk.reader(session, principal, known, keys, chosen)
    top = await head.position(session)
    cursor = Cursor(0, top)
    while cursor.position < top:
        rows, reached = await walk.scan(reader, cursor, top, 1_000)
        for item in (await walk.render(reader, cursor, rows))[0]:
            if item is not None:
                yield item
        cursor = Cursor(reached, top)


def _change(row: Any, signal: SignalOut, siblings: walk.Siblings, cursor: Cursor) -> Change:
    gone = signal.value is msgspec.UNSET
    if view.is_lone(row) and not gone:
        # Nearly all of a page, in a third of the time.
        voice = Voice(row[_PARTNER], row[_SIGNAL], row[0], True, row[_OPENED])
        return Change(signal.position, signal, row[_KIND], row[_VALUE], False, (), (voice,))
    told = siblings.get(row[_SIGNAL]) or [Seen(*row)]
    shown = walk.may_hold(cursor, told)
    if gone:
        # Of those that it may hold, what stood until now is what it was shown last.
        last = [one for one in shown if view.is_live(one) or one.position > cursor.position]
        value = view.best(last or shown).value
    else:
        value = str(signal.value)
    return Change(
        position=signal.position,
        signal=signal,
        kind=row[_KIND],
        value=value,
        gone=gone,
        former=tuple(sorted({claim.value for claim in shown} - {value})),
        voices=tuple([Voice(one.partner, one.signal, one.position, view.is_live(one), one.opened) for one in told]),
    )


_OPENED, _PARTNER, _SIGNAL, _KIND, _VALUE = map(Seen._fields.index, ("opened", "partner", "signal", "kind", "value"))
_position = attrgetter("position")


async def _digest(session: AsyncSession, principal: Principal, kinds: Sequence[str]) -> str:
    sums = select(Digest.sum).where(visible(Digest, principal))
    if kinds:
        sums = sums.where(Digest.kind.in_(kinds))
    return hex_sum(sum(int.from_bytes(one, "big") for one in await session.scalars(sums)))
