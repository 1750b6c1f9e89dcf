"""The digests of the private lookup: made behind the log, a second late at most; made anew when the key changes."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database, Micros, among, table_of, upsert
from core.errors import Conflict
from core.query import AMONG, Query
from core.signals import blind
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Blind, BlindEpoch, Claim, Signal

_AT_ONCE = 1_000
_BITE = 5
"""Batches a turn: some tenth of a second of work, so that a bulk import or a new epoch slows nobody down."""


async def follow(db: Database, keys: Keys, kinds: Kinds) -> int:
    """One turn: go on with each epoch's digests, let a finished epoch serve, drop what an older one left.

    Returns how many rows it looked at or dropped; 0 when there is nothing to do.
    """
    async with db.survey() as session:
        epochs = list(await session.scalars(select(BlindEpoch).order_by(BlindEpoch.epoch)))
    serving = [one.epoch for one in epochs if one.since is not None]
    done = sum([await _go_on(db, keys, kinds, one) for one in epochs if one.epoch >= max(serving, default=0)])
    return done + sum([await _drop(db, epoch) for epoch in serving[:-1]])


async def rotate(session: AsyncSession) -> int:
    """Begin an epoch with a key of its own; returns its number. The old one serves until the new one is built."""
    newest = (await session.execute(select(BlindEpoch).order_by(BlindEpoch.epoch.desc()).limit(1))).scalar_one()
    if newest.since is None:
        raise Conflict(f"Epoch {newest.epoch} is being built; it serves as soon as that is done.")
    row = {"epoch": newest.epoch + 1, "since": None, "reached": 0, "entries": 0, "bits": blind.BITS}
    await session.execute(insert(BlindEpoch).values(row))
    return newest.epoch + 1


async def forget(session: AsyncSession, signals: Collection[int]) -> None:
    """Drop the digests of signals that are purged."""
    gone = among(Blind.signal, list(signals), session)
    counted = select(Blind.epoch, func.count().label("rows")).where(gone).group_by(Blind.epoch)
    for row in (await session.execute(counted)).all():
        entries = BlindEpoch.entries - row.rows
        await session.execute(update(BlindEpoch).where(BlindEpoch.epoch == row.epoch).values(entries=entries))
    await session.execute(delete(Blind).where(gone))


async def refine(db: Database, epoch: int, bits: int) -> None:
    """Let callers show a bit more than `bits`, because a bucket is overfull."""
    async with db.writer() as session:
        now = (BlindEpoch.epoch == epoch, BlindEpoch.bits == bits)
        await session.execute(update(BlindEpoch).where(*now).values(bits=bits + 1))


async def _go_on(db: Database, keys: Keys, kinds: Kinds, epoch: BlindEpoch) -> int:
    done, reached = 0, epoch.reached
    for _ in range(_BITE):
        async with db.survey() as session:
            rows = await _STANDING.rows(session, reached=reached, most=_AT_ONCE)
        found = dict(_digests(rows, keys, kinds, epoch.epoch))
        last = rows[-1][0] if rows else reached
        caught_up = len(rows) < _AT_ONCE
        if (rows or epoch.since is None) and not await _keep(db, epoch.epoch, reached, last, found, caught_up):
            break
        done, reached = done + len(rows), last
        if caught_up:
            break
    return done


# By position, not by signal: what comes back after a purge or by a better normaliser has a new one. What is closed is
# in nobody's bucket.
_STANDING = Query(
    select(Claim.position, Claim.signal, Claim.value, Signal.kind, Signal.key)
    .join(Signal, Signal.id == Claim.signal)
    .where(Claim.position > bindparam("reached", type_=Micros), Claim.closed == 0)
    .order_by(Claim.position)
    .limit(bindparam("most", type_=Micros))
)
_THERE = Query(select(func.count()).where(Blind.epoch == bindparam("epoch", type_=Micros), Blind.digest.in_(AMONG)))


def _digests(rows: Sequence[Any], keys: Keys, kinds: Kinds, epoch: int) -> Iterator[tuple[bytes, int]]:
    blinding = keys.blind(epoch)
    for _, signal, value, kind, key in rows:
        # A kind that is no longer here, or a claim that is yet to move to where its kind's new version puts it.
        with suppress(ValueError):
            identity = kinds.parse(kind, value).identity
            if keys.signal(kind, identity) == key:
                yield blind.digest(blinding, kind, identity), signal


async def _keep(db: Database, epoch: int, reached: int, last: int, found: dict[bytes, int], caught_up: bool) -> bool:
    """Write a batch; False when another process of the hub was there first."""
    async with db.writer() as session:
        row = await session.get(BlindEpoch, epoch, with_for_update=True)
        if row is None or row.reached != reached:
            return False
        ((there,),) = await _THERE.rows(session, among=list(found), epoch=epoch)
        row.entries += len(found) - there
        row.bits = max(row.bits, blind.bits_for(row.entries))
        row.reached = last
        if caught_up and row.since is None:
            row.since = times.now()
        # Replaced where it is there: an identity that was purged meanwhile comes back as another signal.
        rows = [{"epoch": epoch, "digest": digest, "signal": signal} for digest, signal in found.items()]
        await upsert(session, table_of(Blind), rows)
        await session.flush()
    return True


async def _drop(db: Database, epoch: int) -> int:
    """Some of the rows of an epoch that no longer serves; the epoch goes with the last of them."""
    async with db.writer() as session:
        some = select(Blind.digest).where(Blind.epoch == epoch).limit(_AT_ONCE * _BITE)
        digests = list(await session.scalars(some))
        await session.execute(delete(Blind).where(Blind.epoch == epoch, among(Blind.digest, digests, session)))
        if len(digests) < _AT_ONCE * _BITE:
            await session.execute(delete(BlindEpoch).where(BlindEpoch.epoch == epoch))
    return len(digests)
