"""Who calls, from the Authorization header or what else a route takes, and whether it may, before it is asked.

2026-11-22: these are no guards of Litestar's, which gives each of them a copy of the handler at every request: a third
of the time of a small GET, and keys that no cache finds again. We gave up nothing: routing has named the handler by
then, and what a route adds of its own still runs. Held by tests/isolation/test_scopes.py and tests/contract/.
"""

from collections.abc import Callable

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from core import accept, parameters
from core.auth import access
from core.auth.access import Principal
from core.auth.logins import challenge
from core.auth.tokens import Tokens, refused
from core.errors import Unauthorized


class BearerMiddleware(ASGIMiddleware):
    """Puts a `Principal` or None into `scope["user"]`; a bad token is refused, except where anyone may call.

    Where static credentials let one in, its `Caller` is in `scope["state"]["caller"]`.

    Lets nobody through to a handler whose scopes its token lacks, or with query parameters that do not fit.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, tokens: Callable[[], Tokens]) -> None:
        self._tokens = tokens

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # For public routes as well: tokens are issued from the snapshot that they are checked against.
        tokens = self._tokens()
        await tokens.catch_up()
        handler = scope["route_handler"]
        token = None if handler.opt.get("public") else _bearer(scope)
        # Who waits for long is asked again.
        scope["auth"] = token
        scope["user"] = principal = _static(scope, tokens) if token is None else _named(scope, tokens, token)
        access.guard(principal, handler)
        if scope["query_string"]:
            parameters.guard(scope, handler)
        accept.guard(scope, handler)
        await next_app(scope, receive, send)


def _bearer(scope: Scope) -> str | None:
    """The token, or None when none is sent (RFC 6750 §2.1). Two of them are refused: which one counts is a guess."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) > 1:
        raise refused()
    scheme, _, token = (found[0] if found else b"").decode("latin-1").partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None


def _named(scope: Scope, tokens: Tokens, token: str) -> Principal:
    """Whom the token stands for. Who is refused learns what else would open this door."""
    try:
        return tokens.principal(token)
    except Unauthorized as refusal:
        refusal.headers |= challenge(scope["route_handler"].opt.get("logins", ()), "invalid_token")
        raise


def _static(scope: Scope, tokens: Tokens) -> Principal | None:
    """Whom static credentials stand for, if the route takes any and some are sent."""
    handler = scope["route_handler"]
    for read in handler.opt.get("logins", ()):
        login = read(scope)
        if login is not None:
            scope["state"]["caller"] = caller = tokens.caller(login, handler)
            return caller.principal
    return None
