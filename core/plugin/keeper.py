"""The keeper of the plugins while the application serves: enters them, looks after them, shuts them away, lets them
out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from core import times
from core.db import Database
from core.plugin import hooks, shared
from core.plugin.breaker import Breaker
from core.plugin.ground import NOBODY
from core.plugin.memory import MemoryWatch
from core.plugin.plugin import Plugin
from core.plugin.ward import Quarantine
from core.wire.health import Reading

log = logging.getLogger("kmm.plugins")

_LEAVE = 5.0
"""Seconds that a plugin has to wind up when the application ends, or when it is shut away."""


class PluginError(Exception):
    """What a strict host raises where others quarantine a plugin."""


class Keeper:
    """Of `plugins`. `budget`: seconds that a plugin has to be entered; `memory`: MB that a stranger's may hold."""

    def __init__(self, *, strict: bool, budget: float, memory: int) -> None:
        self.plugins: Sequence[Plugin] = ()
        self._strict = strict
        self._budget = budget
        self._memory = MemoryWatch(memory)
        self._loop: asyncio.AbstractEventLoop | None = None

    def sound(self) -> list[Plugin]:
        """Those that are not shut away."""
        return [plugin for plugin in self.plugins if not plugin.ward.quarantine]

    def fail(self, plugin: Plugin, phase: str, exc: BaseException) -> None:
        """A phase of its start failed."""
        if self._strict:
            raise PluginError(f"{plugin.name} failed in phase {phase}: {exc!r}") from exc
        self.shut(plugin, phase, exc)

    def shut(self, plugin: Plugin, phase: str, exc: BaseException) -> None:
        """Put it into quarantine, from whatever thread that is noticed. What it does is ended."""
        if not plugin.ward.quarantine:
            log.error("plugin %s is quarantined, phase %s", plugin.name, phase, exc_info=exc)
            self._shut(plugin, Quarantine(phase, f"{type(exc).__name__}: {exc}", times.now()))

    def _shut(self, plugin: Plugin, quarantine: Quarantine) -> None:
        plugin.ward.quarantine = quarantine
        if self._loop:
            plugin.ending = asyncio.run_coroutine_threadsafe(_wind_up(plugin), self._loop)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the application serves: holds the plugins' lifespans, then ends their lanes."""
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.gather(*(self._enter(plugin) for plugin in self.sound()))
            yield
        finally:
            self._loop = None
            await asyncio.gather(*(_wind_up(plugin) for plugin in self.plugins))

    async def _enter(self, plugin: Plugin) -> None:
        def ended(exc: BaseException) -> None:
            self.shut(plugin, "lifespan", exc)

        if not plugin.implements(hooks.lifespan):
            return
        try:
            await plugin.lane.enter(plugin.lifespan, self._budget, ended)
        except Exception as exc:
            self.fail(plugin, "lifespan", exc)

    async def begin(self, db: Database) -> None:
        """Before the plugins are entered: those that another process shut away, or an earlier run, stay so."""
        async with db.edge(NOBODY) as session:
            states = await shared.read(session)
            for plugin in self.plugins:
                state = states.get(plugin.name)
                standing = shared.standing(state, plugin.origin)
                # What it said last, perhaps to an earlier run: the first look is held against it.
                plugin.readings = shared.readings(state) if state else ()
                if plugin.ward.quarantine:
                    await shared.shut(session, plugin.name, plugin.origin, plugin.ward.quarantine)
                elif standing and standing.phase in shared.LASTING:
                    plugin.ward.quarantine = standing
                elif state and state.phase:
                    await shared.clear(session, plugin.name, plugin.origin)

    async def attend(self, db: Database) -> None:
        """Tell other processes whom this one shut away, and do as they and the operator did."""
        async with db.snapshot(NOBODY) as session:
            states = await shared.read(session)
        for plugin in self.plugins:
            mine, state = plugin.ward.quarantine, states.get(plugin.name)
            standing = shared.standing(state, plugin.origin)
            if mine and state and (state.released or 0) >= mine.since:
                await self._let_out(plugin)
            elif mine and (standing is None or standing.since < mine.since):
                async with db.edge(NOBODY) as session:
                    await shared.shut(session, plugin.name, plugin.origin, mine)
            elif not mine and standing and standing.phase in shared.LASTING:
                log.error("plugin %s was quarantined by another process, phase %s", plugin.name, standing.phase)
                self._shut(plugin, standing)

    async def _let_out(self, plugin: Plugin) -> None:
        """As if it had been started anew; one that could not be started stays shut until the hub is."""
        if not plugin.is_started:
            return
        if plugin.ending:
            await asyncio.wrap_future(plugin.ending)
        plugin.ward.breaker, plugin.ward.quarantine = Breaker(), None
        await self._enter(plugin)

    async def weigh(self) -> None:
        """Shut away the strangers' that hold more memory than they may. Takes its time, so that nobody else waits."""
        async for plugin, said in self._memory.look([one for one in self.sound() if not one.built_in]):
            self.shut(plugin, "memory", MemoryError(said))

    async def examine(self, db: Database) -> None:
        """Look how the plugins are: what they say themselves, and their breakers."""
        for plugin in self.plugins:
            found = await _readings(plugin, self._budget)
            if found != plugin.readings:
                plugin.readings = found
                async with db.edge(NOBODY) as session:
                    await shared.note(session, plugin.name, plugin.origin, found)


async def _wind_up(plugin: Plugin) -> None:
    await plugin.lane.leave(_LEAVE)
    await plugin.lane.stop(plugin.ground.close)


async def _readings(plugin: Plugin, budget: float) -> tuple[Reading, ...]:
    if plugin.ward.quarantine:
        return ()
    if plugin.ward.breaker.is_open:
        return (Reading("breaker", "It failed several times and is asked nothing for a while.", ok=False),)
    if not plugin.implements(hooks.health):
        return ()
    try:
        given: tuple[Reading, ...] = await plugin.wait(hooks.health, tuple[Reading, ...], budget, NOBODY)
    except Exception as exc:
        log.exception("plugin %s failed in health", plugin.name)
        return (Reading("health", f"{type(exc).__name__} instead of an answer", ok=False),)
    return given
