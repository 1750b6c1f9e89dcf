"""Ids of the indicators that the hub makes: written down before anybody is told of them, and known from then on.

2026-11-22: such an id is a UUIDv5 of the signal's public id in a namespace that is the hub's secret, one for each
collection. So nobody knows one before it was told, nor finds out by trying ids whether a signal is in a collection, and
it is enough that an answer waits until those in it are committed: in every process, and after every purge, an id that
anybody can know is in the table. A UUIDv5 cannot be turned round; the table does that, too. We gave up reads that write
nothing: whoever is the first to be told of a signal waits for the log's writer. An index made behind the log would have
had a tail, which every post and every read by id had to walk, and would have been filled for collections that nobody
reads. Held by tests/plugins/taxii/test_own_ids.py.
"""

import re
from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.sdk import AMONG, Query, insert_rows
from core.signals.jobs import Job
from core.signals.plan import Picture
from core.signals.standing import Stood
from core.signals.writer import SignalWriter
from plugins.taxii.collections import Eyes
from plugins.taxii.models import TaxiiRendered

_OWN = re.compile(r"indicator--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_AMONG_THESE = TaxiiRendered.number.in_(AMONG)
# Two thirds of the time of the numbers themselves.
_MANY = Query(select(func.count()).where(_AMONG_THESE))
_KNOWN = Query(select(TaxiiRendered.number).where(_AMONG_THESE))
_SIGNALS = Query(select(TaxiiRendered.number, TaxiiRendered.signal).where(_AMONG_THESE))

_REMEMBERED = 100_000
_kept: WeakKeyDictionary[SignalWriter, set[int]] = WeakKeyDictionary()
"""Some of those in the table, by the hub of this process: to look for those of a page takes a tenth of its time."""


async def keep(eyes: Eyes, made: Mapping[str, str]) -> None:
    """Write down ids that are about to be told, each with the public id of its signal. Raises `Unavailable`."""
    kept = _kept.setdefault(eyes.writer, set())
    signals = {number: signal for name, signal in made.items() if (number := _number(name)) not in kept}
    if signals and sum([many for (many,) in await _MANY.every(eyes.session, signals)]) < len(signals):
        await eyes.writer.write(_Keep(signals), eyes.principal.client, "KeepTaxiiIds")
    if len(kept) > _REMEMBERED:
        kept.clear()
    kept.update(signals)


async def signals(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """Public ids of the signals behind the hub's indicators, by the ids given. Whoever can name one was told of it,
    which does not mean that he may see the signal now."""
    numbers = {name: _number(name) for name in ids if _OWN.fullmatch(name)}
    found = dict(await _SIGNALS.every(session, {*numbers.values()}))
    return {name: found[number] for name, number in numbers.items() if number in found}


def _number(name: str) -> int:
    """60 bits of the hash: as good as all of them, and a key that both engines keep small."""
    return int(name[11:19] + name[20:24] + name[26:29], 16)


class _Keep(Job):
    """By number of their ids, the signals; of what others have written down meanwhile nothing."""

    partner = 0

    def __init__(self, made: Mapping[int, str]) -> None:
        self._made = made

    def keys(self) -> Iterable[bytes]:
        return ()

    def fold(self, picture: Picture, head: Head) -> None:
        """The claim log stays as it is."""

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        there = {number for (number,) in await _KNOWN.every(session, self._made)}
        rows = [{"number": one, "signal": self._made[one]} for one in sorted(self._made) if one not in there]
        await insert_rows(session, TaxiiRendered.__table__, rows)
