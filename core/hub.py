"""The running parts, and what they do by themselves while the application serves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from litestar import Litestar

from core.auth.tokens import Tokens
from core.auth.viewers import viewer
from core.blobs import Blobs
from core.content import assets, search, uploads
from core.db import Database
from core.events.telling import Teller
from core.growing import Growing
from core.log import retention
from core.plugin.host import PluginHost
from core.reports import cuts, reports, schedules
from core.reports.jobs import Reporter
from core.safeguards import appeals, preservations, quality
from core.safeguards import retention as safeguard_retention
from core.sandbox import accounts
from core.settings import Settings
from core.signals import blinding, holding, readers
from core.signals import retention as claim_retention
from core.signals.desk import Desk
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import BUILTIN, Kinds
from core.signals.readers import Readers
from core.signals.remap import remap
from core.signals.wake import Wake
from core.signals.writer import SignalWriter
from core.stopping import when_told_to_stop
from core.takedowns import ticking
from core.takedowns.pushing import Pusher

log = logging.getLogger("kmm")

_UPLOAD = timedelta(days=1)
"""How long an upload may take before what is left of it counts as abandoned."""


class Hub:
    """The running parts, for the handlers, the jobs and the tests."""

    def __init__(self, settings: Settings, plugins: Sequence[object] | None, strict: bool) -> None:
        names = [kind.name for kind in BUILTIN]
        self.plugins = PluginHost(settings, plugins, kinds=names, look=viewer, strict=strict)
        self.kinds = Kinds(self.plugins.signal_kinds())
        self.open(settings)

    def open(self, settings: Settings) -> None:
        """Put a fresh part in each place that stands on a database.

        An application that has ended may so be opened on another one, with the same plugins and their settings: to
        make its routes takes a hundred times as long.
        """
        self.settings = settings
        self.db = Database(settings.database_url)
        self.blobs = Blobs(settings.blobs_url)
        self.growing = Growing(Path(settings.uploads_folder))
        self.keys = Keys(settings.secret)
        self.plugins.move(settings.database_url)
        self.pusher = Pusher(self.db, self.plugins, settings)
        self.teller = Teller(self.db, self.plugins)
        self.tokens = Tokens(self.db, settings)
        self.reporter = Reporter(self.db, self.blobs, self.plugins, self.tokens, settings)
        self.guard = Guard(self.db, self.kinds, self.plugins.screen if self.plugins.screens else None)
        self.wake = Wake(self.db)
        self.readers = Readers(self.db)
        self.desk = Desk(self.db, self.kinds, self.keys)
        self.trying = asyncio.Lock()
        """Held while a connector is tried in a sandbox: those of a kind speak as the same partner there."""
        self.writer = SignalWriter(self.db, self.keys, coalesce=settings.coalesce, committed=self.wake.tell)

    async def _hold(self) -> int:
        return await holding.hold_standing(self.db, self.writer, self.guard, self.kinds, self.keys)

    async def _blind(self) -> int:
        return await blinding.follow(self.db, self.keys, self.kinds)

    async def _sweep(self) -> int:
        return await assets.sweep(self.db, self.blobs, _abandoned(), reports.named)

    @asynccontextmanager
    async def running(self, app: Litestar) -> AsyncIterator[None]:
        await self.tokens.refresh()
        await self.guard.refresh()
        # Once before anything is served, so that private lookup and search of a new hub are there from the start.
        await self._blind()
        await search.catch_up(self.db)
        keeper = self.plugins.keeper
        await keeper.begin(self.db)
        async with self._database(), self.wake.running(), self.writer.running(), keeper.running():
            jobs = [
                asyncio.create_task(_once(lambda: remap(self.db, self.writer, self.guard, self.kinds, self.keys))),
                asyncio.create_task(_every(1, self.tokens.refresh)),
                asyncio.create_task(_every(1, self.guard.refresh)),
                asyncio.create_task(_every(1, lambda: keeper.attend(self.db))),
                asyncio.create_task(_every(10, lambda: keeper.examine(self.db))),
                asyncio.create_task(_every(10, keeper.weigh)),
                asyncio.create_task(_every(1, self.teller.work)),
                asyncio.create_task(_every(1, self._hold)),
                asyncio.create_task(_every(1, self._blind)),
                asyncio.create_task(_every(1, self.readers.flush)),
                asyncio.create_task(_every(1, lambda: ticking.tick(self.db))),
                asyncio.create_task(_every(1, self.pusher.work)),
                asyncio.create_task(_every(1, self.reporter.work)),
                asyncio.create_task(_every(1, lambda: schedules.tick(self.db))),
                asyncio.create_task(_every(1, lambda: cuts.work(self.db, self.settings))),
                asyncio.create_task(_every(20, lambda: claim_retention.expire(self.db, self.writer))),
                asyncio.create_task(_every(5, lambda: appeals.watch(self.db, self.writer))),
                asyncio.create_task(_every(60, lambda: preservations.expire(self.db))),
                asyncio.create_task(_every(3600, lambda: quality.refresh(self.db))),
                asyncio.create_task(_every(3600, lambda: retention.purge(self.db))),
                asyncio.create_task(_every(3600, lambda: claim_retention.purge(self.db))),
                asyncio.create_task(_every(3600, lambda: safeguard_retention.purge(self.db))),
                asyncio.create_task(_every(3600, lambda: readers.purge(self.db))),
                asyncio.create_task(_every(3600, lambda: self.blobs.sweep(_abandoned()))),
                asyncio.create_task(_every(3600, lambda: uploads.sweep(self.db, self.growing))),
                asyncio.create_task(_every(3600, self._sweep)),
            ]
            if self.settings.sandbox:
                expiring = partial(accounts.expire, self.db, self.writer, self.settings)
                jobs.append(asyncio.create_task(_every(60, expiring)))
            try:
                # Who waits for news would keep the server waiting.
                with when_told_to_stop(self.wake.close):
                    yield
            finally:
                for job in jobs:
                    job.cancel()
                    with suppress(asyncio.CancelledError):
                        await job
                self.reporter.stop()
                await self.teller.stop()
                await self.pusher.stop()

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[None]:
        """Closed last, when those who write have ended."""
        try:
            yield
        finally:
            try:
                await self.readers.flush()
            finally:
                await self.db.close()


def _abandoned() -> datetime:
    return datetime.now(UTC) - _UPLOAD


async def _once(job: Callable[[], Awaitable[object]]) -> None:
    """What a failing job left is done at the next start."""
    try:
        await job()
    except Exception:
        log.exception("background job failed")


async def _every(seconds: float, job: Callable[[], Awaitable[object]]) -> None:
    """A failing job is logged and tried again at its next turn; it never takes the others with it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await job()
        except Exception:
            log.exception("background job failed")
