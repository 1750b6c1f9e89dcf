"""The negative list, and the claims of suspended partners, as the operator keeps them by command."""

import click
import msgspec
from rich.progress import Progress

from core.auth import partners
from core.auth.access import HUB
from core.cli.access import partner
from core.cli.house import House, Words, pass_house, run, show, show_table
from core.signals import decisions, guard_list
from core.signals.guard_list import Entry
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.guard import GuardEntryIn, GuardList, GuardResult, Reach


@click.group()
def guard() -> None:
    """The negative list: values that are quarantined whoever submits them."""


@guard.command("list")
@pass_house
def list_(house: House) -> None:
    """List every entry."""

    async def work() -> GuardList:
        async with house.database() as db, db.snapshot(HUB.partner) as session:
            return await guard_list.listing(session, None, 1_000_000)

    rows = ((one.id, one.kind, one.value, one.reach, one.label, one.source) for one in run(work()).entries)
    show_table(("id", "kind", "value", "reach", "label", "source"), rows)


@guard.command()
@click.argument("kind")
@click.argument("value")
@click.option("--label", required=True, help="Whose it is, or what.")
@click.option("--source", required=True, help="Where that can be read.")
@click.option("--reach", type=Words(Reach), default=Reach.EXACT, show_default=True, help="Of a domain also `site`.")
@pass_house
def add(house: House, kind: str, value: str, label: str, source: str, reach: Reach) -> None:
    """Add VALUE of KIND. A running hub holds what it hits within seconds; what stands already is held, too."""

    async def work() -> GuardResult:
        fields = {"kind": kind, "value": value, "label": label, "source": source, "reach": reach}
        entry = guard_list.accept(msgspec.convert(fields, GuardEntryIn), 0, "", Kinds(house.plugins.signal_kinds()))
        if not isinstance(entry, Entry):
            raise click.ClickException(entry.errors[0].detail)
        async with house.registry("AddGuardEntries") as session:
            (result,) = await guard_list.add(session, HUB, [entry])
            return result

    show(run(work()))


@guard.command()
@click.argument("id")
@pass_house
def remove(house: House, id: str) -> None:
    """Take the entry ID off the list. What it quarantined waits for its review all the same."""

    async def work() -> None:
        async with house.registry("RemoveGuardEntry") as session:
            await guard_list.remove(session, HUB, id)

    run(work())


@partner.command()
@click.argument("slug")
@pass_house
def close(house: House, slug: str) -> None:
    """Close every claim of a suspended partner, for good. Interrupted, the same command goes on."""

    async def work(bar: Progress) -> int:
        task = bar.add_task(f"Claims of {slug}", total=None)
        async with house.database() as db:
            async with db.survey() as session:
                row = await partners.find(session, slug)
            writer = SignalWriter(db, Keys(house.settings.secret))
            async with writer.running():
                return await decisions.close_all(db, writer, row, lambda closed: bar.advance(task, closed))

    with Progress(*Progress.get_default_columns()) as bar:
        closed = run(work(bar))
    click.echo(f"{closed:,} closed")
