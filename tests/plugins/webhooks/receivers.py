"""Receivers on loopback: small HTTP servers that keep what they were sent, and answer as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec


class Delivery(msgspec.Struct, frozen=True):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])


Behaviour = Callable[[Delivery, asyncio.StreamWriter], Awaitable[None]]


def answering(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer so, at once."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    answer = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n{named}\r\n".encode() + body

    async def behave(_: Delivery, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return behave


ACCEPT = answering(204)


class Receiver:
    """Listens on a port of its own; `behaviour` may be exchanged while it runs."""

    def __init__(self, behaviour: Behaviour = ACCEPT) -> None:
        self.behaviour = behaviour
        self.got: list[Delivery] = []
        self.more = asyncio.Event()
        self.port = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    async def until(self, enough: Callable[[], object], seconds: float = 10) -> None:
        """Wait until `enough()`, looked at after each delivery."""
        async with asyncio.timeout(seconds):
            while not enough():
                self.more.clear()
                await self.more.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                delivery = Delivery(head[0].split()[1], headers, body, asyncio.get_running_loop().time())
                self.got.append(delivery)
                self.more.set()
                await self.behaviour(delivery, writer)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(*receivers: Receiver, host: str = "127.0.0.1", **how: Any) -> AsyncIterator[None]:
    servers = []
    for receiver in receivers:
        server = await asyncio.start_server(receiver.serve, host, 0, **how)
        receiver.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.close()
