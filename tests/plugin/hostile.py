"""Plugins that do harm: each way to fail, in each hook."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from litestar import get

from core.sdk import (
    Channel,
    Connector,
    Format,
    Notice,
    PartnerKind,
    SignalKind,
    public,
)
from tests.plugin.fakes import plugin

released = threading.Event()
"""Set at the end of a test, so that no thread of it stays."""


def raises() -> Any:
    raise ZeroDivisionError("a bug")


def exits() -> Any:
    sys.exit("gone")


def blocks() -> Any:
    released.wait(20)


def is_odd() -> Any:
    return object()


def is_huge() -> Any:
    return "x" * 10_000_000


async def hangs() -> Any:
    await asyncio.sleep(20)


BEHAVIOURS: dict[str, Callable[[], Any]] = {
    "raises": raises,
    "exits": exits,
    "blocks": blocks,
    "is_odd": is_odd,
    "is_huge": is_huge,
    "hangs": hangs,
}
"""What it does when it is called. `hangs` is for hooks that are awaited, and an odd answer for the others."""


kept = 0
"""Bytes that hostile plugins hold."""


def hostile(do: Callable[[], Any]) -> ModuleType:
    """A plugin that starts well and behaves so wherever it is called then; its names begin with `bad`.

    Whatever it does, it keeps 100 kB each time, in a place of its own for each hook.
    """

    def hook() -> Callable[[], Any]:
        keeping = _keeping(do)

        async def hooked() -> Any:
            given = keeping()
            return await given if asyncio.iscoroutine(given) else given

        return hooked

    def at_once() -> Callable[..., Any]:
        keeping = _keeping(do)

        def called(*_: Any) -> Any:
            given = keeping()
            if asyncio.iscoroutine(given):
                given.close()
            return given

        return called

    asked = hook()

    @get("/route", operation_id="BadRoute", **public())
    async def route() -> str:
        return str(await asked())

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        yield
        await asked()

    return plugin(
        "bad",
        route_handlers=lambda: [route],
        connectors=lambda: [_Bad(at_once())],
        signal_kinds=lambda: [SignalKind("bad", "Bad", at_once(), facts=at_once())],
        feed_formats=lambda: [Format("bad", "text/x-bad", "bad", at_once(), read=at_once())],
        channels=lambda: [_Smoke(hook())],
        report_sections=hook(),
        scan_asset=hook(),
        screen_signal=hook(),
        on_event=hook(),
        health=hook(),
        lifespan=lifespan,
    )


def _keeping(do: Callable[[], Any]) -> Callable[[], Any]:
    own: list[bytes] = []

    def keeping() -> Any:
        global kept  # noqa: PLW0603  (of all plugins of a test)
        own.append(bytes(100_000))
        kept += 100_000
        return do()

    return keeping


class _Bad(Connector):
    kind = PartnerKind.PLATFORM
    partner = "meta"

    def __init__(self, do: Callable[[], Any]) -> None:
        self._do = do

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        if body == b'{"verify":1}':
            self._do()

    def translate(self, body: bytes) -> Any:
        return self._do()


class _Smoke(Channel):
    name = "bad"

    def __init__(self, do: Callable[[], Awaitable[Any]]) -> None:
        self._do = do

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        await self._do()
