"""The negative list in memory: what is held back for a look before anybody is told of it.

2026-11-22: every process reads how many entries there are and when the last one changed, each second, and the whole
list when that moved. An item read within that second by another process passes; the sweep of standing claims, which
each new entry is due, finds it. We gave up a lookup in the database per item. Held by tests/signals/test_guard.py.
"""

from collections import defaultdict

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.signals.kinds import Kinds
from core.signals.models import GuardEntry
from core.wire.guard import Reach

_ALWAYS = 2**63


class _Span(msgspec.Struct, frozen=True):
    """When an entry holds, µs."""

    start: int
    end: int


class _Picture(msgspec.Struct, frozen=True):
    """Immutable; a change makes a new one."""

    version: tuple[int, int] = (0, 0)
    exact: dict[tuple[str, str], list[_Span]] = {}
    sites: dict[str, list[_Span]] = {}


class Guard:
    """The list as this process knows it."""

    def __init__(self, db: Database, kinds: Kinds) -> None:
        self._db = db
        self._kinds = kinds
        self._picture = _Picture()

    async def refresh(self) -> None:
        """Take in what has changed. Cheap when nothing has."""
        async with self._db.snapshot(partner=0) as session:
            version = await _version(session)
            if version != self._picture.version:
                self._picture = await self._read(session, version)

    async def _read(self, session: AsyncSession, version: tuple[int, int]) -> _Picture:
        exact, sites = defaultdict(list), defaultdict(list)
        for entry in await session.scalars(select(GuardEntry)):
            span = _Span(entry.valid_from or 0, _ALWAYS if entry.valid_until is None else entry.valid_until)
            identity = self._identity(entry)
            exact[entry.kind, identity].append(span)
            if entry.reach == Reach.SITE:
                sites[identity].append(span)
        return _Picture(version, dict(exact), dict(sites))

    def _identity(self, entry: GuardEntry) -> str:
        try:
            return self._kinds.parse(entry.kind, entry.value).identity
        except ValueError:
            # Its plugin is not here, or today's normaliser refuses the value and with it every item of it.
            return entry.identity

    def hit(self, kind: str, identity: str) -> bool:
        """Whether an observable is on the list. Costs a lookup for each label of its host."""
        picture = self._picture
        if _holds(picture.exact.get((kind, identity))):
            return True
        host = _host(kind, identity)
        if not host:
            return False
        if identity == f"{host}/" and _holds(picture.exact.get(("domain", host))):
            return True
        sites = picture.sites
        while host:
            if host in sites and _holds(sites[host]):
                return True
            host = host.partition(".")[2]
        return False


async def _version(session: AsyncSession) -> tuple[int, int]:
    """Every change takes a position, so `added` rises with it; a removal alone lowers the count."""
    row = (await session.execute(select(func.count(), func.max(GuardEntry.added)).select_from(GuardEntry))).one()
    return row[0], row[1] or 0


def _holds(spans: list[_Span] | None) -> bool:
    if not spans:
        return False
    now = times.now()
    return any(span.start <= now < span.end for span in spans)


def _host(kind: str, identity: str) -> str:
    """The host name in the identity of an address; empty for other kinds."""
    if kind == "domain":
        return identity
    if kind == "url":
        return identity.partition("/")[0].partition(":")[0]
    if kind == "email":
        return identity.rpartition("@")[2]
    return ""
