"""What hiding would cost a report, told on the hub's own machine before anybody orders it."""

from datetime import date

import click

from core.auth import partners
from core.auth.access import HUB
from core.cli.house import House, Words, pass_house, run, show_table
from core.cli.policy import Day
from core.reports.preview import Costs, look
from core.wire.documents import Period, ReaderClass


@click.command()
@click.argument("template")
@click.option("--partner", required=True, metavar="SLUG", help="Who would order it.")
@click.option("--from", "since", type=Day(), required=True, metavar="DAY", help="First day in Viet Nam.")
@click.option("--to", "until", type=Day(), required=True, metavar="DAY", help="First day that counts no longer.")
@click.option("--readers", type=Words(ReaderClass), help="Default: the template's.")
@pass_house
def preview(house: House, template: str, partner: str, since: date, until: date, readers: ReaderClass | None) -> None:
    """Tell how many cells of a report by TEMPLATE would be hidden, on the hub's own machine; nothing is frozen.

    With tables of one dimension, of two at most, and so on: choose fewer sections, a longer period or other readers
    where too much would be.
    """

    async def work() -> list[Costs]:
        async with house.database() as db:
            async with db.snapshot(HUB.partner) as session:
                principal = await partners.acting(session, partner)
            return await look(db, principal, template, Period(since, until), readers)

    for costs in run(work()):
        click.echo(_summary(costs))
        touched = [one for one in costs.tables if one.hidden]
        if touched:
            lines = (
                (one.section, one.title.vi, one.title.en, str(one.cells), _part(one.hidden, one.cells))
                for one in touched
            )
            show_table(("section", "bảng", "table", "cells", "hidden"), lines)


def _summary(costs: Costs) -> str:
    tables = f"Tables of {costs.dimensions} dimension{'s' * (costs.dimensions > 1)} at most"
    if costs.refusal is not None:
        return f"{tables}: refused. {costs.refusal.detail} {', '.join(costs.refusal.tables)}"
    cells, hidden = sum(one.cells for one in costs.tables), sum(one.hidden for one in costs.tables)
    return f"{tables}: {len(costs.tables)} tables, {cells:,} cells, hidden {_part(hidden, cells)}"


def _part(hidden: int, cells: int) -> str:
    return f"{hidden:,} ({hidden * 1_000 // (cells or 1) / 10}%)"
