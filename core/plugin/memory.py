"""Memory that grows: noticed for the process as a whole, then traced to the plugin that holds it.

2026-11-22: CPython keeps no account of memory by thread. Looking at what the process holds costs nothing; only when
that has grown by more than a plugin may, allocations are traced for two seconds. That is dear: a submission of 10,000
took 5 s instead of 0.3 meanwhile, with ten frames for each allocation and five seconds 18. So a hub that has no plugins
but ours, which are reviewed, never traces. What a library in C allocates by itself, what is further than three frames
from a plugin's code, and what core holds on behalf of a plugin, is put down to nobody.
"""

import asyncio
import logging
import os
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from core.plugin.plugin import Plugin

log = logging.getLogger("kmm.plugins")

_MB = 1024 * 1024
_FRAMES = 3
_TRACED = 2.0
"""Seconds."""


class Culprit(msgspec.Struct, frozen=True):
    """Who holds more than half of what was allocated while the watch traced."""

    plugin: Plugin
    said: str


def resident() -> int:
    """Bytes that this process holds in memory; 0 where that cannot be known."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class MemoryWatch:
    """Looks now and then. `limit`: MB by which the process may grow unnoticed."""

    def __init__(self, limit: int, *, traced: float = _TRACED, held: Callable[[], int] = resident) -> None:
        self._limit = limit * _MB
        self._traced = traced
        self._held = held
        self._quiet: int | None = None

    async def look(self, plugins: Sequence[Plugin]) -> Culprit | None:
        """The one of these plugins to which the growth is due, if there is one beyond the limit."""
        held = self._held()
        if self._quiet is None or held < self._quiet:
            self._quiet = held
        if held - self._quiet <= self._limit:
            return None
        grown, self._quiet = held - self._quiet, held
        said = f"the hub has grown by {grown // _MB} MB, limit {self._limit // _MB} MB"
        culprit = await self._trace(plugins, said) if plugins else None
        if culprit is None:
            log.warning("the hub has grown by %d MB, by no plugin in particular", grown // _MB)
        return culprit

    async def _trace(self, plugins: Sequence[Plugin], grown: str) -> Culprit | None:
        if tracemalloc.is_tracing():
            return None
        tracemalloc.start(_FRAMES)
        try:
            await asyncio.sleep(self._traced)
            # On a thread of its own: there may be a million of them.
            by_plugin, total = await asyncio.to_thread(_sums, plugins)
        finally:
            tracemalloc.stop()
        most = max(by_plugin, key=lambda one: by_plugin[one], default=None)
        if most is None or by_plugin[most] * 2 <= total:
            return None
        share = by_plugin[most] // 1024
        return Culprit(most, f"{grown}; of {total // 1024} kB in {self._traced:g} s it held {share} kB")


def _sums(plugins: Sequence[Plugin]) -> tuple[dict[Plugin, int], int]:
    """Bytes by the plugin through whose code they were allocated, and all bytes."""
    by_plugin, total = dict.fromkeys(plugins, 0), 0
    for trace in tracemalloc.take_snapshot().traces:
        total += trace.size
        files = {frame.filename for frame in trace.traceback}
        for plugin in plugins:
            if any(file.startswith(plugin.code) for file in files):
                by_plugin[plugin] += trace.size
    return by_plugin, total
