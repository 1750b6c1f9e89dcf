"""Routes of plugins: checked before they are mounted, shut when their plugin is."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from core import openapi
from core.errors import Unavailable

GRANTED = frozenset({"keys", "kinds", "principal", "session", "snapshot", "writer"})
"""The application's dependencies that a plugin's handler may name."""
WITHHELD = frozenset({"blobs", "db", "plugins", "registry", "settings", "tokens"})
"""Those that it may not: with them it could go round what its caller may see."""


def check(handlers: Sequence[HTTPRouteHandler]) -> None:
    """Raises what is wrong with a plugin's handlers, as the server would at start-up, or later."""
    for handler in handlers:
        where = f"{handler.handler_name} at {sorted(handler.paths)}"
        if not handler.opt.get("scopes") and not handler.opt.get("public"):
            raise ValueError(f"{where} has no scope and is not public")
        if not handler.operation_id:
            raise ValueError(f"{where} has no operation_id")
        withheld = WITHHELD & inspect.signature(handler.fn).parameters.keys()
        if withheld:
            raise ValueError(f"{where} names dependencies that plugins do not get: {', '.join(sorted(withheld))}")
    # Signatures are read when a handler is mounted and described; here a wrong one costs its plugin only.
    granted = {name: Provide(lambda: None, sync_to_thread=False) for name in GRANTED}
    trial = Router("/trial", route_handlers=handlers, dependencies=granted)
    openapi.render(Litestar([trial], openapi_config=None, logging_config=None))


def mounted(name: str, handlers: Sequence[HTTPRouteHandler], why_shut: Callable[[], str | None]) -> Router:
    """The handlers below `/<name>`, each behind a door that shuts when `why_shut` gives a reason."""

    async def door(_: ASGIConnection[Any, Any, Any, Any], __: BaseRouteHandler) -> None:
        reason = why_shut()
        if reason:
            raise Unavailable(reason)

    return Router(f"/{name}", route_handlers=handlers, guards=[door])


def shut(name: str, reason: str) -> HTTPRouteHandler:
    """One handler for every path below `/<name>`: 503. Public, because there is nothing behind it."""

    def answer() -> None:
        raise Unavailable(reason)

    return HTTPRouteHandler(
        [f"/{name}", f"/{name}/{{rest:path}}"],
        http_method=["GET", "POST", "PUT", "PATCH", "DELETE"],
        name=f"shut-{name}",
        opt={"public": True},
        include_in_schema=False,
        sync_to_thread=False,
    )(answer)
