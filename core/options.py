"""OPTIONS, answered alike for every path."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send


class OptionsMiddleware(ASGIMiddleware):
    """Names the methods that a path has (RFC 9110 §9.3.7), to anyone: the contract is public.

    A handler's `opt` adds headers of its protocol under `options`.

    Litestar's own answer names those of the first handler alone, and is held up by the guards.
    """

    @staticmethod
    def should_bypass_for_scope(scope: Scope) -> bool:
        return scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        every = (route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute))
        here = [route for route in every if route.path_format == scope["path_template"]]
        methods = {method for route in here for method in route.methods}
        headers = {"Allow": ", ".join(sorted(methods))}
        for handler in (handler for route in here for handler in route.route_handlers):
            headers |= handler.opt.get("options", {})
        answer = ASGIResponse(status_code=204, headers=headers)
        await answer(scope, receive, send)
