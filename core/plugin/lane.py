"""A lane: the thread and event loop on which the hub waits for one plugin."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.plugin.hooks import News, Viewer

R = TypeVar("R")

Look = Callable[[AsyncSession, int], Awaitable[Viewer | None]]
"""How a partner is looked up, told by a room that stands on this one."""

_GRACE = 1.0

# By name, as partners are: the log stands on this room.
_head = table("log_head", column("position"))
_partner = table("partner", column("id"))
_addressee = table("addressee", column("partner"), column("position"))


class Lane:
    """Whatever a plugin does here, the server's own loop goes on. Starts when first used."""

    def __init__(self, name: str, database_url: str, look: Look) -> None:
        self._name = name
        self._database_url = database_url
        self._look = look
        self._database: Database | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held: Future[None] | None = None
        self._over: asyncio.Event | None = None

    def move(self, database_url: str) -> None:
        """Stand on this database from the next start on."""
        self._database_url = database_url

    async def run(self, work: Callable[[], Awaitable[R]], budget: float) -> R:
        """Await `work()` on the lane. Raises `TimeoutError` after `budget` seconds, and then cancels it."""

        async def begin() -> R:
            return await work()

        future = asyncio.run_coroutine_threadsafe(begin(), self._started())
        async with asyncio.timeout(budget):
            return await asyncio.wrap_future(future)

    async def beats(self) -> bool:
        """Whether the lane's loop still turns. A hook that blocks its thread, or ended it, stops it."""
        try:
            await self.run(lambda: asyncio.sleep(0), _GRACE)
        except TimeoutError:
            return False
        return True

    async def enter(
        self,
        make: Callable[[], AbstractAsyncContextManager[None]],
        budget: float,
        ended: Callable[[BaseException], None],
    ) -> None:
        """Enter `make()` on the lane and hold it there until `leave`, in one task, as task groups ask.

        Raises what entering raises, or `TimeoutError` after `budget` seconds. `ended` is told, on the caller's loop,
        when it ends before it was left.
        """
        loop, over, entered = asyncio.get_running_loop(), asyncio.Event(), Future[None]()

        async def hold() -> None:
            async with make():
                entered.set_result(None)
                await over.wait()
            if not over.is_set():
                raise RuntimeError("it left by itself")

        def tell(held: Future[None]) -> None:
            failure = None if held.cancelled() else held.exception()
            if failure and not loop.is_closed():
                loop.call_soon_threadsafe(ended, failure)

        held = asyncio.run_coroutine_threadsafe(hold(), self._started())
        ending = asyncio.wrap_future(held)
        # Else asyncio complains of an exception that nobody took; `tell` takes it from the other end.
        ending.add_done_callback(lambda done: done.cancelled() or done.exception())
        either = {asyncio.wrap_future(entered), ending}
        await asyncio.wait(either, timeout=budget, return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            await ending
        if not entered.done():
            held.cancel()
            raise TimeoutError
        self._held, self._over = held, over
        held.add_done_callback(tell)

    async def leave(self, budget: float) -> None:
        """Leave what was entered; after `budget` seconds it is cancelled, and who does not heed that is left."""
        held, over, self._held = self._held, self._over, None
        if held is None or over is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(over.set)
        ending = asyncio.wrap_future(held)
        await asyncio.wait([ending], timeout=budget)
        if not held.done():
            held.cancel()
            await asyncio.wait([ending], timeout=_GRACE)

    @asynccontextmanager
    async def session(self, viewer: Viewer) -> AsyncIterator[AsyncSession]:
        """A read-only view with the eyes of `viewer`; only on the lane itself."""
        async with self._own().snapshot(viewer.partner) as session:
            yield session

    @asynccontextmanager
    async def store(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction with nobody's eyes; only on the lane itself."""
        async with self._own().edge(partner=0) as session:
            yield session

    async def viewer(self, partner: int) -> Viewer | None:
        """The partner as it may see now; only on the lane itself."""
        async with self._own().snapshot(partner) as session:
            return await self._look(session, partner)

    async def news(self, partners: Collection[int]) -> News:
        """Where the log is, and the newest event of each partner; only on the lane itself."""
        # By partner, one step down an index each: in order of position the whole table would have to be read.
        newest = select(func.max(_addressee.c.position)).where(_addressee.c.partner == _partner.c.id).scalar_subquery()
        wanted = select(_partner.c.id, newest).where(_partner.c.id.in_(sorted(set(partners))))
        async with self._own().survey() as session:
            position = (await session.execute(select(_head.c.position))).scalar_one()
            found = (await session.execute(wanted)).all()
        return News(position, {partner: at for partner, at in found if at is not None})

    async def stop(self) -> None:
        """Close the lane. One that no longer beats is left behind: a thread cannot be ended from outside."""
        if self._loop is None or not await self.beats():
            return
        if self._database:
            await self.run(self._database.close, _GRACE)
            self._database = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop = None

    def _own(self) -> Database:
        """An engine belongs to one loop, so each lane that reads has its own."""
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "only for hooks that run on the lane; a route names the dependency `snapshot` or `session`"
            )
        self._database = self._database or Database(self._database_url)
        return self._database

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_turn, args=(self._loop,), name=f"plugin-{self._name}", daemon=True).start()
        return self._loop


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
