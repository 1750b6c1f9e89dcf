"""Normaliser versions: a better one takes every standing claim to the signal where it would have put it.

A claim whose value has another identity now is closed where it is and opened there, with what it says, its names and
its age; what partners think goes along, and `merged_into` tells where a signal went. Where its partner has a claim
there already, that one stands and takes over the names. What is read as a value on the negative list is held. A value
that the new normaliser refuses stays as it is.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database, table_of, upsert
from core.log.head import Head
from core.signals.guard import Guard
from core.signals.jobs import Job
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Claim, Normaliser, Signal
from core.signals.plan import Known, Picture, Spelling
from core.signals.writer import SignalWriter

log = logging.getLogger("kmm")

_AT_ONCE = 1_000
"""Claims a transaction."""


async def remap(db: Database, writer: SignalWriter, guard: Guard, kinds: Kinds, keys: Keys) -> None:
    """Bring the claims of every kind to the version of its normaliser. Goes on where it was stopped."""
    async with db.survey() as session:
        reached = {row.kind: row.version for row in await session.scalars(select(Normaliser))}
    for kind, version in kinds.versions.items():
        if version > reached.get(kind, 1):
            await _remap_kind(kind, version, writer, guard, kinds, keys)


async def _remap_kind(kind: str, version: int, writer: SignalWriter, guard: Guard, kinds: Kinds, keys: Keys) -> None:
    seen = moved = 0
    while True:
        job = Remap(kind, version, guard, kinds, keys)
        await writer.write(job, "hub", "RemapSignals")
        seen, moved = seen + job.seen, moved + job.moved
        log.info("normaliser %d of %s: %d claims read again, %d moved", version, kind, seen, moved)
        if job.done:
            return


class _Reading(msgspec.Struct, frozen=True):
    """A claim's value as it is read now."""

    partner: int
    key: bytes
    signal: Known
    spelling: Spelling
    held: str


class Remap(Job):
    """The next claims of a kind. How far it came is written in the same transaction."""

    whole = True
    partner = 0

    def __init__(self, kind: str, version: int, guard: Guard, kinds: Kinds, keys: Keys) -> None:
        self.kind = kind
        self.version = version
        self.seen = self.moved = 0
        self.done = False
        self._guard = guard
        self._kinds = kinds
        self._keys = keys
        self._readings: list[_Reading] = []

    def keys(self) -> Iterable[bytes]:
        return {key for reading in self._readings for key in (reading.key, reading.signal.key)}

    async def prepare(self, session: AsyncSession) -> None:
        row = await session.get(Normaliser, self.kind)
        reached = row.reached if row is not None and row.target == self.version else 0
        rows, self.done = await self._next(session, reached)
        self.seen = len(rows)
        self._readings = [reading for one in rows if (reading := self._read(one)) is not None]
        at = {
            "version": self.version if self.done else row.version if row is not None else 1,
            "target": self.version,
            "reached": rows[-1].signal if rows else reached,
        }
        await upsert(session, table_of(Normaliser), [{"kind": self.kind} | at])

    async def _next(self, session: AsyncSession, reached: int) -> tuple[list[Any], bool]:
        """Standing claims on the signals after `reached`, whole signals only; and whether these are the last."""
        columns = select(Claim.signal, Claim.partner, Claim.value, Claim.original, Signal.key)
        wanted = columns.join(Signal, Signal.id == Claim.signal).where(
            Signal.kind == self.kind, Signal.id > reached, Claim.closed == 0
        )
        rows = list((await session.execute(wanted.order_by(Signal.id).limit(_AT_ONCE + 1))).all())
        if len(rows) <= _AT_ONCE:
            return rows, True
        whole = [row for row in rows if row.signal != rows[-1].signal]
        if not whole:
            of_one = wanted.where(Signal.id == rows[0].signal)
            whole = list((await session.execute(of_one)).all())
        return whole, False

    def _read(self, row: Any) -> _Reading | None:
        """None where nothing changes."""
        try:
            canonical = self._kinds.parse(self.kind, row.original)
        except ValueError:
            return None
        key = self._keys.signal(self.kind, canonical.identity)
        if (key, canonical.display) == (row.key, row.value):
            return None
        held = "guard" if self._guard.hit(self.kind, canonical.identity) else ""
        return _Reading(row.partner, row.key, Known(key, self.kind), Spelling(canonical.display, row.original), held)

    def fold(self, picture: Picture, head: Head) -> None:
        self.moved = 0
        targets: dict[bytes, set[bytes]] = defaultdict(set)
        for one in self._readings:
            claim = picture.standing.get((one.partner, one.key))
            if claim is None or claim.now is None:
                continue
            self.moved += 1
            if one.key == one.signal.key:
                picture.spell(claim, one.spelling)
            else:
                picture.move(claim, one.signal, one.spelling, one.held)
                targets[one.key].add(one.signal.key)
        for old, new in targets.items():
            if len(new) == 1 and all(claim.now is None for claim in picture.on[old]):
                picture.merge(old, *new)
