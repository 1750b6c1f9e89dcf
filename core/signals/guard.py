"""The negative list in memory: what is held back for a look before anybody is told of it.

2026-11-22: every process reads how many entries there are and when the last one changed, each second, and the whole
list when that moved. An item read within that second by another process passes; the sweep of standing claims, which
each new entry is due, finds it. We gave up a lookup in the database per item. Held by tests/signals/test_guard.py.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.db import Database
from core.signals.kinds import Kinds
from core.signals.models import GuardEntry
from core.wire.guard import Reach
from core.wire.screening import Candidate

_ALWAYS = 2**63


class Listed(msgspec.Struct, frozen=True, gc=False):
    """An entry of the list, and when it holds, µs."""

    value: str
    label: str
    start: int = 0
    end: int = _ALWAYS


class _Picture(msgspec.Struct, frozen=True):
    """Immutable; a change makes a new one."""

    version: tuple[int, int] = (0, 0)
    exact: dict[tuple[str, str], list[Listed]] = {}
    sites: dict[str, list[Listed]] = {}


Screen = Callable[[Principal, Sequence[Candidate]], Awaitable[Sequence[str | None]]]
"""By signal, why plugins hold it, or None."""


class Guard:
    """The list as this process knows it, and the plugins that look beside it, if there are any."""

    def __init__(self, db: Database, kinds: Kinds, screen: Screen | None = None) -> None:
        self.screen = screen
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
            end = _ALWAYS if entry.valid_until is None else entry.valid_until
            listed = Listed(entry.value, entry.label, entry.valid_from or 0, end)
            identity = self._identity(entry)
            exact[entry.kind, identity].append(listed)
            if entry.reach == Reach.SITE:
                sites[identity].append(listed)
        return _Picture(version, dict(exact), dict(sites))

    def _identity(self, entry: GuardEntry) -> str:
        try:
            return self._kinds.parse(entry.kind, entry.value).identity
        except ValueError:
            # Its plugin is not here, or today's normaliser refuses the value and with it every item of it.
            return entry.identity

    def hit(self, kind: str, identity: str) -> Listed | None:
        """The entry that an observable is on the list by. Costs a lookup for each label of its host."""
        picture = self._picture
        if found := _holding(picture.exact.get((kind, identity))):
            return found
        host = _host(kind, identity)
        if not host:
            return None
        if identity == f"{host}/" and (found := _holding(picture.exact.get(("domain", host)))):
            return found
        sites = picture.sites
        while host:
            if host in sites and (found := _holding(sites[host])):
                return found
            host = host.partition(".")[2]
        return None


async def _version(session: AsyncSession) -> tuple[int, int]:
    """Every change takes a position, so `added` rises with it; a removal alone lowers the count."""
    row = (await session.execute(select(func.count(), func.max(GuardEntry.added)).select_from(GuardEntry))).one()
    return row[0], row[1] or 0


def _holding(entries: list[Listed] | None) -> Listed | None:
    if not entries:
        return None
    now = times.now()
    return next((one for one in entries if one.start <= now < one.end), None)


def _host(kind: str, identity: str) -> str:
    """The host name in the identity of an address; empty for other kinds."""
    if kind == "domain":
        return identity
    if kind == "url":
        return identity.partition("/")[0].partition(":")[0]
    if kind == "email":
        return identity.rpartition("@")[2]
    return ""
