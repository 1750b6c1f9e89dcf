"""The plugin host: finds plugins, shuts away those that fail, and hands the rest to the application."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar, get_type_hints

import msgspec
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.edge import JSON, NDJSON
from core.errors import Unavailable
from core.plugin import discovery, hooks, mounting
from core.plugin.connector import Connector
from core.plugin.discovery import Found
from core.plugin.ground import Look
from core.plugin.hooks import Context, Format, ReportFormat
from core.plugin.plugin import Plugin
from core.plugin.ward import Quarantine
from core.settings import Settings
from core.wire.kinds import SignalKind
from core.wire.notices import Notice
from core.wire.scopes import PartnerKind

log = logging.getLogger("kmm.plugins")

P = ParamSpec("P")
R = TypeVar("R")

_CORE = "core"
_SEND = 15.0
"""Seconds that a channel has for one notice: mail servers take their time."""
_LONGER = {hooks.scan_asset.__name__: 12}
"""Budgets that a hook may have, for those that look through a gigabyte."""
_OURS = frozenset({"name", "claims"})
"""Phases of a start that ask the plugin nothing."""
_NOBODY = 0
_LEAVE = 5.0
"""Seconds that a plugin has to wind up when the application ends."""
_CORE_FORMS = (f"the feed as {JSON}", f"the feed as {NDJSON}", "reports as .json")


class PluginStatus(msgspec.Struct, frozen=True):
    """A line of `kmm plugins`."""

    name: str
    title: str
    origin: str
    state: Literal["running", "disabled", "quarantined"]
    why: str = ""


class PluginError(Exception):
    """What a strict host raises where others quarantine a plugin."""


class PluginHost:
    """Every plugin, and what the good ones add.

    `plugins` (modules or objects) replaces discovery by entry point. `kinds` are the names that core has taken.
    `look` finds the partner that a plugin asks to see for. `budget` is how many seconds a plugin has for what core
    waits for, `start` how many a stranger's has for each phase of its start. With `strict`, the first failure raises
    `PluginError` instead of putting the plugin in quarantine.
    """

    def __init__(
        self,
        settings: Settings,
        plugins: Sequence[object] | None = None,
        *,
        kinds: Collection[str] = (),
        look: Look | None = None,
        strict: bool = False,
        budget: float = 5.0,
        start: float = 10.0,
    ) -> None:
        self._settings = settings
        self._look = look or _nobody
        self._strict = strict
        self._budget = budget
        self._start = start
        self._disabled: list[Found] = []
        self._plugins: list[Plugin] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owners = dict.fromkeys([*_CORE_FORMS, *(f"the kind {name}" for name in kinds)], _CORE)
        found = discovery.installed() if plugins is None else discovery.given(plugins)
        for one in found:
            self._admit(one)
        unknown = settings.plugins.keys() - {one.name for one in found}
        if unknown:
            log.warning("settings for plugins that are not installed: %s", ", ".join(sorted(unknown)))

    def move(self, database_url: str) -> None:
        """Have the lanes, which are not running, stand on this database."""
        for plugin in self._plugins:
            plugin.ground.move(database_url)

    def _admit(self, found: Found) -> None:
        if found.name in self._settings.disabled_plugins:
            self._disabled.append(found)
            return
        plugin = Plugin(found, self._settings, self._look, self._shut_away)
        phases: Mapping[str, Callable[[], None]] = {
            "name": lambda: self._check_name(plugin),
            "load": plugin.load,
            "info": plugin.introduce,
            "settings": lambda: plugin.configure(self._settings.plugins.get(plugin.name, {})),
            "hooks": plugin.collect,
            "claims": lambda: self._settle_claims(plugin),
        }
        self._plugins.append(plugin)
        for phase, step in phases.items():
            try:
                if plugin.built_in or phase in _OURS:
                    step()
                else:
                    plugin.lane.call(step, self._start)
            # A module that exits while it is imported must not take the hub along.
            except (Exception, SystemExit) as exc:
                self._quarantine(plugin, phase, exc)
                return

    def _check_name(self, plugin: Plugin) -> None:
        wanted = plugin.name
        if any(other.name == wanted for other in self._plugins if other is not plugin):
            plugin.name = f"{wanted} of {plugin.origin}"
            raise ValueError(f"another plugin is called {wanted!r}")
        mounting.check_prefix(wanted)

    def _settle_claims(self, plugin: Plugin) -> None:
        claims = [_path(plugin.prefix), *plugin.claims()]
        for claim in claims:
            if claim in self._owners or claims.count(claim) > 1:
                raise ValueError(f"{claim} is added twice: by {self._owners.get(claim, plugin.name)} before")
        self._owners |= dict.fromkeys(claims, plugin.name)

    def _quarantine(self, plugin: Plugin, phase: str, exc: BaseException) -> None:
        if self._strict:
            raise PluginError(f"{plugin.name} failed in phase {phase}: {exc!r}") from exc
        self._shut_away(plugin, phase, exc)

    def _shut_away(self, plugin: Plugin, phase: str, exc: BaseException) -> None:
        """From whatever thread it is noticed."""
        if plugin.ward.quarantine:
            return
        plugin.ward.quarantine = Quarantine(phase, f"{type(exc).__name__}: {exc}", times.now())
        log.error("plugin %s is quarantined, phase %s", plugin.name, phase, exc_info=exc)
        if self._loop:
            asyncio.run_coroutine_threadsafe(self._wind_up(plugin), self._loop)

    @property
    def quarantined(self) -> dict[str, Quarantine]:
        """By name, those that were shut away."""
        return {one.name: one.ward.quarantine for one in self._plugins if one.ward.quarantine}

    def _sound(self) -> list[Plugin]:
        return [plugin for plugin in self._plugins if not plugin.ward.quarantine]

    def quarantined_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.quarantined))

    def statuses(self) -> list[PluginStatus]:
        """Every plugin that was found, in order of names."""
        lines = [PluginStatus(found.name, found.name, found.origin, "disabled") for found in self._disabled]
        for plugin in self._plugins:
            found = plugin.ward.quarantine
            why = f"{found.phase}: {found.error}" if found else ""
            state: Literal["running", "quarantined"] = "quarantined" if found else "running"
            lines.append(PluginStatus(plugin.name, plugin.title, plugin.origin, state, why))
        return sorted(lines, key=lambda line: line.name)

    def route_handlers(self) -> list[ControllerRouterHandler]:
        """The routes of each plugin below its prefix; 503 to everything there while it is quarantined."""
        handlers: list[ControllerRouterHandler] = []
        for plugin in self._plugins:
            found = plugin.ward.quarantine
            if not found:
                over = mounting.mounted if plugin.built_in else mounting.carried
                handlers.append(over(plugin.prefix, plugin.routes, plugin.context, plugin.ward, plugin.ground))
            elif found.phase != "name" and self._owners.get(_path(plugin.prefix), plugin.name) == plugin.name:
                handlers.append(mounting.shut(plugin.prefix, plugin.ward.closed()))
        return handlers

    def signal_kinds(self) -> list[SignalKind]:
        return [kind for plugin in self._sound() for kind in plugin.kinds]

    def feed_formats(self) -> dict[str, Format]:
        """By media type. What may not be re-exported is gone before a format sees it."""
        return {form.media_type: form for plugin in self._sound() for form in plugin.feed_formats}

    def report_formats(self) -> list[ReportFormat]:
        """In the order of extensions."""
        found = [form for plugin in self._sound() for form in plugin.report_formats]
        return sorted(found, key=lambda form: form.extension)

    def connectors(self, kind: PartnerKind, slug: str) -> dict[str, Connector]:
        """By media type: those that speak for this partner, and those for its kind where none of its own does."""
        of_kind = [connector for plugin in self._sound() for connector in plugin.connectors if connector.kind is kind]
        return {
            media_type: connector
            for wanted in (None, slug)
            for connector in of_kind
            if connector.partner == wanted
            for media_type in connector.media_types
        }

    def speaking(self, name: str) -> Sequence[Connector]:
        """The connectors of the plugin of this name as it wrote them, for those who try them on purpose."""
        return [connector for plugin in self._sound() if plugin.name == name for connector in plugin.speaking()]

    def migrations(self) -> dict[str, Path]:
        """Folders of revisions, by plugin."""
        return {plugin.name: plugin.migrations for plugin in self._sound() if plugin.migrations}

    def channel_names(self) -> list[str]:
        """The channels that are there at the moment, in the order of plugins."""
        return [channel.name for plugin in self._sound() for channel in plugin.channels]

    async def send(self, channel: str, partner: int, address: str, notice: Notice) -> None:
        """Push `notice` to a contact of `partner` through the channel of this name, within a budget; returning means
        that it was taken.

        Raises whatever went wrong there, `TimeoutError`, or `Unavailable` when there is no such channel.
        """
        for plugin in self._sound():
            for one in plugin.channels:
                if one.name == channel:
                    # Who cannot be reached is no fault of the plugin, who keeps us waiting is.
                    push = partial(one.send, partner, address, notice)
                    await plugin.ward.run(push, _SEND, partner, answers=(Exception,))
                    return
        raise Unavailable(f"There is no channel {channel} at the moment.")

    async def ask(
        self, hook: Callable[Concatenate[Context, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[tuple[str, R | Exception]]:
        """Ask every plugin that implements `hook`, one after the other. The host adds the context.

        Yields its name and its answer, or what went wrong, so that the caller can write down who is missing.
        """
        arguments = inspect.signature(hook).bind_partial(None, *args, **kwargs).arguments
        del arguments["ctx"]
        answer = get_type_hints(hook)["return"]
        budget = self._budget * _LONGER.get(hook.__name__, 1)
        partner = arguments["principal"].partner if "principal" in arguments else _NOBODY
        for plugin in self._plugins:
            if not plugin.implements(hook):
                continue
            try:
                given: R = await plugin.wait(hook, answer, budget, partner, **arguments)
            except Unavailable as exc:
                yield plugin.name, exc
            except Exception as exc:
                log.exception("plugin %s failed in %s", plugin.name, hook.__name__)
                yield plugin.name, exc
            else:
                yield plugin.name, given

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the application serves: holds the plugins' lifespans, then ends their lanes."""
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.gather(*(self._enter(plugin) for plugin in self._sound()))
            yield
        finally:
            self._loop = None
            await asyncio.gather(*(self._wind_up(plugin) for plugin in self._plugins))

    async def _wind_up(self, plugin: Plugin) -> None:
        await plugin.lane.leave(_LEAVE)
        await plugin.lane.stop(plugin.ground.close)

    async def _enter(self, plugin: Plugin) -> None:
        def ended(exc: BaseException) -> None:
            self._shut_away(plugin, "lifespan", exc)

        if not plugin.implements(hooks.lifespan):
            return
        try:
            await plugin.lane.enter(plugin.lifespan, self._budget, ended)
        except Exception as exc:
            self._quarantine(plugin, "lifespan", exc)


async def _nobody(_: AsyncSession, __: int) -> None:
    """Where no room has told who partners are."""


def _path(prefix: str) -> str:
    return f"the path /{prefix}"
