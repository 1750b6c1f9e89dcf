"""Routes of strangers: carried over to the plugin's lane, and back.

Whatever comes before a handler in the application (who calls, with which scopes and parameters) stays on the server's
loop. The handler runs on the lane, with what the framework does around it: parsing the body, what it depends on, the
answer and the pieces of a stream.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, TypeVar

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Unavailable
from core.plugin.ground import NOBODY, asked_by
from core.plugin.lane import on
from core.plugin.ward import Ward

T = TypeVar("T")

FIRST = 10.0
"""Seconds that a handler has until its answer begins. Those in which its caller is waited for do not count."""
NEXT = 30.0
"""Seconds that it has for each further piece."""

_caller: ContextVar[Any] = ContextVar("caller")


def caller() -> Any:
    """The principal of the request that is carried over, whatever a handler makes of its scope meanwhile."""
    return _caller.get()


class Crossing(ASGIMiddleware):
    """Answers 503 while the plugin is not asked, and when it is late; an answer that stops half-way is cut off."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, ward: Ward) -> None:
        self._ward = ward

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        self._ward.admit()
        principal = scope.get("user")

        async def go(trip: "_Trip") -> None:
            _caller.set(principal)
            await next_app(scope, trip.receive, trip.send)

        trip = _Trip(receive, send)
        try:
            async with asyncio.timeout(FIRST) as trip.limit:
                work = asked_by(principal.partner if principal else NOBODY, lambda: go(trip))
                await self._ward.lane.begin(work)
        except TimeoutError as exc:
            self._ward.late(exc)
            if trip.status:
                raise
            raise Unavailable(f"The plugin {self._ward.name} took too long. Try again later.") from None
        except Exception as exc:
            self._ward.failed(exc)
            raise
        if trip.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self._ward.failed(RuntimeError("a route answered 500"))
        else:
            self._ward.passed()


class _Trip:
    """One request on its way. `receive` and `send` are for the lane; what they do is done on the server's loop."""

    limit: asyncio.Timeout

    def __init__(self, receive: Receive, send: Send) -> None:
        self.status = 0
        self._here = asyncio.get_running_loop()
        self._receive = receive
        self._send = send
        self._is_read = False

    async def receive(self) -> Any:
        return await on(self._here, self._take)

    async def send(self, message: Message) -> None:
        await on(self._here, lambda: self._give(message))

    async def _take(self) -> Any:
        if self._is_read:
            # To hear of a caller who leaves is no reason to have more time.
            return await self._receive()
        message = await self._waiting(self._receive)
        self._is_read = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def _give(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._waiting(lambda: self._send(message))

    async def _waiting(self, work: Callable[[], Awaitable[T]]) -> T:
        """The plugin's time stands still meanwhile. Raises `RuntimeError` when it is over already."""
        self.limit.reschedule(None)
        try:
            return await work()
        finally:
            self.limit.reschedule(self._here.time() + (NEXT if self.status else FIRST))
