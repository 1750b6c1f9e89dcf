"""Rollup cells that are kept by deltas: what a transaction changes of figures is added to the cells of its day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import Base, table_of, upsert

Key = tuple[str | int, ...]


class Deltas:
    """What is to be added to the cells of one day."""

    def __init__(self, cells: type[Base], day: str, measures: tuple[str, ...]) -> None:
        """`cells`: a table whose primary key is `day` and what keys are made of, in the order of its columns."""
        self._table = table_of(cells)
        self._keys = [column.name for column in self._table.primary_key if column.name != "day"]
        self._day = day
        self._measures = measures
        self._sums: dict[Key, list[int]] = defaultdict(lambda: [0] * len(measures))

    def add(self, key: Key, numbers: Iterable[int], sign: int = 1) -> None:
        sums = self._sums[key]
        for index, number in enumerate(numbers):
            sums[index] += sign * number

    async def store(self, session: AsyncSession) -> None:
        """Add them. Where nothing changed there is no row."""
        names = (*self._keys, *self._measures)
        changed = [(*key, *sums) for key, sums in self._sums.items() if any(sums)]
        rows = [{"day": self._day, **dict(zip(names, row, strict=True))} for row in changed]
        await upsert(session, self._table, rows, self._measures)


class Difference(NamedTuple):
    """Cells that do not say what the rows say which they were made of."""

    cells: str
    key: Key
    """Without the day: by which day a row was told as it stands nobody knows."""
    measure: str
    stored: int
    counted: int


async def differences(
    session: AsyncSession, cells: type[Base], rows: Select[Any], measures: Sequence[str]
) -> list[Difference]:
    """Hold the sums of cells over all days against `rows`: the key in the order of its columns, then each measure."""
    table = table_of(cells)
    keys = [column for column in table.primary_key if column.name != "day"]
    stored = await _summed(session, select(*keys, *(table.c[name] for name in measures)), len(keys))
    counted = await _summed(session, rows, len(keys))
    nothing = (0,) * len(measures)
    return [
        Difference(table.name, key, name, was, should)
        for key in sorted(stored.keys() | counted.keys())
        for name, was, should in zip(measures, stored.get(key, nothing), counted.get(key, nothing), strict=True)
        if was != should
    ]


async def _summed(session: AsyncSession, rows: Select[Any], keys: int) -> dict[Key, tuple[int, ...]]:
    # PostgreSQL takes no expression with parameters for the same expression again.
    columns = list(rows.subquery().c)
    sums = select(*columns[:keys], *map(func.sum, columns[keys:])).group_by(*columns[:keys])
    # It also sums bigint to numeric, which arrives as Decimal.
    return {tuple(row[:keys]): tuple(map(int, row[keys:])) for row in await session.execute(sums)}
