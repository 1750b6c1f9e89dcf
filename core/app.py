"""Where the parts meet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

import core.auth.routes
import core.campaigns.routes
import core.connect.routes
import core.content.routes
import core.events.routes
import core.reports.routes
import core.safeguards.routes
import core.sandbox.routes
import core.signals.routes
import core.takedowns.routes
from core import openapi, parameters
from core.auth import access
from core.auth.access import Principal, public
from core.auth.middleware import BearerMiddleware
from core.auth.tokens import Caller, Tokens
from core.auth.viewers import viewer
from core.blobs import Blobs
from core.content import assets, search, uploads
from core.db import Database
from core.edge import JSON, TypedRequest
from core.errors import HANDLERS
from core.events.telling import Teller
from core.growing import Growing
from core.log import head, retention
from core.options import OptionsMiddleware
from core.plugin.host import PluginHost
from core.plugin.mounting import Once
from core.reports import cuts, reports, schedules
from core.reports.jobs import Reporter
from core.safeguards import appeals, preservations, quality
from core.safeguards import retention as safeguard_retention
from core.settings import Settings
from core.signals import blinding, holding, readers
from core.signals import retention as claim_retention
from core.signals.desk import Desk
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import BUILTIN, Kinds
from core.signals.pages import Pages
from core.signals.readers import Readers
from core.signals.remap import remap
from core.signals.wake import Wake
from core.signals.writer import SignalWriter
from core.stopping import when_told_to_stop
from core.takedowns import ticking
from core.takedowns.pushing import Pusher
from core.wire.feed_keys import Addressed, Selection
from core.wire.health import Health

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
        self.writer = SignalWriter(self.db, self.keys, coalesce=settings.coalesce, committed=self.wake.tell)

    def dependencies(self) -> dict[str, Provide]:
        return {name: Provide(_part(self, name), sync_to_thread=False) for name in vars(self)} | {
            "principal": Provide(_principal, sync_to_thread=False),
            "snapshot": Provide(_snapshot),
            "session": Provide(_session),
            "registry": Provide(_registry),
            "pages": Provide(_pages, sync_to_thread=False),
            "selection": Provide(_selection, sync_to_thread=False),
            "addressed": Provide(_addressed, sync_to_thread=False),
        }

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


def create_app(settings: Settings, plugins: Sequence[object] | None = None, *, strict: bool = False) -> Litestar:
    """The whole API over `settings`.

    `plugins` replaces discovery by entry point; `strict` raises where a plugin would be quarantined.
    """
    hub = Hub(settings, plugins, strict)
    v1 = Once(
        "/v1",
        route_handlers=[
            *core.auth.routes.handlers,
            *core.signals.routes.handlers,
            *core.campaigns.routes.handlers,
            *core.content.routes.handlers,
            *core.events.routes.handlers,
            *core.takedowns.routes.handlers,
            *core.safeguards.routes.handlers,
            *core.reports.routes.handlers,
            *core.connect.routes.handlers,
            *(core.sandbox.routes.handlers if settings.sandbox else ()),
        ],
        opt=parameters.STRICT,
    )
    app = Litestar(
        [
            health,
            contract,
            *core.auth.routes.oauth_handlers,
            *core.content.routes.public_handlers,
            v1,
            *hub.plugins.route_handlers(),
        ],
        dependencies=hub.dependencies(),
        middleware=[OptionsMiddleware(), BearerMiddleware(lambda: hub.tokens)],
        request_class=TypedRequest,
        exception_handlers=HANDLERS,
        lifespan=[hub.running],
        openapi_config=None,
        logging_config=None,
    )
    app.state.hub = hub
    access.require_scopes(openapi.own_handlers(app))
    # Rendered for the first who reads it: most processes are never asked.
    app.state.contract = cache(partial(openapi.render, app))
    return app


@get("/health", operation_id="Health", **public())
async def health(plugins: PluginHost, db: Database) -> Health:
    """Answers 200 when the hub can serve; names plugins that it had to shut away."""
    async with db.snapshot(partner=0) as session:
        position = await head.position(session)
    return Health(
        status="ok", position=position, quarantined=plugins.quarantined_names(), unwell=plugins.unwell_names()
    )


@get("/openapi.json", operation_id="OpenAPI", sync_to_thread=False, **public(), **openapi.answers({200: {JSON: dict}}))
def contract(request: Request[Any, Any, Any]) -> Response[bytes]:
    """This API's OpenAPI 3.1 document."""
    return Response(request.app.state.contract(), media_type=JSON)


def _abandoned() -> datetime:
    return datetime.now(UTC) - _UPLOAD


def _part(hub: Hub, name: str) -> Callable[[], Any]:
    return lambda: getattr(hub, name)


def _principal(request: Request[Any, Any, Any]) -> Principal:
    principal: Principal = request.scope["user"]
    return principal


def _caller(request: Request[Any, Any, Any]) -> Caller:
    """As static credentials say, or what holds for whoever sent a token instead."""
    return request.scope["state"].get("caller") or Caller(_principal(request))


def _selection(request: Request[Any, Any, Any]) -> Selection:
    return _caller(request).selection


def _addressed(request: Request[Any, Any, Any]) -> Addressed:
    return _caller(request).addressed


def _pages(
    request: Request[Any, Any, Any], db: Database, readers: Readers, kinds: Kinds, keys: Keys, principal: Principal
) -> Pages:
    handler = request.route_handler
    form = handler.opt.get("feed_format") or str(handler.operation_id)
    return Pages(db, readers, kinds, keys, principal, form)


async def _snapshot(db: Database, principal: Principal) -> AsyncIterator[AsyncSession]:
    async with db.snapshot(principal.partner) as session:
        yield session


async def _session(
    db: Database, wake: Wake, principal: Principal, request: Request[Any, Any, Any]
) -> AsyncIterator[AsyncSession]:
    async with head.edge(db, principal.partner, principal.client, _operation(request)) as session:
        yield session
    wake.tell()


async def _registry(
    db: Database, tokens: Tokens, wake: Wake, principal: Principal, request: Request[Any, Any, Any]
) -> AsyncIterator[AsyncSession]:
    async with head.writing(db, principal.client, _operation(request)) as session:
        yield session
    # What was changed holds for the very next request of this process; others follow within a second.
    await tokens.refresh()
    wake.tell()


def _operation(request: Request[Any, Any, Any]) -> str:
    return str(request.route_handler.operation_id)


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
