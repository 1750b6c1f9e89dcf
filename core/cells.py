"""Rollup cells that are kept by deltas: what a transaction changes of figures is added to the cells of its day."""

from collections import defaultdict
from collections.abc import Iterable

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
