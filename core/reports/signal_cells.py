"""The cells of signals as sections count them: by time, kind, category and partner."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Partner, Sight
from core.reports import labels
from core.reports.activity import last_day
from core.reports.asked import by_day
from core.signals.models import Cell
from core.wire.documents import Code, Dimension, Member, ReaderClass, Words
from core.wire.sections import Asked

Atom = tuple[Code, ...]
"""Time, then what was asked for, then partner."""


async def counted(
    session: AsyncSession,
    asked: Asked,
    columns: Sequence[str],
    by: Sequence[Literal["kind", "category"]] = (),
    *,
    own: bool = False,
) -> Mapping[Atom, tuple[int, ...]]:
    """Sums of columns of the cells of the period. For one partner: of what it has in sight now; `own`: of its own."""
    keys = (Cell.day, *(getattr(Cell, name) for name in by), Partner.slug)
    sums = (func.sum(getattr(Cell, name)) for name in columns)
    rows = select(*keys, *sums).join(Partner, Partner.id == Cell.partner).where(_in_period(asked)).group_by(*keys)
    if asked.readers is ReaderClass.PARTNER:
        seen = Cell.audience.in_(select(Sight.audience).where(Sight.partner == asked.partner))
        rows = rows.where(Cell.partner == asked.partner if own else seen)
    days, found = by_day(asked), Counter[tuple[Atom, int]]()
    for day, *rest in await session.execute(rows):
        atom = (days[day], *rest[: len(by)], _whose(asked, rest[len(by)]))
        for at, number in enumerate(rest[len(by) + 1 :]):
            found[atom, at] += int(number)
    atoms = {atom for (atom, _), number in found.items() if number}
    return {atom: tuple(found[atom, at] for at in range(len(columns))) for atom in sorted(atoms)}


def _in_period(asked: Asked) -> ColumnElement[bool]:
    return Cell.day.between(asked.period.since.isoformat(), last_day(asked).isoformat())


def _whose(asked: Asked, slug: str) -> Code:
    """The member of the dimension of partners."""
    return labels.OTHERS if asked.readers is ReaderClass.PARTNER and slug != asked.slug else slug


def kind_dimension(found: Collection[str]) -> Dimension:
    """The hub's own kinds, then those of plugins among `found`."""
    own = labels.dimension("kind")
    added = sorted(set(found) - {member.code for member in own.members})
    return Dimension(own.name, own.title, (*own.members, *(Member(kind, Words(kind, kind)) for kind in added)))
