"""What is counted before anything is hidden: cubes, and the tables that are made of them.

2026-11-22: a section declares a cube and the tables that it wants of it, and never hands over rows of its own: two
tables that share a cell are then known to share it, which is what hiding small ones stands on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product

from core.wire.documents import Cell, Measure, Name, Row, Table, Unit
from core.wire.sections import Count, Cube, Draft, Quantile, Share, Wanted

__all__ = ["LEAST", "Count", "Cube", "Draft", "Hidden", "Key", "Quantile", "Share", "Wanted", "margins", "tabulate"]

Key = tuple[str | None, ...]
"""A member of each dimension of a cube; None: all of them together."""
Hidden = frozenset[tuple[Key, Name]]
"""Which cells of a cube are not shown: key over all its dimensions, and measure. The same in every table."""

LEAST = 10
"""Shares, medians and percentiles are shown of at least so many."""


def margins(cube: Cube, by: Iterable[Name]) -> dict[Key, tuple[int, ...]]:
    """Sums of the cube for every combination of members of `by`, and of None in each of their places."""
    kept = {cube.place(name) for name in by}
    sums: dict[Key, list[int]] = defaultdict(lambda: [0] * len(cube.counts))
    for atom, counts in cube.atoms.items():
        choices = [(member, None) if at in kept else (None,) for at, member in enumerate(atom)]
        for key in product(*choices):
            cell = sums[key]
            for index, count in enumerate(counts):
                cell[index] += count
    return {key: tuple(counts) for key, counts in sums.items()}


def tabulate(cube: Cube, hidden: Hidden) -> tuple[Table, ...]:
    """The cube's tables as they are shown."""
    return tuple(_table(cube, wanted, hidden) for wanted in cube.tables)


def _table(cube: Cube, wanted: Wanted, hidden: Hidden) -> Table:
    sums = margins(cube, wanted.by)
    dimensions = tuple(cube.dimensions[cube.place(name)] for name in wanted.by)
    spreads = _spreads(cube, wanted)
    measures = tuple(_measure(cube, name) for name in wanted.measures)
    rows = []
    for members in product(*[(*(member.code for member in one.members), None) for one in dimensions]):
        named = dict(zip(wanted.by, members, strict=True))
        key = tuple(named.get(one.name) for one in cube.dimensions)
        counts = sums.get(key)
        # Zeros are told by the row's absence, but of totals.
        if counts is None and None not in members:
            continue
        shown = _shown(cube, key, counts or (0,) * len(cube.counts), hidden)
        cells = tuple(_cell(cube, name, shown, spreads.get(key, {})) for name in wanted.measures)
        rows.append(Row(key=members, cells=cells))
    return Table(wanted.name, wanted.title, dimensions, measures, tuple(rows), wanted.chart)


def _shown(cube: Cube, key: Key, counts: tuple[int, ...], hidden: Hidden) -> dict[Name, int | None]:
    return {
        count.name: None if (key, count.name) in hidden else number
        for count, number in zip(cube.counts, counts, strict=True)
    }


def _measure(cube: Cube, name: Name) -> Measure:
    for count in cube.counts:
        if count.name == name:
            return Measure(name, count.title, count.unit, additive=True)
    for share in cube.shares:
        if share.name == name:
            return Measure(name, share.title, Unit.PERCENT, additive=False)
    quantile = next(one for one in cube.quantiles if one.name == name)
    return Measure(name, quantile.title, Unit.SECONDS, additive=False)


def _cell(cube: Cube, name: Name, shown: Mapping[Name, int | None], took: Mapping[int, int]) -> Cell:
    if name in shown:
        return shown[name]
    for share in cube.shares:
        if share.name == name:
            return _percent(shown[share.part], shown[share.whole])
    quantile = next(one for one in cube.quantiles if one.name == name)
    number = shown[quantile.of]
    return None if number is None or number < LEAST else _rank(took, quantile.percent)


def _percent(part: int | None, whole: int | None) -> str | None:
    """To one decimal, half up, in whole numbers: no engine's floats."""
    if part is None or whole is None or whole < LEAST:
        return None
    tenths = (part * 2_000 + whole) // (whole * 2)
    return f"{tenths // 10}.{tenths % 10}"


def _spreads(cube: Cube, wanted: Wanted) -> dict[Key, dict[int, int]]:
    if not any(quantile.name in wanted.measures for quantile in cube.quantiles):
        return {}
    kept = {cube.place(name) for name in wanted.by}
    found: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for atom, took in cube.durations.items():
        for key in product(*[(member, None) if at in kept else (None,) for at, member in enumerate(atom)]):
            for seconds, number in took.items():
                found[key][seconds] += number
    return found


def _rank(took: Mapping[int, int], percent: int) -> int | None:
    """The nearest rank: the least number of seconds that so many of a hundred did not take longer than."""
    wanted, seen = -(-sum(took.values()) * percent // 100), 0
    for seconds in sorted(took):
        seen += took[seconds]
        if seen >= wanted:
            return seconds
    return None
