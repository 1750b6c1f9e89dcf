"""The hooks: what a plugin may add to the hub, and when it is asked.

Those that are no coroutines are asked once, when the application is made; `lifespan` whenever the plugin is entered. A
plugin implements any of them with `@hookimpl`, naming only the arguments that it needs.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import click
import msgspec
import pluggy
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from core.plugin.channel import Channel
from core.plugin.connector import Connector, Translated
from core.wire.assets import Scan
from core.wire.delivery import EventOut
from core.wire.documents import Frozen, Language
from core.wire.health import Reading
from core.wire.kinds import SignalKind
from core.wire.screening import Candidate, Screening
from core.wire.sections import Asked, Draft
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
    """Its entry point and its table in the settings."""
    title: str
    prefix: str = ""
    """First part of its routes' paths, where another word than its name is agreed upon outside: `taxii2`."""
    settings: type[msgspec.Struct] = NoSettings
    """What `[plugins.<name>]` in the settings must look like. Defaults on every field make the table optional."""


class Viewer(Protocol):
    """For whom something is made: a `Principal`, to those who know the word."""

    @property
    def partner(self) -> int: ...


class News(msgspec.Struct, frozen=True):
    """How far the log has come."""

    position: int
    """Of its head."""
    addressed: Mapping[int, int]
    """By partner, the position of the newest event addressed to it."""


class Context(msgspec.Struct, frozen=True):
    """What a plugin is handed with each hook. A route handler names the dependency `ctx` to be given it.

    `session`, `store`, `viewer` and `news` are for hooks that run on the plugin's lane: those that core waits for, the
    lifespan, channels. A route handler names the dependency `snapshot` or `session` instead.
    """

    settings: Any
    """An instance of `PluginInfo.settings`."""
    session: Callable[[Viewer], AbstractAsyncContextManager[AsyncSession]]
    """`async with ctx.session(principal) as session`: a read-only view of what that principal may see."""
    store: Callable[[], AbstractAsyncContextManager[AsyncSession]]
    """`async with ctx.store() as session`: writes to the plugin's own tables, committed when the block ends well.

    On SQLite nobody else writes meanwhile, so wait for nothing else inside. An event is recorded here after
    `core.log.head.lock(session)`, with `core.log.head.settle` behind it.
    """
    viewer: Callable[[int], Awaitable[Any]]
    """`await ctx.viewer(partner)`: a `Principal` with the scopes of that partner's kind, to see what it may see now.

    None when there is no such partner, or it is suspended.
    """
    news: Callable[[Collection[int]], Awaitable[News]]
    """`await ctx.news(partners)`: whether there is anything new for any of them, for the price of two statements."""
    seal: Callable[[bytes, str], bytes]
    """`ctx.seal(plain, bound)`: encrypted under a key of this plugin; `bound` names the row that it is for."""
    open: Callable[[bytes, str], bytes]
    """What `seal` made of the same `bound`. Raises `RuntimeError` for anything else."""
    base_url: str
    """Where others reach the hub, for addresses that have to be absolute. Without a slash at its end."""


class Format(msgspec.Struct, frozen=True):
    """A further form of signals: out, chosen by the `Accept` header, and in, where it can be read."""

    name: str
    """As the table of formats calls it."""
    media_type: str
    extension: str
    """Of a file of this form, without the dot."""
    render: Callable[[Feed], bytes]
    """Pure and quick: its reader waits for it. Tombstones carry no value here; a form that needs one leaves them out,
    and brings routes of its own."""
    read: Callable[[bytes], Sequence[Translated]] | None = None
    """One answer for each item of a body, in its order. Pure. Raises `Refused` or `msgspec.MsgspecError` for a body
    that is none of this form."""
    kinds: Mapping[str, str] | None = None
    """By our kind, its word for it; None: it carries all kinds."""
    loses: frozenset[str] = frozenset()
    """Fields of `SignalIn` that it cannot carry, for the kinds that it does."""


class ReportFormat(msgspec.Struct, frozen=True):
    """A kind of file that is made of every report.

    The file is called `report.<extension>`, or `report.<language>.<extension>`. No two formats share an extension.
    """

    name: str
    media_type: str
    extension: str
    """Without the first dot: `csv.zip`."""
    languages: tuple[Language, ...]
    """One file for each; empty: one file for all."""
    renderer: str
    """Library and version that draws it, as it stands in the manifest."""
    render: Callable[[Frozen, Language | None], bytes]
    """A function at the top of a module, since it runs in a process of its own, within limits of time and memory. It
    computes nothing, and makes equal bytes of equal documents."""


@hookspec
def plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Who the plugin is. The only hook that every plugin has."""


@hookspec
def route_handlers(ctx: Context) -> Sequence[HTTPRouteHandler]:  # type: ignore[empty-body]
    """Routes, mounted below `/<name>` or `/<prefix>`, each with an `operation_id`, and `**scoped(...)` or `**public()`.

    Handlers may name the dependencies in `core.plugin.mounting.GRANTED`. Those of a stranger run on its lane: ten
    seconds until the answer begins and thirty for each further piece, not counting those in which the caller is waited
    for; who is late is cancelled and answers 503, or is cut off in the middle of its answer. What is answered in other
    forms than JSON says so by `**answers(...)`: a caller whose `Accept` takes none of them is refused before.
    """


@hookspec
def connectors(ctx: Context) -> Sequence[Connector]:  # type: ignore[empty-body]
    """Partners, or kinds of partner, whose own payloads the plugin can read, within two seconds each.

    One that is late or fails refuses the payload with 503, and nothing of it is stored.
    """


@hookspec
def signal_kinds(ctx: Context) -> Sequence[SignalKind]:  # type: ignore[empty-body]
    """Further kinds of observable. To parse a value of a stranger's kind may take 50 ms.

    What is late or fails refuses that item alone; while it goes on, further values are refused without waiting.
    """


@hookspec
def feed_formats(ctx: Context) -> Sequence[Format]:  # type: ignore[empty-body]
    """Further forms of `GET /v1/signals`. What may not be re-exported comes as a tombstone (`core.plugin.formats`).

    Those that can be read are taken by `POST /v1/connect`. A stranger's has two seconds for a page or a body; one that
    is late or fails answers 503.
    """


@hookspec
def report_formats(ctx: Context) -> Sequence[ReportFormat]:  # type: ignore[empty-body]
    """Files that are made of every report."""


@hookspec
async def report_sections(ctx: Context, principal: Viewer, asked: Asked) -> Sequence[Draft]:  # type: ignore[empty-body]
    """Further sections of a report, for those who order them by name. `principal` ordered it.

    Tables come as cubes, whose small cells are then hidden together with those of core; a section without any is text.
    Count only what can be counted again: facts told in `asked.positions`. Asked while the report is made, within a time
    budget. What is late, wrong or raises becomes a noted gap in the report.
    """


@hookspec
async def screen_signal(  # type: ignore[empty-body]
    ctx: Context, principal: Viewer, signals: Sequence[Candidate]
) -> Sequence[Screening]:
    """Whether signals that `principal` submits are to be held until a reviewer has looked: one answer for each.

    Asked of up to 10,000 at once while their sender waits, within a fifth of the usual budget. Nobody but the sender
    sees what is held; reviewers find it in their queue. What is late, wrong or raises holds nothing.
    """


@hookspec
async def on_event(ctx: Context, principal: Viewer, event: EventOut) -> None:
    """Something has happened, and `principal` is told of it: the partner that the plugin's connectors speak for, one
    after the other where there are several, or the operator where they speak for none.

    Told after the commit, in the order of positions, at least once: an event that was told before has its `id`. What
    is late or raises is told again, after a second and up to five minutes, and what comes behind it waits. A plugin
    that is new hears what happens from then on. Of signals there are no events: they are read from the feed.
    """


@hookspec
async def scan_asset(ctx: Context, path: Path, sha256: str, media_type: str) -> Scan:  # type: ignore[empty-body]
    """Whether there is malware in the file at `path`, which is going to be an asset and is not to be changed.

    Asked while its sender waits, within twelve times the usual budget. What is infected does not come in; who is late,
    wrong or raises leaves it `not_scanned`, and those who approve it see that.
    """


@hookspec
async def health(ctx: Context) -> Sequence[Reading]:  # type: ignore[empty-body]
    """What an operator wants to know: whether the other end answers, how much waits.

    Asked every ten seconds, within the usual budget; shown by `kmm plugins`, and the plugin's name by `/health` when
    one reading is not `ok`. What is late, wrong or raises is such a reading.
    """


@hookspec
def channels(ctx: Context) -> Sequence[Channel]:  # type: ignore[empty-body]
    """Ways to push a notice to a partner at once: an emergency, a deadline that passes.

    One that fails, hangs or is shut away costs its caller an exception, which turns to the next channel.
    """


@hookspec
def migrations() -> Path:  # type: ignore[empty-body]
    """The folder of Alembic revisions of the plugin's own tables.

    They run after core's, by `kmm migrate`, into a version table of their own (`alembic_version_<name>`). Names of
    tables begin with the plugin's name and an underscore (`-` becomes `_`), and none refers to a table of core by a
    foreign key: the hub goes on without the plugin. Both roles of PostgreSQL are granted what is made. A revision that
    fails stops the command and leaves the tables at the one before. `kmm plugins purge <name>` takes them all back.
    """


@hookspec
def commands(ctx: Context) -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Commands for the operator, as `kmm <name> <command>`; a name that `kmm` itself has stays with it.

    Each is a function that click calls. An `async def` is awaited on the plugin's lane, where `ctx.session` and the
    like work. What it raises reaches the operator.
    """


@hookspec
def lifespan(ctx: Context) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
    """What the plugin does while the application serves: entered on its lane at the start, left at the end.

    Failing to enter, being late with it, or ending before it is told to puts the plugin into quarantine and stops
    nothing else. Who does not leave within the budget is cancelled, then left behind.
    """
