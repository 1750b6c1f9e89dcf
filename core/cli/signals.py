"""Signals: from files, and whether what is stored hangs together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core import cells
from core.app import create_app
from core.auth import clients
from core.auth.access import HUB
from core.campaigns import reach
from core.cli import importing
from core.cli.house import House, Words, pass_house, run, show_table
from core.cli.importing import Defaults, Import, Rejected, Stopped
from core.client import ClientCredentials, in_process
from core.content import usage
from core.hub import Hub
from core.log import head
from core.settings import Settings
from core.signals import integrity
from core.signals.recount import Difference, differences
from core.wire.partners import ClientIn
from core.wire.scopes import Scope
from core.wire.signals import Category, SubmitStatus, Tlp


@click.group()
def signals() -> None:
    """Signals from files, and a check of what is stored."""


@signals.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partner", required=True, metavar="SLUG", help="Whose claims they are.")
@click.option("--tlp", type=Words(Tlp), help="Of items that carry none; without it they are for SLUG alone.")
@click.option("--group", "groups", multiple=True, metavar="SLUG", help="Sharing group of items that name none.")
@click.option("--category", type=Words(Category), help="Of items that carry none.")
@click.option("--campaign", metavar="SLUG", help="Of items that carry none.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    default=Path("var/imports"),
    show_default=True,
    help="Folder for progress and rejected lines.",
)
@pass_house
def import_(house: House, /, file: Path, partner: str, work: Path, **defaults: Any) -> None:
    """Send FILE, a list of hosts and URLs or NDJSON of signals.

    Interrupted, it goes on where it stopped when it is called again. Lines that the hub rejects are explained and
    do not fail the command.
    """
    sending = Import(file, partner, Defaults(**defaults), work)
    run(_send_here(house.settings, sending, partner))


async def _send_here(settings: Settings, sending: Import, partner: str) -> None:
    """Through the application in this process, as a client that lives as long as the import.

    A client of its own: the log tells imports apart, and a partner that is suspended or whose kind may not submit is
    refused as anywhere else.
    """
    app = create_app(settings)
    hub: Hub = app.state.hub
    async with app.lifespan():
        async with head.writing(hub.db, "cli", "IssueClient") as session:
            wanted = ClientIn(scopes=(Scope.SIGNALS_READ, Scope.SIGNALS_WRITE))
            issued = await clients.issue(session, HUB, partner, wanted, settings)
        await hub.tokens.refresh()
        try:
            credentials = ClientCredentials(issued.id, issued.client_secret or "")
            async with in_process(app, settings.base_url, credentials) as client:
                await send(sending, client)
        finally:
            async with head.writing(hub.db, "cli", "DisableClient") as session:
                await clients.disable(session, HUB, partner, issued.id)


async def send(sending: Import, client: httpx.AsyncClient) -> None:
    """Send it under a progress bar, then say what became of it. Raises `click.ClickException` when the hub stops it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(sending.path.name, total=sending.items)
        try:
            await sending.run(client, lambda progress: bar.update(task, completed=progress.items))
        except Stopped as exc:
            raise click.ClickException(
                f"{exc} Stopped after line {sending.progress.lines}; the same command goes on from there."
            ) from None
    _report(sending)


@signals.command()
@pass_house
def check(house: House) -> None:
    """Count claims and names that lack what they refer to, and figures that differ from what they count; exit with 1 at
    any.

    Figures are those of the cells that reports are made of: of claims over the days of which every claim is kept, of
    activities and posts over all days.
    """
    orphans, since, wrong, told = run(_check(house))
    click.echo(", ".join(f"{count:,} {name}" for name, count in orphans.items()))
    click.echo(f"Cells of activities and posts: {len(told):,} figures wrong.")
    if told:
        show_table(("cells", "of", "figure", "stored", "counted"), (_told(one) for one in told[:_SHOWN]))
    click.echo(f"Cells since {since}: {len(wrong):,} figures wrong." if since else "No day can be counted anew.")
    if wrong:
        columns = ("day", "partner", "audience", "kind", "category", "figure", "stored", "counted")
        show_table(columns, (_difference(one) for one in wrong[:_SHOWN]))
    if any(orphans.values()):
        raise click.ClickException("Claims or names refer to what is not there; restore the tables that they refer to.")
    if wrong:
        raise click.ClickException("Cells do not say what the claims say.")
    if told:
        raise click.ClickException("Cells do not say what the activities and posts say.")


_SHOWN = 100
"""Differences that are listed."""


_Found = tuple[dict[str, int], str, Sequence[Difference], Sequence[cells.Difference]]


async def _check(house: House) -> _Found:
    async with house.database() as db, db.survey() as session:
        told = [*await reach.differences(session), *await usage.differences(session)]
        return await integrity.orphans(session), *await differences(session), told


def _difference(one: Difference) -> tuple[str, ...]:
    day, partner, audience, *place = one.place
    return day, str(partner), str(audience), *place, one.column, f"{one.stored:,}", f"{one.counted:,}"


def _told(one: cells.Difference) -> tuple[str, ...]:
    place = " ".join(str(part) or "-" for part in one.key)
    return one.cells, place, one.measure, f"{one.stored:,}", f"{one.counted:,}"


def _report(sending: Import) -> None:
    counts = sending.progress.counts
    click.echo(", ".join(f"{counts.get(status, 0):,} {status}" for status in SubmitStatus))
    reasons = importing.rejections(sending.rejected_file)
    if reasons:
        worst_first = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
        show_table(("lines", "rejected because", "for example"), (_reason(*one) for one in worst_first))
        click.echo(f"Every rejected line: {sending.rejected_file}")


def _reason(reason: str, lines: Sequence[Rejected]) -> tuple[str, str, str]:
    examples = "\n".join(f"line {one.line}: {one.text[:60]}" for one in lines[:3])
    return f"{len(lines):,}", reason, examples
