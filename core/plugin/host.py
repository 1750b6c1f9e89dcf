"""The plugin host: finds plugins, shuts away those that fail, and hands the rest to the application."""

import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar, get_type_hints

import click
import msgspec
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Unavailable
from core.plugin import discovery, hooks, mounting, shared
from core.plugin.admission import Admission
from core.plugin.connector import Connector
from core.plugin.ground import NOBODY, Look
from core.plugin.hooks import Context, Format, ReportFormat, Viewer
from core.plugin.keeper import Keeper
from core.plugin.models import PluginState
from core.plugin.plugin import Plugin
from core.plugin.ward import Quarantine
from core.settings import Settings
from core.wire.delivery import EventOut
from core.wire.health import Reading
from core.wire.kinds import SignalKind
from core.wire.notices import Notice
from core.wire.scopes import PartnerKind
from core.wire.screening import Candidate

log = logging.getLogger("kmm.plugins")

P = ParamSpec("P")
R = TypeVar("R")

_SEND = 15.0
"""Seconds that a channel has for one notice: mail servers take their time."""
_BUDGETS = {hooks.scan_asset.__name__: 12, hooks.screen_signal.__name__: 0.2}
"""How often the usual budget a hook may have: one looks through a gigabyte, one keeps every submission waiting."""


class PluginStatus(msgspec.Struct, frozen=True):
    """A line of `kmm plugins`."""

    name: str
    title: str
    origin: str
    state: Literal["running", "disabled", "quarantined"]
    since: int | None = None
    """Of the quarantine, µs."""
    why: str = ""
    readings: tuple[Reading, ...] = ()


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
        self._budget = budget
        self.keeper = Keeper(strict=strict, budget=budget, memory=settings.plugin_memory)
        self._admission = Admission(settings, look or _nobody, kinds, start, self.keeper.shut, self.keeper.fail)
        self.keeper.plugins = self._plugins = self._admission.plugins
        found = discovery.installed() if plugins is None else discovery.given(plugins)
        for one in found:
            self._admission.admit(one)
        names = {one.name for one in found}
        if unknown := settings.plugins.keys() - names:
            log.warning("settings for plugins that are not installed: %s", ", ".join(sorted(unknown)))
        if unknown := set(settings.disabled_plugins) - names:
            told = ", ".join(sorted(unknown)), ", ".join(sorted(names))
            log.warning("disabled plugins that are not installed: %s; there are: %s", *told)

    def move(self, database_url: str) -> None:
        """Have the lanes, which are not running, stand on this database."""
        for plugin in self._plugins:
            plugin.ground.move(database_url)

    @property
    def quarantined(self) -> dict[str, Quarantine]:
        """By name, those that were shut away."""
        return {one.name: one.ward.quarantine for one in self._plugins if one.ward.quarantine}

    def quarantined_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.quarantined))

    def unwell_names(self) -> tuple[str, ...]:
        """Those that run and say that something is not right."""
        return tuple(sorted(one.name for one in self._plugins if not all(reading.ok for reading in one.readings)))

    def statuses(self, states: Mapping[str, PluginState] | None = None) -> list[PluginStatus]:
        """Every plugin that was found, in order of names; with what running hubs told, if that is given."""
        lines = [PluginStatus(found.name, found.name, found.origin, "disabled") for found in self._admission.disabled]
        for plugin in self._plugins:
            told = (states or {}).get(plugin.name)
            found = plugin.ward.quarantine or shared.standing(told, plugin.origin)
            line = PluginStatus(plugin.name, plugin.title, plugin.origin, "quarantined" if found else "running")
            if found:
                line = msgspec.structs.replace(line, since=found.since, why=f"{found.phase}: {found.error}")
            elif told:
                line = msgspec.structs.replace(line, readings=shared.readings(told))
            lines.append(line)
        return sorted(lines, key=lambda line: line.name)

    def route_handlers(self) -> list[ControllerRouterHandler]:
        """The routes of each plugin below its prefix; 503 to everything there while it is quarantined."""
        handlers: list[ControllerRouterHandler] = []
        for plugin in self._plugins:
            found, below = plugin.ward.quarantine, (plugin.prefix, plugin.routes, plugin.context, plugin.ward)
            if not found:
                handlers.append(
                    mounting.mounted(*below) if plugin.built_in else mounting.carried(*below, plugin.ground)
                )
            elif found.phase != "name" and self._admission.owns_path(plugin):
                handlers.append(mounting.shut(plugin.prefix, plugin.ward.closed()))
        return handlers

    def signal_kinds(self) -> list[SignalKind]:
        return [kind for plugin in self.keeper.sound() for kind in plugin.kinds]

    def feed_formats(self) -> dict[str, Format]:
        """By media type. What may not be re-exported is gone before a format sees it."""
        return {form.media_type: form for plugin in self.keeper.sound() for form in plugin.feed_formats}

    def report_formats(self) -> list[ReportFormat]:
        """In the order of extensions."""
        found = [form for plugin in self.keeper.sound() for form in plugin.report_formats]
        return sorted(found, key=lambda form: form.extension)

    def connectors(self, kind: PartnerKind, slug: str) -> dict[str, Connector]:
        """By media type: those that speak for this partner, and those for its kind where none of its own does."""
        of_kind = [
            connector for plugin in self.keeper.sound() for connector in plugin.connectors if connector.kind is kind
        ]
        return {
            media_type: connector
            for wanted in (None, slug)
            for connector in of_kind
            if connector.partner == wanted
            for media_type in connector.media_types
        }

    def is_silenced(self, kind: PartnerKind, slug: str, media_type: str) -> bool:
        """Whether this partner's own connector for the media type is shut away, so that nothing else may read it.

        A plugin in quarantine is known by the connectors that it told before. One that failed earlier, or is disabled,
        has told none: if its name is the partner's slug it is taken for its connector, of every media type, unless
        another plugin told one of the partner's own.
        """
        own = [
            (media_type in connector.media_types, plugin.ward.quarantine is None)
            for plugin in self._plugins
            for connector in plugin.connectors
            if connector.kind is kind and connector.partner == slug
        ]
        if own:
            return (True, False) in own and (True, True) not in own
        failed = {plugin.name for plugin in self._plugins if plugin.ward.quarantine and not plugin.is_started}
        return slug in failed | {found.name for found in self._admission.disabled}

    def speaking(self, name: str) -> Sequence[Connector]:
        """The connectors of the plugin of this name as it wrote them, for those who try them on purpose."""
        return [connector for plugin in self._named(name) for connector in plugin.speaking]

    def of_partner(self, slug: str) -> list[tuple[Connector, Sequence[Format]]]:
        """The partner's own connectors as the hub uses them, each with the forms of the feed of its plugin; those of
        plugins that are shut away as well, which then say so."""
        told = [(connector, plugin.feed_formats) for plugin in self._plugins for connector in plugin.connectors]
        return [(connector, forms) for connector, forms in told if connector.partner == slug]

    def forms(self, name: str) -> Sequence[Format]:
        """The forms of the feed of the plugin of this name."""
        return [form for plugin in self._named(name) for form in plugin.feed_formats]

    def commands(self, name: str) -> Sequence[click.Command]:
        """Those of the plugin of this name."""
        return [command for plugin in self._named(name) for command in plugin.commands]

    def _named(self, name: str) -> Sequence[Plugin]:
        return [plugin for plugin in self.keeper.sound() if plugin.name == name]

    async def perform(self, name: str, work: Awaitable[R]) -> R:
        """Await what a command of the plugin of this name has begun, on the lane, which ends with it."""

        async def begin() -> R:
            return await work

        (plugin,) = (one for one in self._plugins if one.name == name)
        try:
            return await plugin.lane.begin(begin)
        finally:
            await plugin.lane.stop(plugin.ground.close)

    def migrations(self) -> dict[str, Path]:
        """Folders of revisions, by plugin."""
        return {plugin.name: plugin.migrations for plugin in self.keeper.sound() if plugin.migrations}

    def channel_names(self) -> list[str]:
        """The channels that are there at the moment, in the order of plugins."""
        return [channel.name for plugin in self.keeper.sound() for channel in plugin.channels]

    async def send(self, channel: str, partner: int, address: str, notice: Notice) -> None:
        """Push `notice` to a contact of `partner` through the channel of this name, within a budget; returning means
        that it was taken.

        Raises whatever went wrong there, `TimeoutError`, or `Unavailable` when there is no such channel.
        """
        for plugin in self.keeper.sound():
            for one in plugin.channels:
                if one.name == channel:
                    # Who cannot be reached is no fault of the plugin, who keeps us waiting is.
                    push = partial(one.send, partner, address, notice)
                    await plugin.ward.run(push, _SEND, partner, answers=(Exception,))
                    return
        raise Unavailable(f"There is no channel {channel} at the moment.")

    async def tell(self, plugin: Plugin, principal: Viewer, event: EventOut) -> None:
        """Tell one plugin what happened, for `principal`. Raises what it raises, `TimeoutError` or `Unavailable`."""
        try:
            await plugin.wait(hooks.on_event, None, self._budget, principal.partner, principal=principal, event=event)
        except Unavailable:
            raise
        except Exception:
            log.exception("plugin %s failed in on_event at position %d", plugin.name, event.position)
            raise

    @property
    def screens(self) -> bool:
        """Whether any plugin looks at what is submitted."""
        return any(plugin.implements(hooks.screen_signal) for plugin in self._plugins)

    async def screen(self, principal: Viewer, signals: Sequence[Candidate]) -> list[str | None]:
        """By signal, why plugins hold it, or None. Who does not answer for each of them holds nothing."""
        held: list[str | None] = [None] * len(signals)
        async for name, answer in self.ask(hooks.screen_signal, principal=principal, signals=signals):
            if isinstance(answer, Exception):
                continue
            if len(answer) != len(signals):
                log.error("plugin %s screened %d of %d signals", name, len(answer), len(signals))
                continue
            held = [one.note if one.hold and was is None else was for was, one in zip(held, answer, strict=True)]
        return held

    async def ask(
        self, hook: Callable[Concatenate[Context, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[tuple[str, R | Exception]]:
        """Ask every plugin that implements `hook`, one after the other. The host adds the context.

        Yields its name and its answer, or what went wrong, so that the caller can write down who is missing.
        """
        arguments = inspect.signature(hook).bind_partial(None, *args, **kwargs).arguments
        del arguments["ctx"]
        answer = get_type_hints(hook)["return"]
        budget = self._budget * _BUDGETS.get(hook.__name__, 1)
        partner = arguments["principal"].partner if "principal" in arguments else NOBODY
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


async def _nobody(_: AsyncSession, __: int) -> None:
    """Where no room has told who partners are."""
