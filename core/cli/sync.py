"""`kmm sync`: a verified copy of the feed in a folder, for any partner's own machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
import httpx
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.cli.house import alone_in
from core.cli.remote import remote_options, signing_in
from core.copy import Copy, Page
from core.sync import NeverWhole, Refused, Sync, Unreachable

_EXIT_CODES: dict[type[Exception], int] = {Refused: 1, Unreachable: 3, NeverWhole: 4, sqlite3.DatabaseError: 4}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@remote_options
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only these; other kinds need a new walk.")
@click.option("--page", type=click.IntRange(1, 10_000), default=10_000, show_default=True, help="Signals a request.")
@click.option("--follow", is_flag=True, help="Go on with changes as they come, until interrupted.")
def sync(
    folder: Path,
    url: str,
    client_id: str | None,
    client_secret: str | None,
    credentials: Path | None,
    kinds: tuple[str, ...],
    page: int,
    follow: bool,
) -> None:
    """Keep a verified copy of everything you may see in DIR/copy.db.

    The copy is an SQLite file that others may read at any time; `sqlite3 DIR/copy.db 'SELECT body FROM signal'` prints
    it as NDJSON. Killed at any point, the same command goes on from there. A copy that the hub's digest does not
    confirm is replaced by a new one, and so is one that the hub asks to begin anew.

    \b
    Exit codes
      0    the copy is what the hub holds for you
      1    the hub refuses: credentials, scopes; or another sync runs in DIR
      2    the command is not called like this
      3    the hub does not answer; try later
      4    new copies do not add up either, or copy.db cannot be read or written
      130  interrupted
    """
    auth = signing_in(client_id, client_secret, credentials)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder, "sync"), _told(), Copy(folder / "copy.db", kinds) as copy, _bar() as bar:
        task = bar.add_task("", total=None, signals=copy.signals)

        def moved(page: Page) -> None:
            bar.update(task, advance=len(page.items), signals=copy.signals)
            if page.items and not page.more:
                bar.console.print(f"{copy.signals:,} signals, verified.")

        with httpx.Client(base_url=url, auth=auth) as client:
            program = Sync(client, copy, limit=page, moved=moved, note=bar.console.print)
            if follow:
                program.follow()
            program.catch_up()
    click.echo(f"{copy.signals:,} signals in {folder / 'copy.db'}")


def _bar() -> Progress:
    """How far it is; nobody knows how much is to come."""
    columns = (SpinnerColumn(), TextColumn("{task.fields[signals]:,} signals"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True, highlight=False, soft_wrap=True, markup=False))


@contextmanager
def _told() -> Iterator[None]:
    """What ends a run, in one line and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        _end("Interrupted; the same command goes on from here.", 130)
    except tuple(_EXIT_CODES) as exc:
        code = next(code for kind, code in _EXIT_CODES.items() if isinstance(exc, kind))
        _end(f"copy.db: {exc}" if isinstance(exc, sqlite3.Error) else str(exc), code)


def _end(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    raise SystemExit(code)
