"""The one task that writes the claim log: jobs that wait together are committed together.

2026-11-22: a transaction is limited by what its jobs touch, not by how many they are, so that single items from many
connections share one. What planning makes of a transaction is then bounded (`_TOGETHER`); what waits is held by its
callers in any case, a queue of any length adds nothing. Jobs are taken in the order in which they came: neither do
big ones starve under a stream of small ones, nor the other way round. Held by tests/signals/test_writer.py.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from core.auth import audiences
from core.db import Database
from core.errors import Unavailable
from core.log import head
from core.plugin.lane import on
from core.signals import ingest
from core.signals.jobs import Job
from core.signals.keys import Keys

log = logging.getLogger("kmm")

_TOGETHER = 10_000
"""Signals and names that the jobs of a transaction touch at most; a single job may touch more."""
_KEPT = 1_000
"""Audiences known by heart."""
_PATIENCE = 10.0
"""Seconds that the transaction under way has to end in when the hub goes down."""


class _Ticket(msgspec.Struct, eq=False):
    """A job on its way, and who waits for it."""

    job: Job
    actor: str
    request: str
    weight: int
    done: asyncio.Future[int]


class SignalWriter:
    """Queue and task of this process. Jobs are folded in the order in which they came."""

    def __init__(
        self, db: Database, keys: Keys, *, coalesce: bool = True, committed: Callable[[], object] = lambda: None
    ) -> None:
        """`coalesce=False` gives every job a transaction of its own, for measuring; `committed` is told after each."""
        self._db = db
        self._keys = keys
        self._together = _TOGETHER if coalesce else 0
        self._committed = committed
        self._waiting: deque[_Ticket] = deque()
        self._under_way: Sequence[_Ticket] = ()
        self._audiences: dict[audiences.Key, int] = {}
        self._called = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end the transaction under way is finished; whoever waits behind it is told that nothing was stored."""
        self._closing = False
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._closing = True
            self._called.set()
            await asyncio.wait([task], timeout=_PATIENCE)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            # Of what was cut short nobody knows whether it is stored; sending it again is harmless.
            for ticket in (*self._under_way, *self._waiting):
                _fail(ticket, Unavailable("The hub is going down. Send it again."))
            self._waiting.clear()

    async def write(self, job: Job, actor: str, request: str) -> int:
        """Have `job` committed and return the log's position after it; its results are on the job. On any loop.

        Raises `Unavailable` when the database refuses or the hub goes down; nothing of the job is stored then.
        """
        if self._closing:
            raise Unavailable("The hub is going down; nothing was stored. Send it again.")
        here = asyncio.get_running_loop()
        if self._loop and here is not self._loop:
            return await on(self._loop, lambda: self.write(job, actor, request))
        weight = sum(1 for _ in job.keys()) + sum(1 for _ in job.names())  # noqa: SIM118  (no mapping)
        done: asyncio.Future[int] = here.create_future()
        self._waiting.append(_Ticket(job, actor, request, weight, done))
        self._called.set()
        return await done

    async def _run(self) -> None:
        while not self._closing:
            await self._called.wait()
            self._called.clear()
            while self._waiting and not self._closing:
                self._under_way = self._take()
                await self._commit(self._under_way)
                self._under_way = ()

    def _take(self) -> Sequence[_Ticket]:
        """The first one that waits, and those behind it that fit in beside it."""
        batch = [self._waiting.popleft()]
        weight = batch[0].weight
        while self._waiting and weight + self._waiting[0].weight <= self._together:
            weight += self._waiting[0].weight
            batch.append(self._waiting.popleft())
        return batch

    async def _commit(self, batch: Sequence[_Ticket]) -> None:
        try:
            position = await self._transaction(batch)
        except Exception as exc:
            if len(batch) > 1:
                # One caller's fault is not the others': each is tried alone.
                for ticket in batch:
                    await self._commit([ticket])
                return
            log.exception("a signal job failed: %s", batch[0].request)
            _fail(batch[0], exc)
            return
        self._committed()
        for ticket in batch:
            # A caller that went away has cancelled its future; its job was done with the others.
            if not ticket.done.done():
                ticket.done.set_result(position)

    async def _transaction(self, batch: Sequence[_Ticket]) -> int:
        actors = " ".join(sorted({ticket.actor for ticket in batch}))
        requests = " ".join(sorted({ticket.request for ticket in batch}))
        # Audiences never change and are never dropped. Those that a transaction makes are nobody's until it is through.
        known = dict(self._audiences) if len(self._audiences) <= _KEPT else {}
        async with head.writing(self._db, actors, requests) as session:
            at: head.Head = session.info["head"]
            session.info["audiences"] = known
            await ingest.apply(session, at, self._keys, [ticket.job for ticket in batch])
        self._audiences = known
        return at.position


def _fail(ticket: _Ticket, exc: Exception) -> None:
    if ticket.done.done():
        return
    if isinstance(exc, SQLAlchemyError | OSError):
        exc = Unavailable("The hub cannot write at the moment; nothing was stored. Send it again.")
    ticket.done.set_exception(exc)
