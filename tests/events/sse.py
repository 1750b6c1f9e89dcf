"""A reader of server-sent events, called without a socket: what is sent to it comes when it is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from core.testing import TestedHub


class Sent(NamedTuple):
    """An event as the stream says it, or a comment."""

    id: str
    event: dict[str, Any]
    comment: str = ""

    @property
    def type(self) -> str:
        return str(self.event.get("type", ""))


class Reader:
    """One connection."""

    def __init__(self, hub: TestedHub, slug: str, headers: dict[str, str], query: dict[str, Any]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.taking = asyncio.Event()
        """While it is not set, nothing more is taken from the connection."""
        self.taking.set()
        self._hub = hub
        self._slug = slug
        self._asked = headers, urlencode(query, doseq=True)
        self._begun = asyncio.Event()
        self._left = asyncio.Event()
        self._text = ""
        self._sent: asyncio.Queue[Sent | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        me = await self._hub.client_as(self._slug).get("/v1/me")
        headers, query = self._asked
        sent = {"authorization": me.request.headers["authorization"], "accept": "text/event-stream"} | headers
        self.token = sent["authorization"].removeprefix("Bearer ")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/events",
            "raw_path": b"/v1/events",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("192.0.2.1", 1),
            "server": ("hub.test", 80),
        }
        self._task = asyncio.create_task(self._run(scope))
        async with asyncio.timeout(5):
            await self._begun.wait()

    async def _run(self, scope: Any) -> None:
        app: Any = self._hub.app
        try:
            await app(scope, self._receive, self._take)
        finally:
            self._sent.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self._text += message.get("body", b"").decode()
        *whole, self._text = self._text.split("\n")
        self._read(whole)
        self._begun.set()
        if not message.get("more_body"):
            # A server hangs up once it has said everything.
            self._left.set()
        await self.taking.wait()

    def _read(self, lines: list[str]) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                self._sent.put_nowait(Sent("", {}, line.removeprefix(": ")))
            elif name == "data":
                event = msgspec.json.decode(value)
                assert event["type"] == fields["event"]
                self._sent.put_nowait(Sent(fields["id"], event))
            else:
                fields[name] = value

    async def next(self, seconds: float = 3) -> Sent:
        """What comes next. Raises `TimeoutError` when nothing does, `EOFError` at the end of the stream."""
        async with asyncio.timeout(seconds):
            sent = await self._sent.get()
        if sent is None:
            raise EOFError
        return sent

    async def silence(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        """As a server says it: the request is not cancelled, the hub is told that nobody is there."""
        self.taking.set()
        self._left.set()
        if self._task:
            async with asyncio.timeout(5):
                await self._task


@asynccontextmanager
async def reading(hub: TestedHub, slug: str, last: str | None = None, **query: Any) -> AsyncIterator[Reader]:
    """A stream that is open for the length of the block, from the id `last` on."""
    reader = Reader(hub, slug, {"Last-Event-ID": last} if last is not None else {}, query)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()
