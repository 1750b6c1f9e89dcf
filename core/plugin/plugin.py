"""One plugin as the host holds it."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click
import msgspec
import pluggy
from litestar.handlers import HTTPRouteHandler

from core.plugin import formats, hooks, mounting
from core.plugin.channel import Channel
from core.plugin.connector import Connector
from core.plugin.discovery import Found
from core.plugin.ground import Ground, Look
from core.plugin.hooks import PROJECT, Context, Format, NoSettings, PluginInfo, ReportFormat
from core.plugin.lane import Lane
from core.plugin.ward import Ward
from core.sealing import Sealer
from core.settings import Settings
from core.wire.health import Reading
from core.wire.kinds import SignalKind

T = TypeVar("T")

_NOWHERE = "\0"


class Plugin:
    """Filled phase by phase; what a phase raises is the reason for quarantine. `shut` is its ward's."""

    def __init__(
        self, found: Found, settings: Settings, look: Look, shut: Callable[["Plugin", str, Exception], None]
    ) -> None:
        self.name, self.origin, self.title, self.prefix = found.name, found.origin, found.name, found.name
        self.built_in = found.built_in
        self.is_started = False
        self.code = _NOWHERE
        """What the file names of its code begin with."""
        self.ending: Future[None] | None = None
        """Of what it did when it was shut away last."""
        self.readings: tuple[Reading, ...] = ()
        """How it is, as it said last."""
        self.lane = Lane(found.name)
        self.ground = Ground(self.lane, settings.database_url, look)
        self.ward = Ward(found.name, self.lane, partial(shut, self))
        self.routes: Sequence[HTTPRouteHandler] = ()
        self.connectors: Sequence[Connector] = ()
        self.speaking: Sequence[Connector] = ()
        """Its connectors as it wrote them, for those who try them on purpose."""
        self.kinds: Sequence[SignalKind] = ()
        self.feed_formats: Sequence[Format] = ()
        self.report_formats: Sequence[ReportFormat] = ()
        self.channels: Sequence[Channel] = ()
        self.commands: Sequence[click.Command] = ()
        self.migrations: Path | None = None
        self._find = found.load
        self._info = PluginInfo(name=self.name, title=self.name)
        # No name holds a slash, so that no two plugins share a key.
        sealer = Sealer(f"{settings.secret}/{self.name}", b"plugin")
        under, url = self.ground, settings.base_url
        self.context = Context(
            NoSettings(), under.session, under.store, under.viewer, under.news, sealer.seal, sealer.open, url
        )
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hooks)

    def load(self) -> None:
        """Import it, and match its hooks with ours: unknown names and arguments are refused."""
        module = self._find()
        self.code = _code_of(module)
        self._manager.register(module, self.name)
        self._manager.check_pending()

    def introduce(self) -> None:
        self._info = _checked(hooks.plugin_info, self._ask(hooks.plugin_info), PluginInfo)
        self.title = self._info.title
        if self._info.prefix:
            mounting.check_prefix(self._info.prefix)
            self.prefix = self._info.prefix
        if self._info.name != self.name:
            raise ValueError(f"its entry point is {self.name!r}, but it calls itself {self._info.name!r}")

    def configure(self, table: Mapping[str, Any]) -> None:
        settings = msgspec.convert(table, self._info.settings)
        self.context = msgspec.structs.replace(self.context, settings=settings)

    def collect(self) -> None:
        """Ask what it adds. Each thing is wrapped, so that its bugs stay its own."""
        self.routes = self._all(hooks.route_handlers, HTTPRouteHandler)
        mounting.check(tuple(self.routes))
        call = formats.at_once if self.built_in else self.ward.call
        self.speaking = self._all(hooks.connectors, Connector)
        self.connectors = self.speaking if self.built_in else [formats.of_connector(one, call) for one in self.speaking]
        self.kinds = [formats.of_kind(self.name, kind, call) for kind in self._all(hooks.signal_kinds, SignalKind)]
        self.feed_formats = [formats.of_feed(self.name, form, call) for form in self._all(hooks.feed_formats, Format)]
        self.report_formats = self._all(hooks.report_formats, ReportFormat)
        self.channels = self._all(hooks.channels, Channel)
        self.commands = self._all(hooks.commands, click.Command)
        if self.implements(hooks.migrations):
            self.migrations = _checked(hooks.migrations, self._ask(hooks.migrations), Path)
            if not self.migrations.is_dir():
                raise NotADirectoryError(f"there are no revisions in {self.migrations}")

    def claims(self) -> Sequence[str]:
        """What only one plugin may add."""
        return [
            *(
                f"the connector of {connector.partner or connector.kind} for {media_type}"
                for connector in self.connectors
                for media_type in connector.media_types
            ),
            *(f"the kind {kind.name}" for kind in self.kinds),
            *(f"the feed as {form.media_type}" for form in self.feed_formats),
            *(f"reports as .{form.extension}" for form in self.report_formats),
            *(f"the channel {channel.name}" for channel in self.channels),
        ]

    def implements(self, hook: Callable[..., Any]) -> bool:
        return bool(getattr(self._manager.hook, hook.__name__).get_hookimpls())

    async def wait(self, hook: Callable[..., Any], answer: Any, budget: float, partner: int, **arguments: Any) -> Any:
        """Ask, for `partner`, for an answer of the type `answer`, read as if it came over the wire.

        Raises as `Ward.run` does, or `msgspec.ValidationError` for another answer.
        """

        async def ask() -> Any:
            given = await self._ask(hook, ctx=self.context, **arguments)
            return msgspec.convert(msgspec.to_builtins(given), answer)

        return await self.ward.run(ask, budget, partner)

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        # mypy wants a concrete class where a type is handed over.
        manager: Any = AbstractAsyncContextManager
        entered: AbstractAsyncContextManager[None] = _checked(
            hooks.lifespan, self._ask(hooks.lifespan, ctx=self.context), manager
        )
        return entered

    def _all(self, hook: Callable[[Context], Sequence[T]], kind: Any) -> Sequence[T]:
        if not self.implements(hook):
            return ()
        return [_checked(hook, one, kind) for one in self._ask(hook, ctx=self.context)]

    def _ask(self, hook: Callable[..., Any], **arguments: Any) -> Any:
        answers = getattr(self._manager.hook, hook.__name__)(**arguments)
        if not answers:
            raise TypeError(f"{hook.__name__} is missing or gives None")
        return answers[0]


def _checked(hook: Callable[..., Any], given: Any, kind: type[T]) -> T:
    if not isinstance(given, kind):
        raise TypeError(f"{hook.__name__} gives a {type(given).__name__} where a {kind.__name__} is due")
    return given


def _code_of(plugin: object) -> str:
    """What the file names of a plugin's code begin with: the folder of its package, or its one module."""
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    file = getattr(module, "__file__", None)
    if file is None:
        return _NOWHERE
    return str(Path(file).parent) + os.sep if Path(file).name == "__init__.py" else file
