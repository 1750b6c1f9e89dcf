"""The ground under a plugin: what it may ask of the hub's data, on its own lane and through its own engine."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeVar

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.plugin.hooks import News, Viewer
from core.plugin.lane import Lane

R = TypeVar("R")

Look = Callable[[AsyncSession, int], Awaitable[Viewer | None]]
"""How a partner is looked up, told by a room that stands on this one."""

# By name, as partners are: the log stands on this room.
_head = table("log_head", column("position"))
_partner = table("partner", column("id"))
_addressee = table("addressee", column("partner"), column("position"))

NOBODY = 0
"""Stands for a partner where a plugin works for none: it sees what is its own."""
_asking: ContextVar[int | None] = ContextVar("asking", default=None)
"""The partner for whom a plugin works at the moment: with the eyes of another it sees nothing."""


def asked_by(partner: int, work: Callable[[], Awaitable[R]]) -> Callable[[], Awaitable[R]]:
    """`work`, for `partner` alone: until it is done, whatever `Context` it uses shows what this partner may see."""

    async def held() -> R:
        _asking.set(partner)
        return await work()

    return held


class Ground:
    """Behind the `Context` of one plugin. An engine belongs to one loop, so each lane that reads has its own."""

    def __init__(self, lane: Lane, database_url: str, look: Look) -> None:
        self._lane = lane
        self._database_url = database_url
        self._look = look
        self._database: Database | None = None

    def move(self, database_url: str) -> None:
        """Stand on this database from the next start on."""
        self._database_url = database_url

    @asynccontextmanager
    async def session(self, viewer: Viewer) -> AsyncIterator[AsyncSession]:
        """A read-only view with the eyes of `viewer`; only on the lane itself."""
        _check(viewer.partner)
        async with self.database().snapshot(viewer.partner) as session:
            yield session

    @asynccontextmanager
    async def store(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction with nobody's eyes; only on the lane itself."""
        async with self.database().edge(NOBODY) as session:
            yield session

    async def viewer(self, partner: int) -> Viewer | None:
        """The partner as it may see now; only on the lane itself."""
        _check(partner)
        async with self.database().snapshot(partner) as session:
            return await self._look(session, partner)

    async def news(self, partners: Collection[int]) -> News:
        """Where the log is, and the newest event of each partner; only on the lane itself."""
        for partner in partners:
            _check(partner)
        # By partner, one step down an index each: in order of position the whole table would have to be read.
        newest = select(func.max(_addressee.c.position)).where(_addressee.c.partner == _partner.c.id).scalar_subquery()
        wanted = select(_partner.c.id, newest).where(_partner.c.id.in_(sorted(set(partners))))
        async with self.database().survey() as session:
            position = (await session.execute(select(_head.c.position))).scalar_one()
            found = (await session.execute(wanted)).all()
        return News(position, {partner: at for partner, at in found if at is not None})

    def database(self) -> Database:
        """The engine of the lane, to whoever is on it. Raises `RuntimeError` elsewhere."""
        if not self._lane.is_here:
            raise RuntimeError(
                "only for hooks that run on the lane; a route names the dependency `snapshot` or `session`"
            )
        self._database = self._database or Database(self._database_url)
        return self._database

    async def close(self) -> None:
        database, self._database = self._database, None
        if database:
            await database.close()


def _check(partner: int) -> None:
    asking = _asking.get()
    if asking is not None and partner not in (asking, NOBODY):
        raise PermissionError("what is asked for one partner is answered with the eyes of that partner")
