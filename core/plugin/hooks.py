"""The hooks: what a plugin may add to the hub, and when it is asked.

All but `report_sections` are asked once, when the application is made. A plugin implements any of them with
`@hookimpl`, naming only the arguments that it needs.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import pluggy
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from core.plugin.connector import Connector
from core.wire.kinds import SignalKind
from core.wire.reports import Period, Report, Section
from core.wire.signals import Feed

PROJECT = "khongmotminh"
"""Name of the distribution, of the entry-point group and of the pluggy project."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a plugin that has none."""


class PluginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who a plugin is."""

    name: str
    """Its entry point, its table in the settings, and the first part of its routes' paths."""
    title: str
    settings: type[msgspec.Struct] = NoSettings
    """What `[plugins.<name>]` in the settings must look like. Defaults on every field make the table optional."""


class Viewer(Protocol):
    """For whom something is made: a `Principal`, to those who know the word."""

    @property
    def partner(self) -> int: ...


class Context(msgspec.Struct, frozen=True):
    """What a plugin is handed with each hook."""

    settings: Any
    """An instance of `PluginInfo.settings`."""
    session: Callable[[Viewer], AbstractAsyncContextManager[AsyncSession]]
    """`async with ctx.session(principal) as session`: a read-only view of what that principal may see.

    Only inside a hook that core waits for; a route handler names the dependency `snapshot` instead.
    """


T = TypeVar("T")


class Format(msgspec.Struct, Generic[T], frozen=True):
    """A further form in which something is served, chosen by the `Accept` header."""

    media_type: str
    extension: str
    """Of a file of this form, without the dot."""
    render: Callable[[T], bytes]
    """Pure and quick: the server waits for it."""


@hookspec
def plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Who the plugin is. The only hook that every plugin has."""


@hookspec
def route_handlers(ctx: Context) -> Sequence[HTTPRouteHandler]:  # type: ignore[empty-body]
    """Routes, mounted below `/<name>`, each with an `operation_id`, and `**scoped(...)` or `**public()`.

    Handlers may name the dependencies in `core.plugin.mounting.GRANTED`.
    """


@hookspec
def connectors(ctx: Context) -> Sequence[Connector]:  # type: ignore[empty-body]
    """Partners, or kinds of partner, whose own payloads the plugin can read."""


@hookspec
def signal_kinds(ctx: Context) -> Sequence[SignalKind]:  # type: ignore[empty-body]
    """Further kinds of observable."""


@hookspec
def feed_formats(ctx: Context) -> Sequence[Format[Feed]]:  # type: ignore[empty-body]
    """Further forms of `GET /v1/signals`. Pages come without what may not be re-exported (`core.plugin.formats`)."""


@hookspec
def report_formats(ctx: Context) -> Sequence[Format[Report]]:  # type: ignore[empty-body]
    """Further forms of `GET /v1/reports/{id}`."""


@hookspec
async def report_sections(ctx: Context, principal: Viewer, period: Period) -> Sequence[Section]:  # type: ignore[empty-body]
    """Further sections of a report that `principal` is making. Asked while the report is made, within a time budget.

    What is late, wrong or raises becomes a noted gap in the report.
    """
