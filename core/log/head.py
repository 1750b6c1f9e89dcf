"""The head of the log: locked first in every writing transaction, moved last."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.driver import Driver
from core.log.models import LogHead


class Head:
    """The counter while this transaction holds its lock."""

    def __init__(self, position: int, at: int) -> None:
        self.base = position
        self.position = position
        self.at = at

    def take(self) -> int:
        """The next position, in commit order."""
        self.position += 1
        return self.position


async def position(session: AsyncSession) -> int:
    """The last position that this snapshot knows."""
    return (await session.execute(select(LogHead.position))).scalar_one()


async def lock(session: AsyncSession) -> Head:
    """Take the log's write lock. Held until the transaction ends."""
    row = "" if session.get_bind().dialect.name == "sqlite" else " FOR UPDATE"
    ((position, at, n),) = await (await Driver.of(session)).rows(f"SELECT position, at, n FROM log_head{row}")  # noqa: S608  (no one's words)
    head = Head(position, max(times.now(), at + n))
    session.info["head"] = head
    return head


async def settle(session: AsyncSession, actor: str, request: str) -> None:
    """Write the tick and move the head, if this transaction took positions."""
    head: Head = session.info["head"]
    taken = head.position - head.base
    if not taken:
        return
    driver, tick = await Driver.of(session), (head.base + 1, taken, head.at, actor, request)
    if session.get_bind().dialect.name == "sqlite":
        await driver.rows(_TICK, *tick)
        await driver.rows(_MOVE, *tick[:3])
    else:
        # In one journey to the server: the head is locked meanwhile.
        await driver.rows(f"WITH told AS ({_TICK}) {_MOVE}", *tick)


_TICK = "INSERT INTO tick (position, n, at, actor, request) VALUES ($1, $2, $3, $4, $5)"
_MOVE = "UPDATE log_head SET position = CAST($1 AS bigint) + $2 - 1, at = $3, n = $2"


@asynccontextmanager
async def edge(db: Database, partner: int, actor: str, request: str) -> AsyncIterator[AsyncSession]:
    """The transaction of one request: head locked, committed when the block ends well."""
    async with db.edge(partner) as session:
        await lock(session)
        yield session
        await session.flush()
        await settle(session, actor, request)


@asynccontextmanager
async def writing(db: Database, actor: str, request: str) -> AsyncIterator[AsyncSession]:
    """The same for the writing functions of the claim log and of who may see it."""
    async with db.writer() as session:
        await lock(session)
        yield session
        await session.flush()
        await settle(session, actor, request)
