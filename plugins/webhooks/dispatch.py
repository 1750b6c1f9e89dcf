"""The dispatcher: one process of a hub delivers, looks for news ten times a second, and runs a task for each endpoint.

2026-11-22: two statements a look, however many endpoints there are; who has no news reads nothing. One process, by a
lease in the database, because order per endpoint needs one sender; the lease is short, so that another takes over
within seconds, and two senders for a moment cost repetitions and no losses. A hub without endpoints looks once a second
and writes nothing. Held by tests/plugins/webhooks and tests/drills/test_webhooks.py.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import SECOND, Context, new_id, now
from plugins.webhooks import deliveries
from plugins.webhooks.courier import Courier
from plugins.webhooks.endpoints import NOBODY
from plugins.webhooks.ledger import Ledger
from plugins.webhooks.live import READERS, Live
from plugins.webhooks.models import Desk, Endpoint, Replay
from plugins.webhooks.replaying import Replaying
from plugins.webhooks.transport import Transport
from plugins.webhooks.wire import EndpointState

log = logging.getLogger("kmm.webhooks")

_LOOK = 0.1
_IDLE = 1.0
_LEASE = 4 * SECOND
_RENEW = 1.0
_PURGE = 3600.0
_SET_BY_PARTNER = ("url", "types", "secret", "old_secret", "old_until", "version")


class _Track(msgspec.Struct, eq=False):
    """An endpoint with its two tasks."""

    live: Live
    replaying: Replaying
    tasks: list["asyncio.Task[None]"]


class Dispatcher:
    """Runs on the plugin's lane while the application serves."""

    def __init__(self, ctx: Context, transport: Transport) -> None:
        self._ctx = ctx
        self._name = new_id("desk")
        self._ledger = Ledger(ctx)
        self._courier = Courier(ctx, transport, self._ledger)
        self._turns = asyncio.Semaphore(READERS)
        self._tracks: dict[str, _Track] = {}
        self._changes = -1
        self._held_until = 0
        self._purged = time.monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Raises when the plugin's tables are not there."""
        async with self._ctx.session(NOBODY) as session:
            await _desk(session)
        jobs = [asyncio.create_task(job()) for job in (self._ledger.run, self._renew, self._work)]
        try:
            yield
        finally:
            await _stop(jobs)
            await self._leave()

    async def _work(self) -> None:
        while True:
            busy = False
            try:
                busy = await self._turn()
            except Exception:
                log.exception("cannot look for news; trying again")
            await asyncio.sleep(_LOOK if busy else _IDLE)

    async def _turn(self) -> bool:
        """Look once; True when there is anything to look for."""
        async with self._ctx.session(NOBODY) as session:
            desk = await _desk(session)
            rows, replays = ([], []) if desk.changes == self._changes else await _wanted(session)
        changed = desk.changes != self._changes
        await self._purge()
        if not (rows or replays or (self._tracks and not changed)):
            # Nothing is left to deliver.
            await self._drop(list(self._tracks))
            self._changes = desk.changes
            return False
        if not await self._hold(desk):
            await self._drop(list(self._tracks))
            self._changes = -1
            return False
        if changed:
            await self._settle(rows, replays)
            self._changes = desk.changes
        await self._hear()
        return True

    async def _hold(self, desk: Desk) -> bool:
        """Have the lease, or take it. False when another process has it."""
        at = now()
        if desk.holder != self._name and desk.until >= at:
            self._held_until = 0
        elif self._held_until <= at:
            await self._take()
        return self._held_until > at

    async def _take(self) -> None:
        """Take the lease, or renew it."""
        at = now()
        free = or_(Desk.holder == self._name, Desk.until < at)
        async with self._ctx.store() as session:
            taken: Any = await session.execute(
                update(Desk).where(Desk.id == 1, free).values(holder=self._name, until=at + _LEASE)
            )
        self._held_until = at + _LEASE if taken.rowcount else 0

    async def _renew(self) -> None:
        """Beside the looks for news: who writes may have to wait for others who do, and news may not."""
        while True:
            await asyncio.sleep(_RENEW)
            try:
                if self._held_until:
                    await self._take()
            except Exception:
                log.exception("cannot renew the lease; trying again")

    async def _settle(self, rows: Sequence[Endpoint], replays: Sequence[Replay]) -> None:
        """Have a track for each row, and none else. Of one that runs, the place stands unless its epoch moved."""
        wanted = {row.id: row for row in rows}
        moved = [name for name, track in self._tracks.items() if _elsewhere(track.live.row, wanted.get(name))]
        await self._drop(moved)
        for name, row in wanted.items():
            track = self._tracks.get(name)
            if track is None:
                self._tracks[name] = self._track(row)
            else:
                for attribute in _SET_BY_PARTNER:
                    setattr(track.live.row, attribute, getattr(row, attribute))
        for replay in replays:
            if replay.endpoint in self._tracks:
                self._tracks[replay.endpoint].replaying.add(replay)

    def _track(self, row: Endpoint) -> _Track:
        live, replaying = Live(row, self._courier, self._turns), Replaying(row, self._courier)
        # What it stands at may be due already, and the look for news comes only now.
        live.news.set()
        return _Track(live, replaying, [_guarded(live.run), _guarded(replaying.run)])

    async def _hear(self) -> None:
        tracks = [track for track in self._tracks.values() if track.live.enabled]
        if tracks:
            news = await self._ctx.news({track.live.row.partner for track in tracks})
            for track in tracks:
                track.live.hear(news.position, news.addressed.get(track.live.row.partner, 0))

    async def _purge(self) -> None:
        if time.monotonic() - self._purged < _PURGE:
            return
        self._purged = time.monotonic()
        gone = 1
        while gone:
            async with self._ctx.store() as session:
                gone = await deliveries.purge(session)

    async def _drop(self, names: Sequence[str]) -> None:
        await _stop([task for name in names for task in self._tracks.pop(name).tasks])

    async def _leave(self) -> None:
        """Write down what was delivered, and let another process begin at once."""
        await self._drop(list(self._tracks))
        await self._ledger.flush()
        if self._held_until:
            async with self._ctx.store() as session:
                await session.execute(update(Desk).where(Desk.holder == self._name).values(until=0))


async def _desk(session: AsyncSession) -> Desk:
    return (await session.execute(select(Desk))).scalar_one()


async def _wanted(session: AsyncSession) -> tuple[Sequence[Endpoint], Sequence[Replay]]:
    """Endpoints with anything to do, and replays that wait."""
    replays = list(await session.scalars(select(Replay).where(Replay.state == "waiting")))
    some = or_(Endpoint.state == EndpointState.ENABLED.value, Endpoint.id.in_({one.endpoint for one in replays}))
    return list(await session.scalars(select(Endpoint).where(some))), replays


def _elsewhere(mine: Endpoint, row: Endpoint | None) -> bool:
    return row is None or row.epoch != mine.epoch


def _guarded(run: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
    """A task that begins again after a fault of ours or of the database."""

    async def again() -> None:
        while True:
            try:
                await run()
            except Exception:
                log.exception("a delivery failed on our side; trying again")
                await asyncio.sleep(_IDLE)
            else:
                return

    return asyncio.create_task(again())


async def _stop(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
