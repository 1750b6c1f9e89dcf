"""The feed as a long poll: an answer that waits until there is something to say."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Request

from core.auth import access
from core.auth.access import Principal
from core.auth.tokens import Tokens
from core.signals.feed import Page
from core.signals.wake import Wake


async def follow(
    request: Request[Any, Any, Any],
    wake: Wake,
    tokens: Tokens,
    page: Page,
    read: Callable[[str], Awaitable[Page]],
    kinds: Sequence[str],
    seconds: float,
) -> Page:
    """The first page after `page` that is not empty; an empty one when the time is over, the hub goes down, or the
    caller is gone. `read` makes the page after a cursor, from a snapshot of its own.

    Raises `Unauthorized` or `Forbidden` when the token has lost its right in the meantime.
    """
    principal: Principal = request.user
    over = time.monotonic() + seconds
    leaving = asyncio.create_task(_left(request))
    try:
        while page.is_empty and (left := over - time.monotonic()) > 0:
            await wake.wait(principal.partner, kinds, page.reached, left, leaving)
            if wake.closed or leaving.done():
                break
            async with wake.turns:
                await admit(request, tokens)
                page = await read(page.body.next)
    finally:
        leaving.cancel()
    return page


async def admit(request: Request[Any, Any, Any], tokens: Tokens) -> Principal:
    """The caller once more, as the middleware found it when the request came.

    Raises `Unauthorized` or `Forbidden` when its token has lost its right in the meantime.
    """
    await tokens.catch_up()
    request.scope["user"] = principal = tokens.principal(str(request.auth))
    access.guard(principal, request.route_handler)
    return principal


async def _left(request: Request[Any, Any, Any]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
