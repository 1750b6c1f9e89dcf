"""What a report would cost: how much of it would be hidden, table by table, before anybody orders it.

It tells no more than the report itself would, for it counts the marks that readers would see, and none of the cells.
Sections of plugins are left aside: they are asked by a server alone.
"""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from core.auth.access import Principal
from core.db import Database
from core.reports import ledger, making, reports, templates
from core.reports.cube import Cube, Draft, Hidden, tabulate
from core.reports.disclosure import Held
from core.reports.ledger import Shelf
from core.reports.making import Drawing, Order
from core.wire.common import Slug
from core.wire.documents import Name, Period, ReaderClass, Words
from core.wire.reports import Refusal


class Cost(msgspec.Struct, frozen=True):
    """Of one table."""

    section: Name
    table: Name
    title: Words
    cells: int
    hidden: int
    """Of `cells`, those that would be shown as `…`."""


class Costs(msgspec.Struct, frozen=True):
    """With tables of at most so many dimensions."""

    dimensions: int
    tables: tuple[Cost, ...]
    refusal: Refusal | None


async def look(
    db: Database, principal: Principal, template: Slug, period: Period, readers: ReaderClass | None
) -> list[Costs]:
    """From totals alone to all that the template has. Raises what an order would.

    Counts and solves in this process: for commands, never for the server.
    """
    async with db.survey() as session:
        found = await templates.find(session, principal, template)
        order = Order(
            report="preview",
            title=found.title,
            template=template,
            definition=found.definition,
            readers=readers or found.readers,
            partner=principal.partner,
            slug=principal.slug,
            period=period,
        )
        reports.require_period(period)
        shelf = Shelf(order.readers, principal.partner, period)
        held = await ledger.held(session, await ledger.numbers(session, shelf))
    # It has a loop of its own.
    drawing = await asyncio.to_thread(making.draw, db.url, order)
    most = max((len(table.by) for draft in drawing.drafts for cube in draft.cubes for table in cube.tables), default=0)
    return [_costs(order, drawing, held, dimensions) for dimensions in range(1, most + 1)]


def _costs(order: Order, drawing: Drawing, held: Sequence[Held], most: int) -> Costs:
    coarser = Drawing(drawing.asked, tuple(_coarser(draft, most) for draft in drawing.drafts))
    protection = making.protect(making.drawn(order, coarser), held)
    if isinstance(protection, Refusal):
        return Costs(most, (), protection)
    tables = (
        cost
        for draft in coarser.drafts
        for cube in draft.cubes
        for cost in _of(draft.name, cube, protection.hidden[cube.name])
    )
    return Costs(most, tuple(tables), None)


def _coarser(draft: Draft, most: int) -> Draft:
    cubes = (
        msgspec.structs.replace(cube, tables=tuple(one for one in cube.tables if len(one.by) <= most))
        for cube in draft.cubes
    )
    return msgspec.structs.replace(draft, cubes=tuple(cube for cube in cubes if cube.tables))


def _of(section: Name, cube: Cube, hidden: Hidden) -> Iterator[Cost]:
    for table in tabulate(cube, hidden):
        cells = [cell for row in table.rows for cell in row.cells]
        yield Cost(section, table.name, table.title, len(cells), cells.count(None))
