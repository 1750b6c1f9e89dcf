"""What subcommands share: settings, a registry session, a folder of their own, errors as one line."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.errors import NOTHING_HERE, Fault, NotFound
from core.log import head
from core.plugin.host import PluginHost
from core.settings import Settings, load
from core.signals.kinds import BUILTIN
from core.wire.oauth import KeySet

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class BadSettings(click.ClickException):
    exit_code = 2


class House:
    """One run of the command over one hub."""

    def __init__(self, config: Path | None) -> None:
        self.config = config

    @cached_property
    def settings(self) -> Settings:
        """Read when first asked for, so that `--help` and `demo` need none."""
        try:
            return load(self.config)
        except (msgspec.ValidationError, OSError, ValueError) as exc:
            raise BadSettings(f"Settings: {exc}") from None

    @cached_property
    def plugins(self) -> PluginHost:
        """As a hub with these settings has them; none is entered."""
        return PluginHost(self.settings, kinds=[kind.name for kind in BUILTIN])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        db = Database(self.settings.database_url)
        try:
            yield db
        finally:
            await db.close()

    @asynccontextmanager
    async def registry(self, request: str) -> AsyncIterator[AsyncSession]:
        """One transaction that may change who sees what. `request` names the change in the log."""
        async with self.database() as db, head.writing(db, "cli", request) as session:
            yield session


@contextmanager
def alone_in(folder: Path, what: str) -> Iterator[None]:
    """One `kmm {what}` a folder: a second would rewrite its files under the first. A kill lets go of it."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise click.ClickException(f"Another {what} runs in {folder}.") from None
        yield


pass_house = click.make_pass_decorator(House)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end. What an operator can mend is told in one line, and only a bug leaves a traceback."""
    try:
        return asyncio.run(work)
    except Exception as exc:
        alone = _alone(exc)
        if isinstance(alone, click.ClickException):
            raise alone from None
        told = _tell(alone)
        if told is None:
            raise
        raise click.ClickException(told) from None


def _alone(exc: Exception) -> Exception:
    """Whatever is raised while the application runs arrives in groups of one."""
    while isinstance(exc, ExceptionGroup) and len(exc.exceptions) == 1:
        exc = exc.exceptions[0]
    return exc


def _tell(exc: Exception) -> str | None:
    if isinstance(exc, NotFound) and exc.detail == NOTHING_HERE:
        return "There is no partner, group, client, policy, calendar or template of this name."
    if isinstance(exc, Fault):
        return exc.detail + "".join(f"\n  {error.pointer} {error.detail}" for error in exc.errors)
    if isinstance(exc, DBAPIError):
        return f"The database refuses: {str(exc.orig).splitlines()[0]}. Has `kmm migrate` run on it?"
    if isinstance(exc, msgspec.MsgspecError | OSError):
        return str(exc)
    return None


def key_set(data: bytes) -> KeySet:
    """The keys of a copy of /.well-known/document-keys.json. Raises `ClickException`."""
    try:
        return msgspec.json.decode(data, type=KeySet)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise click.ClickException(f"The key set cannot be read: {exc}") from None


def show(answer: msgspec.Struct) -> None:
    """As JSON, for people and for jq."""
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """As wide as it takes: what stands in it is copied from there, and a folded secret is none."""
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        # Not markup: what partners and plugins say may hold square brackets.
        table.add_row(*map(Text, row))
    Console(width=_WIDE).print(table)


_WIDE = 500


class Words(click.Choice[E]):
    """A choice among the values of a StrEnum; click's own would be among the names of its members."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        return str(choice)


class Commands(click.Group):
    """Lists subcommands in the order in which they were added: as they are needed, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)
