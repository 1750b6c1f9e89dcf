"""A plugin that keeps whatever it gets hold of, in each way there is."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from core.sdk import Channel, Notice, PluginInfo, hookimpl
from core.wire.signals import SignalOut, State

MB = 2**20

_kept: list[Any] = []
released = threading.Event()
"""Lets go of what a thread has in hand."""


def small() -> list[Any]:
    """2 MB in 24,000 things."""
    return [{"number": [number]} for number in range(10**6, 10**6 + 8_000)]


def megabytes() -> float:
    """Of what was hoarded."""
    return sum(map(len, _kept)) / MB


async def hoard() -> None:
    """25 MB a second."""
    while True:
        _kept.append(bytes(2**17))
        await asyncio.sleep(0.005)


@lru_cache
def _remembered(_: int) -> list[Any]:
    return small()


class _Sluggish(Channel):
    name = "sluggish"

    def __init__(self) -> None:
        self.unsent: list[Any] = []

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        self.unsent += small()


def _stream() -> Iterator[int]:
    rest = small()
    yield 1
    yield len(rest)


def _in_a_closure() -> Callable[[], int]:
    rest = small()
    return lambda: len(rest)


def _in_a_thread() -> None:
    rest = small()
    released.wait(20)
    rest.clear()


def _started() -> threading.Thread:
    thread = threading.Thread(target=_in_a_thread, daemon=True)
    thread.start()
    return thread


def _queued() -> "queue.Queue[Any]":
    waiting = queue.Queue[Any]()
    for one in small():
        waiting.put(one)
    return waiting


def _opened() -> Iterator[int]:
    stream = _stream()
    next(stream)
    return stream


async def _wait() -> None:
    rest = small()
    await asyncio.to_thread(released.wait, 20)
    rest.clear()


def _hidden() -> object:
    class Modest:
        def __init__(self) -> None:
            self.rest = small()

        def __sizeof__(self) -> int:
            return -(10**12)

    return Modest()


WAYS: dict[str, Callable[[], Any]] = {
    "list": lambda: _kept.extend(small()),
    "bytes": lambda: _kept.append(bytes(2 * MB)),
    "array": lambda: _kept.append(bytearray(2 * MB)),
    "dict": lambda: _kept.append({number: str(number) for number in range(20_000)}),
    "object": lambda: _kept.append(SimpleNamespace(rest=small())),
    "untruthful": lambda: _kept.append(_hidden()),
    "signals": lambda: _kept.append([SignalOut(f"sig_{one}", State.GONE, one) for one in range(10_000)]),
    "closure": lambda: _kept.append(_in_a_closure()),
    "cache": lambda: _remembered(1),
    "queue": lambda: _kept.append(_queued()),
    "generator": lambda: _kept.append(_opened()),
    "task": lambda: asyncio.ensure_future(_wait()),
    "thread": _started,
}
"""Keeping 2 to 4 MB. To be called on the lane."""


def let_go() -> None:
    _kept.clear()
    _remembered.cache_clear()
    released.set()


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="hoarding", title="Hoarding")


@hookimpl
def channels() -> list[Channel]:
    # Nobody but the hub has it.
    return [_Sluggish()]


@hookimpl
@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    yield
    let_go()
