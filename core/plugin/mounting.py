"""Routes of plugins: checked before they are mounted, shut when their plugin is."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Self

from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

from core import openapi
from core.errors import Unavailable
from core.plugin import crossing
from core.plugin.crossing import Crossing
from core.plugin.ground import Ground
from core.plugin.hooks import Context
from core.plugin.ward import Ward

_PREFIX = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_CORE_PATHS = frozenset({"health", "oauth", "v1"})
GRANTED = frozenset(
    {
        *("addressed", "guard", "keys", "kinds", "pages", "principal", "selection"),
        *("session", "snapshot", "writer"),
    }
)
"""The application's dependencies that a plugin's handler may name."""
WITHHELD = frozenset(
    {
        *("blobs", "db", "desk", "growing", "plugins", "pusher", "readers", "registry", "reporter", "settings"),
        *("teller", "tokens", "trying", "wake"),
    }
)
"""Those that it may not: with them it could go round what its caller may see, or speak for readers of the feed."""
_OWN = "ctx"
"""What its handlers may name besides: its own context."""


def check_prefix(prefix: str) -> None:
    """Raises `ValueError` for what cannot be the first part of a plugin's paths, or is the first part of core's."""
    if not _PREFIX.fullmatch(prefix) or prefix in _CORE_PATHS:
        raise ValueError(f"{prefix!r} cannot be the first part of a path")


@cache
def check(handlers: tuple[HTTPRouteHandler, ...]) -> None:
    """Raises what is wrong with a plugin's handlers, as the server would at start-up, or later.

    Those of a module are the same in every hub of a process: found sound once, they are not tried again.
    """
    for handler in handlers:
        if not handler.opt.get("scopes") and not handler.opt.get("public"):
            raise ValueError(f"{_where(handler)} has no scope and is not public")
        if not handler.operation_id:
            raise ValueError(f"{_where(handler)} has no operation_id")
        # Else a principal of its own would open a snapshot with another's eyes.
        replaced = (GRANTED | WITHHELD | {_OWN}) & (handler.dependencies or {}).keys()
        if replaced:
            raise ValueError(f"{_where(handler)} replaces dependencies of ours: {', '.join(sorted(replaced))}")
    if not handlers:
        return
    # Signatures are read when a handler is mounted and described; here a wrong one costs its plugin only.
    ours = {name: Provide(lambda: None, sync_to_thread=False) for name in GRANTED | WITHHELD | {_OWN}}
    trial = Litestar(
        [Router("/trial", route_handlers=handlers, dependencies=ours)], openapi_config=None, logging_config=None
    )
    for route in trial.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                _check_names(handler)
    openapi.render(trial)


def _check_names(handler: HTTPRouteHandler) -> None:
    """What the handler is given, and what the dependencies that it brings along are given in turn."""
    signatures = [handler.parsed_fn_signature]
    signatures += [provider.parsed_fn_signature for provider in handler.resolve_dependencies().values()]
    withheld = WITHHELD & {name for signature in signatures for name in signature.parameters}
    if withheld:
        named = ", ".join(sorted(withheld))
        raise ValueError(f"{_where(handler)} names dependencies that plugins do not get: {named}")


def _where(handler: HTTPRouteHandler) -> str:
    return f"{handler.handler_name} at {sorted(handler.paths)}"


class Once(Router):
    """Litestar registers a deep copy of a router, so that it may be registered again; this one is registered once."""

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self


def mounted(prefix: str, handlers: Sequence[HTTPRouteHandler], ctx: Context, ward: Ward) -> Once:
    """The handlers below `/<prefix>`, given `ctx`, each behind a door that is shut in quarantine."""

    async def door(_: ASGIConnection[Any, Any, Any, Any], __: BaseRouteHandler) -> None:
        if ward.quarantine:
            raise Unavailable(ward.closed())

    return Once(f"/{prefix}", route_handlers=handlers, guards=[door], dependencies={_OWN: _part(ctx)})


def carried(prefix: str, handlers: Sequence[HTTPRouteHandler], ctx: Context, ward: Ward, ground: Ground) -> Once:
    """The same for a stranger's: on its lane, with sessions of the engine there."""
    dependencies = {
        _OWN: _part(ctx),
        "db": Provide(ground.database, sync_to_thread=False),
        "principal": Provide(crossing.caller, sync_to_thread=False),
    }
    return Once(f"/{prefix}", route_handlers=handlers, middleware=[Crossing(ward)], dependencies=dependencies)


def _part(given: object) -> Provide:
    return Provide(lambda: given, sync_to_thread=False)


def shut(prefix: str, reason: str) -> HTTPRouteHandler:
    """One handler for every path below `/<prefix>`: 503. Public, because there is nothing behind it."""

    def answer() -> None:
        raise Unavailable(reason)

    return HTTPRouteHandler(
        [f"/{prefix}", f"/{prefix}/{{rest:path}}"],
        http_method=["GET", "POST", "PUT", "PATCH", "DELETE"],
        name=f"shut-{prefix}",
        opt={"public": True},
        include_in_schema=False,
        sync_to_thread=False,
    )(answer)
