"""Exact lookups that come together are read together, each caller with its own eyes."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.db import Database
from core.query import AMONG, Query
from core.signals import view
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.view import Seen
from core.wire.signals import SignalOut

Known = Mapping[bytes, SignalOut]
"""Signals by key, as their caller may see them. What is not known, or hidden, is not there."""

_FEW = 100
"""Keys of a request that does not make others wait for its own."""
_LARGE_AT_ONCE = 2
"""Reads for others: what goes on at once on two cores. More would only take connections and the lock of Python."""
_AT_ONCE = 1_024
"""Keys in one statement; a power of two."""


_Row = Sequence[Any]
"""Of `view.claims()`."""
_KEY = Seen._fields.index("key")


class _Round(msgspec.Struct, eq=False):
    """The lookups of one principal that wait for the same read."""

    keys: set[bytes]
    read: asyncio.Task[Known] | None = None


class Desk:
    """Reads for whoever asks; while one read of a principal is under way, its next ones gather.

    2026-11-22: a transaction costs a lookup ten times what its row does, as much for fifty as for one. So small ones
    share it, as small submissions share theirs. A caller that is alone waits for nobody, and a read begins after the
    request did: what was committed before it is seen. Held by tests/signals/test_desk.py.
    """

    def __init__(self, db: Database, kinds: Kinds, keys: Keys) -> None:
        self._db = db
        self.kinds = kinds
        self.keys = keys
        self._rounds: dict[Principal, _Round] = {}
        self._turns: dict[Principal, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def known(self, principal: Principal, keys: Collection[bytes]) -> Known:
        """Which of the signals with these keys are known."""
        if len(keys) > _FEW:
            async with self._large:
                return await self._read(principal, keys)
        gathering = self._rounds.get(principal)
        if gathering is None:
            gathering = self._rounds[principal] = _Round(set())
            gathering.read = asyncio.create_task(self._take_turn(principal))
        gathering.keys.update(keys)
        assert gathering.read
        # Who goes away does not take the others' answer along.
        return await asyncio.shield(gathering.read)

    async def _take_turn(self, principal: Principal) -> Known:
        async with self._turns[principal]:
            return await self._read(principal, self._rounds.pop(principal).keys)

    async def _read(self, principal: Principal, keys: Collection[bytes]) -> Known:
        async with self._db.snapshot(principal.partner) as session:
            claims = await _claims(session, principal, sorted(set(keys)))
            if not claims:
                return {}
            lens = await view.lens(session, self.kinds, self.keys)
        lone = {key: rows[0] for key, rows in claims.items() if view.is_lone(rows[0])}
        known = dict(zip(lone, view.lone([*lone.values()], lens), strict=True))
        for key in claims.keys() - lone.keys():
            seen = [Seen(*row) for row in claims[key]]
            known[key] = view.item(seen, max(row.position for row in seen), lens)
        return known


async def _claims(session: AsyncSession, principal: Principal, keys: Sequence[bytes]) -> dict[bytes, list[_Row]]:
    found: dict[bytes, list[_Row]] = defaultdict(list)
    for start in range(0, len(keys), _AT_ONCE):
        these = keys[start : start + _AT_ONCE]
        # Of few sizes, so that few statements are kept; the same key again finds nothing more.
        size = 1 << (len(these) - 1).bit_length()
        for row in await _live(principal).rows(session, [*these, *[these[0]] * (size - len(these))]):
            found[row[_KEY]].append(row)
    return found


@lru_cache(maxsize=256)
def _live(principal: Principal) -> Query:
    """The live claims on some signals."""
    return Query(view.claims().where(Signal.key.in_(AMONG), visible(Claim, principal), *view.LIVE))
