"""The one task that writes the claim log: jobs that wait together are committed together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from core.db import Database
from core.errors import Unavailable
from core.log import head
from core.signals import ingest
from core.signals.ingest import Job
from core.signals.keys import Keys

log = logging.getLogger("kmm")

_WAITING = 64
"""Jobs in the queue before a caller waits for its turn."""
_TOGETHER = 16
"""Jobs a transaction at most: at 10,000 items each, what may be in memory at once."""


class _Ticket(msgspec.Struct, eq=False):
    """A job on its way, and who waits for it."""

    job: Job
    actor: str
    request: str
    done: asyncio.Future[int]


class SignalWriter:
    """Queue and task of this process. Jobs are folded in the order in which they came."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys
        self._queue: asyncio.Queue[_Ticket] = asyncio.Queue(_WAITING)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def write(self, job: Job, actor: str, request: str) -> int:
        """Have `job` committed and return the log's position after it; its results are on the job.

        Raises `Unavailable` when the database refuses; nothing of the job is stored then.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Ticket(job, actor, request, done))
        return await done

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _TOGETHER and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)

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
        for ticket in batch:
            # A caller that went away has cancelled its future; its job was done with the others.
            if not ticket.done.done():
                ticket.done.set_result(position)

    async def _transaction(self, batch: Sequence[_Ticket]) -> int:
        actors = " ".join(sorted({ticket.actor for ticket in batch}))
        requests = " ".join(sorted({ticket.request for ticket in batch}))
        async with head.writing(self._db, actors, requests) as session:
            at: head.Head = session.info["head"]
            await ingest.apply(session, at, self._keys, [ticket.job for ticket in batch])
            return at.position


def _fail(ticket: _Ticket, exc: Exception) -> None:
    if ticket.done.done():
        return
    if isinstance(exc, SQLAlchemyError):
        exc = Unavailable("The hub cannot write at the moment; nothing was stored. Send it again.")
    ticket.done.set_exception(exc)
