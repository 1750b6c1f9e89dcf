"""A lane: the thread and event loop on which the hub waits for one plugin."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.plugin.hooks import Viewer

R = TypeVar("R")

_GRACE = 1.0


class Lane:
    """Whatever a plugin does here, the server's own loop goes on. Starts when first used."""

    def __init__(self, name: str, database_url: str) -> None:
        self._name = name
        self._database_url = database_url
        self._database: Database | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

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

    @asynccontextmanager
    async def session(self, viewer: Viewer) -> AsyncIterator[AsyncSession]:
        """A read-only view with the eyes of `viewer`; only on the lane itself."""
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("ctx.session is for hooks that core waits for; a route names the dependency `snapshot`")
        # An engine belongs to one loop, so each lane that reads has its own.
        self._database = self._database or Database(self._database_url)
        async with self._database.snapshot(viewer.partner) as session:
            yield session

    async def stop(self) -> None:
        """Close the lane. One that no longer beats is left behind: a thread cannot be ended from outside."""
        if self._loop is None or not await self.beats():
            return
        if self._database:
            await self.run(self._database.close, _GRACE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop = None

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
