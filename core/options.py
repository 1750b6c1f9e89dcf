"""OPTIONS, answered alike for every path."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send


class OptionsMiddleware(ASGIMiddleware):
    """Names the methods that a path has (RFC 9110 §9.3.7), to anyone: the contract is public.

    Litestar's own answer names those of the first handler alone, and is held up by the guards.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await next_app(scope, receive, send)
            return
        routes = [route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute)]
        methods = {
            method for route in routes if route.path_format == scope["path_template"] for method in route.methods
        }
        answer = ASGIResponse(status_code=204, headers={"Allow": ", ".join(sorted(methods))})
        await answer(scope, receive, send)
