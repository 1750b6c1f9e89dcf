"""Where the parts meet."""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache, partial
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
from core.db import Database
from core.edge import JSON, TypedRequest
from core.errors import HANDLERS
from core.hub import Hub
from core.log import head
from core.options import OptionsMiddleware
from core.plugin.host import PluginHost
from core.plugin.mounting import Once
from core.settings import Settings
from core.signals.pages import Pages
from core.signals.readers import Readers
from core.signals.wake import Wake
from core.wire.feed_keys import Addressed, Selection
from core.wire.health import Health


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
        dependencies=_dependencies(hub),
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


def _dependencies(hub: Hub) -> dict[str, Provide]:
    """What handlers may name: the hub's parts, and what is made for each request."""
    return {name: Provide(_part(hub, name), sync_to_thread=False) for name in vars(hub)} | {
        "principal": Provide(_principal, sync_to_thread=False),
        "snapshot": Provide(_snapshot),
        "session": Provide(_session),
        "registry": Provide(_registry),
        "pages": Provide(_pages, sync_to_thread=False),
        "selection": Provide(_selection, sync_to_thread=False),
        "addressed": Provide(_addressed, sync_to_thread=False),
    }


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


def _pages(request: Request[Any, Any, Any], readers: Readers, principal: Principal) -> Pages:
    handler = request.route_handler
    form = handler.opt.get("feed_format") or str(handler.operation_id)
    return Pages(readers, principal, form)


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
