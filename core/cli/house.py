"""What subcommands share: settings, a registry session, errors as one line."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Database
from core.errors import Fault
from core.log import head
from core.settings import Settings, load

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


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
            raise click.UsageError(f"Settings: {exc}") from None

    @asynccontextmanager
    async def registry(self, request: str) -> AsyncIterator[AsyncSession]:
        """One transaction that may change who sees what. `request` names the change in the log."""
        db = Database(self.settings.database_url)
        try:
            async with head.writing(db, "cli", request) as session:
                yield session
        finally:
            await db.close()


pass_house = click.make_pass_decorator(House)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end, with what went wrong as one line."""
    try:
        return asyncio.run(work)
    except Fault as fault:
        details = "".join(f"\n  {error.pointer} {error.detail}" for error in fault.errors)
        raise click.ClickException(fault.detail + details) from None
    except msgspec.MsgspecError as exc:
        raise click.ClickException(str(exc)) from None
    except DBAPIError as exc:
        said = str(exc.orig).splitlines()[0]
        raise click.ClickException(f"The database refuses: {said}. Has `kmm migrate` run on it?") from None
    except OSError as exc:
        raise click.ClickException(str(exc)) from None


def show(answer: msgspec.Struct) -> None:
    """As JSON, for people and for jq."""
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))


class Words(click.Choice[E]):
    """A choice among the values of a StrEnum; click's own would be among the names of its members."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        return str(choice)


class Commands(click.Group):
    """Lists subcommands in the order in which they were added: as they are needed, not by alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)
