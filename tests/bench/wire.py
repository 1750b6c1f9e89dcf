"""HTTP over a bare socket: a client that costs a tenth of what it measures, so that it is never the limit."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

import msgspec


class Wire(asyncio.Protocol):
    """One connection, kept open; one request at a time. Answers must have a Content-Length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._end = 0
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # What uvloop hands over is one without being of the class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._end:
            self._end = self._find_end()
        if self._end and len(self._buffer) >= self._end and self._answer:
            whole, self._buffer, self._end = bytes(self._buffer[: self._end]), self._buffer[self._end :], 0
            self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the hub closed the connection"))

    async def ask(self, request: bytes) -> bytes:
        """Send a whole request; returns the body. Raises `RuntimeError` for what is not done."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        head, _, body = (await self._answer).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{head.decode()}\n{body[:500].decode()}")
        return body

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def _find_end(self) -> int:
        """Length of the answer; 0 while its head is not whole."""
        at = self._buffer.find(b"\r\n\r\n")
        if at < 0:
            return 0
        head = bytes(self._buffer[:at]).lower()
        _, found, rest = head.partition(b"content-length:")
        if not found:
            raise RuntimeError(f"no Content-Length: {head.decode()}")
        return at + 4 + int(rest.partition(b"\r\n")[0])


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Wire]:
    _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", port)
    try:
        yield wire
    finally:
        wire.close()


def get(path: str, token: str = "", accept: str = "application/json") -> bytes:
    return _request("GET", path, token, f"Accept: {accept}\r\n").encode()


def post(path: str, token: str, body: bytes, media_type: str = "application/json") -> bytes:
    types = f"Content-Type: {media_type}\r\nAccept: {media_type}\r\n"
    head = f"{types}Prefer: return=minimal\r\nContent-Length: {len(body)}\r\n"
    return _request("POST", path, token, head).encode() + body


def _request(method: str, path: str, token: str, headers: str) -> str:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}{headers}\r\n"


async def flood(port: int, requests: Iterable[bytes], connections: int) -> float:
    """Seconds that all the requests take over so many connections, each sending its next when it has its answer."""
    left = iter(list(requests))

    async def drain(wire: Wire) -> None:
        for request in left:
            await wire.ask(request)

    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(connect(port)) for _ in range(connections)]
        began = time.perf_counter()
        await asyncio.gather(*map(drain, wires))
        return time.perf_counter() - began


_encode = msgspec.json.Encoder().encode


def submission(items: Sequence[dict[str, object]], token: str) -> bytes:
    return post("/v1/signals", token, _encode({"signals": items}))
