"""Memory that a stranger's plugin holds: looked through now and then; one that holds more than the limit is shut away.

2026-11-22: CPython keeps no account of memory by thread or module. What counts here is who holds a thing, not who made
it. We start from what is the plugin's own: its modules, what its hooks gave, the loop and the tasks of its lane, what
its code has in hand on any thread. From there we go to whatever can be reached, and stop at what is others': their
modules and classes, the server's loop and what waits there, parts of the hub. We gave up tracing allocations: that held
everybody up for seconds and could not tell a plugin's growth from the hub's. Looking is done in pieces of about a
millisecond, with four times as long between them, and ends where the limit is passed.

To nobody goes what was put into modules of other libraries, into parts of the hub or into thread-locals, and what
libraries in C keep to themselves; growth of the process is therefore written to the log as well. And before a plugin
has reached the limit, Python's collector may have gone through all that it holds, while nobody else has a turn.
"""

import asyncio
import logging
import os
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from litestar import Litestar

from core.db import Base
from core.plugin import bare
from core.plugin.plugin import Plugin
from core.plugin.reach import Fence, sizes

log = logging.getLogger("kmm.plugins")

_MB = 1024 * 1024
_REST = 4
"""How many times as long as each piece of the work."""
_CORE = __name__.partition(".")[0]
_DATA = (msgspec.Struct, Base, BaseException)
"""Of core's classes those whose objects are whoever's they were given to. Others are parts of the hub."""


def resident() -> int:
    """Bytes that this process holds in memory; 0 where that cannot be known."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


async def held(plugin: Plugin, limit: int) -> int:
    """Bytes that it holds; beyond `limit` no further ones are looked for."""
    size, began = 0, time.perf_counter()
    for size in _sizes(plugin, asyncio.get_running_loop()):
        if size > limit:
            break
        await asyncio.sleep((time.perf_counter() - began) * _REST)
        began = time.perf_counter()
    return size


def _sizes(plugin: Plugin, server: asyncio.AbstractEventLoop) -> Iterator[int]:
    every = _modules()
    own = {name: module for name, module in every.items() if _file(module).startswith(plugin.code)}
    others = every.keys() - own.keys()
    closed = [server, logging.root, logging.root.manager, *(vars(every[name]) for name in others)]

    def fence(kind: type[Any]) -> Fence | None:
        if issubclass(kind, type):
            return lambda some: bare.module(some) in others
        if issubclass(kind, asyncio.Future):
            return lambda one: _loop(one) is server
        is_part = bare.module(kind).partition(".")[0] == _CORE and not issubclass(kind, _DATA)
        return (lambda _: True) if is_part or issubclass(kind, Litestar) else None

    return sizes([*vars(plugin).values(), *own.values(), *plugin.lane.waiting(), *_in_hand(plugin.code)], closed, fence)


def _modules() -> Mapping[str, ModuleType]:
    # Other things may stand there, too, and some load what they are when they are asked.
    return {name: module for name, module in list(sys.modules.items()) if type(module) is ModuleType}


def _file(module: ModuleType) -> str:
    found = vars(module).get("__file__")
    return found if type(found) is str else ""


def _loop(one: asyncio.Future[Any]) -> asyncio.AbstractEventLoop | None:
    try:
        # Not by its own method, which may be a stranger's.
        return asyncio.Future.get_loop(one)
    except RuntimeError:
        return None


def _in_hand(code: str) -> Iterator[object]:
    """What the code of these files, and what that calls, has in hand at the moment, on whatever thread."""
    for innermost in list(sys._current_frames().values()):  # noqa: SLF001  (documented under this name)
        frames = [frame for frame, _ in traceback.walk_stack(innermost)]
        own = [at for at, frame in enumerate(frames) if frame.f_code.co_filename.startswith(code)]
        yield from (frame.f_locals for frame in frames[: own[-1] + 1 if own else 0])


class MemoryWatch:
    """Looks now and then. `limit`: MB that a plugin may hold, and by which the process may grow unnoticed."""

    def __init__(self, limit: int, *, resident: Callable[[], int] = resident) -> None:
        self._limit = limit * _MB
        self._resident = resident
        self._least = sys.maxsize

    async def look(self, plugins: Sequence[Plugin]) -> AsyncIterator[tuple[Plugin, str]]:
        """Those that hold more than they may, and what there is to say of it."""
        found: dict[str, int] = {}
        for plugin in plugins:
            try:
                found[plugin.name] = await held(plugin, self._limit)
            except Exception:
                log.exception("what plugin %s holds cannot be looked through", plugin.name)
                continue
            if found[plugin.name] > self._limit:
                yield plugin, f"it holds more than {self._limit // _MB} MB"
        now = self._resident()
        self._least = min(now, self._least)
        if now - self._least > self._limit:
            told = ", ".join(f"{name} {size // _MB} MB" for name, size in found.items())
            log.warning("the hub has grown by %d MB; plugins hold: %s", (now - self._least) // _MB, told or "none")
            self._least = now
