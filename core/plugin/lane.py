"""A lane: the thread and event loop on which the hub waits for one plugin."""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar

R = TypeVar("R")

_GRACE = 1.0
_EXITS = (SystemExit, KeyboardInterrupt)
_CLOSED = "its lane was closed"
_EXITED = "it wanted to end the process"


async def on(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[R]]) -> R:
    """Await `work()` on another thread's loop. Whoever stops waiting cancels it there."""

    async def begin() -> R:
        try:
            return await work()
        except _EXITS as exc:
            raise RuntimeError(_EXITED) from exc

    if loop.is_closed():
        raise RuntimeError(_CLOSED)
    done = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(begin(), loop))
    try:
        return await done
    except asyncio.CancelledError:
        me = asyncio.current_task()
        if me and me.cancelling():
            raise
        raise RuntimeError(_CLOSED) from None


class Lane:
    """Whatever a plugin does here, the server's own loop goes on. Starts when first used, and again after `stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._overdue: Future[Any] | None = None
        self._held: Future[None] | None = None
        self._over: asyncio.Event | None = None

    @property
    def is_here(self) -> bool:
        """Whether the caller is on the lane."""
        return threading.current_thread() is self._thread

    @property
    def is_overdue(self) -> bool:
        """Whether a call that was late goes on still."""
        return self._overdue is not None and not self._overdue.done()

    def waiting(self) -> list[object]:
        """Its loop and the tasks there."""
        return [] if self._loop is None else [self._loop, *asyncio.all_tasks(self._loop)]

    async def begin(self, work: Callable[[], Awaitable[R]]) -> R:
        """Await `work()` on the lane, for as long as the caller cares to wait."""
        return await on(self._started(), work)

    async def run(self, work: Callable[[], Awaitable[R]], budget: float) -> R:
        """Await `work()` on the lane. Raises `TimeoutError` after `budget` seconds, and then cancels it."""
        async with asyncio.timeout(budget):
            return await self.begin(work)

    def call(self, work: Callable[[], R], budget: float) -> R:
        """What `work()` gives on the lane, to a caller that cannot await.

        Raises `TimeoutError` after `budget` seconds, and at once while an earlier work that was late goes on: nobody
        waits twice for the same. Context variables of the caller are there as well.
        """
        if self.is_here:
            return work()
        if self.is_overdue:
            raise TimeoutError("an earlier call goes on still")
        done = Future[R]()

        def begin() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(work())
            except _EXITS:
                done.set_exception(RuntimeError(_EXITED))
            except BaseException as exc:
                done.set_exception(exc)

        self._started().call_soon_threadsafe(begin)
        try:
            return done.result(budget)
        except TimeoutError:
            if done.done():
                raise
            if not done.cancel():
                self._overdue = done
            raise TimeoutError(f"took longer than {budget:g} s") from None

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

    async def stop(self, last: Callable[[], Awaitable[None]]) -> None:
        """Cancel what goes on, await `last()` on the lane and close it. One that no longer beats is left behind, to end
        when it comes to: a thread cannot be ended from outside."""
        loop, self._loop, self._thread, self._overdue = self._loop, None, None, None
        if loop is None:
            return

        async def finish() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            try:
                if tasks:
                    await asyncio.wait(tasks, timeout=_GRACE / 2)
                await last()
            finally:
                loop.call_soon(loop.stop)

        ended = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(finish(), loop))
        await asyncio.wait([ended], timeout=_GRACE)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_turn, args=(self._loop,), name=f"plugin-{self._name}", daemon=True)
            self._thread.start()
            # A host that is only looked at is never told to stop.
            weakref.finalize(self, _end, self._loop).atexit = False
        return self._loop


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    going = True
    while going:
        # A task that exits would take the lane along.
        with suppress(*_EXITS):
            loop.run_forever()
            going = False
    loop.close()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
