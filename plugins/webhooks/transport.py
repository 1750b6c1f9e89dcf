"""One POST to a receiver whom we do not trust: pinned to a checked address, no redirects, bounded in size and time."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpcore
import msgspec

from plugins.webhooks.address import Refused, Target, is_public

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_BODY = 64 * 1024
"""Bytes of an answer that are read; more makes it a failure."""
_KEPT = 2_000
"""Bytes of it that the delivery log keeps."""
_HEADERS = 40
_IDLE = 30.0


class Limits(msgspec.Struct, frozen=True):
    """Seconds."""

    connect: float = 5.0
    """Until a connection stands, resolution included."""
    total: float = 15.0
    """Until the answer is read to its end: what Standard Webhooks asks receivers to keep to."""


class Answer(msgspec.Struct, frozen=True):
    """What became of an attempt. Without a status the request may have arrived all the same."""

    status: int | None
    error: str | None
    """Why it failed though there is a status, or without one."""
    seconds: float
    headers: Mapping[str, str] = {}
    body: str = ""

    @property
    def accepted(self) -> bool:
        return self.error is None


# Of our own: names whose servers do not answer hold a thread each, and the loop's few are everyone's.
_RESOLVING = ThreadPoolExecutor(64, thread_name_prefix="webhooks-resolve")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises `OSError`."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVING, ask)
    return [str(address[4][0]) for address in found]


class _Pinned(httpcore.AsyncNetworkBackend):
    """Resolves by itself and connects to the very address that it has checked; TLS still asks for the name."""

    def __init__(self, resolver: Resolver, allow: Collection[str]) -> None:
        self._resolve = resolver
        self._allow = allow
        self._beneath = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore calls it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no answer for the name {host}") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"the name {host} does not resolve") from None
        # One private address among public ones is no accident of a name that means well.
        if f"{host}:{port}" not in self._allow and not all(map(is_public, addresses)):
            raise Refused(f"{host} resolves to an address that is not public")
        failure: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            try:
                return await self._beneath.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise Refused("no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Transport:
    """What every connection shares. Environment variables that name proxies mean nothing to it."""

    def __init__(self, allow: Collection[str] = (), limits: Limits | None = None, resolver: Resolver = resolve) -> None:
        self.limits = limits or Limits()
        self._backend = _Pinned(resolver, allow)
        self._trust: ssl.SSLContext | None = None

    @asynccontextmanager
    async def line(self) -> AsyncIterator["Line"]:
        """A connection of one's own, kept open between requests: nobody waits for another's receiver."""
        # Reading the certificates takes some 20 ms, once.
        self._trust = self._trust or httpcore.default_ssl_context()
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._trust,
            max_connections=1,
            keepalive_expiry=_IDLE,
            http2=False,
            network_backend=self._backend,
        )
        async with pool:
            yield Line(pool, self.limits)


class Line:
    """One request at a time."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, limits: Limits) -> None:
        self._pool = pool
        self._limits = limits

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it once. Raises nothing that a receiver could cause."""
        began = time.monotonic()
        status: int | None = None
        head: Mapping[str, str] = {}
        read = b""
        error: str | None = None
        request = self._request(target, headers, body)
        try:
            async with asyncio.timeout(self._limits.total):
                response = await self._pool.handle_async_request(request)
                status, head = response.status, _shown(response.headers)
                try:
                    read = await _read(response)
                finally:
                    await response.aclose()
            error = _objection(status, read)
        except Refused as exc:
            error = f"refused: {exc}"
        except (TimeoutError, httpcore.TimeoutException):
            error = "timeout: no whole answer in time"
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ssl.SSLError) as exc:
            error = f"network: {str(exc) or type(exc).__name__}"[:300]
        return Answer(status, error, time.monotonic() - began, head, _text(read))

    def _request(self, target: Target, headers: Mapping[str, str], body: bytes) -> httpcore.Request:
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        sent = {"Host": target.authority, "Content-Length": str(len(body)), **headers}
        limits = {"connect": self._limits.connect, "read": self._limits.total, "write": self._limits.total}
        extensions = {"timeout": limits | {"pool": self._limits.total}}
        return httpcore.Request("POST", url, headers=list(sent.items()), content=body, extensions=extensions)


async def _read(response: httpcore.Response) -> bytes:
    read = bytearray()
    async for piece in response.aiter_stream():
        read += piece
        if len(read) > _BODY:
            break
    return bytes(read)


def _objection(status: int, read: bytes) -> str | None:
    if not 200 <= status < 300:
        return f"status: {status} is not 2xx" + ("; redirects are not followed" if 300 <= status < 400 else "")
    if len(read) > _BODY:
        return f"too large: the answer has more than {_BODY} bytes"
    return None


def _shown(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The head of the answer, cut to what a log may hold; cookies are nobody's business."""
    named = [(name.decode("latin-1").lower(), _text(value[:300])) for name, value in headers]
    return {name: value for name, value in named[:_HEADERS] if name != "set-cookie"}


def _text(data: bytes) -> str:
    return data[:_KEPT].decode("utf-8", "replace").replace("\0", "\ufffd")
