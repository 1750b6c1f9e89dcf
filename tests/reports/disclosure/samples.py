"""Made-up cubes: provinces, categories and partners of uneven weight, over days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from math import exp
from random import Random

from core.reports.asked import midnight
from core.reports.cube import Cube, Hidden, Wanted
from core.reports.disclosure import Drawn, Held
from core.wire.documents import Dimension, Member, Unit, Words
from core.wire.sections import Count

FIRST = date(2026, 10, 1)
SIZES = {"province": 4, "category": 3, "partner": 3}
TWO_WAY = (("province", "category"), ("province", "partner"), ("category", "partner"))


def words(text: str) -> Words:
    return Words(text, text)


def dimension(name: str, codes: Iterable[str]) -> Dimension:
    return Dimension(name, words(name), tuple(Member(code, words(code)) for code in codes))


def cube(
    members: Mapping[str, Sequence[str]],
    atoms: Mapping[tuple[str, ...], int],
    tables: Iterable[tuple[str, ...]],
    known: Iterable[str] = (),
) -> Cube:
    """Of claims; the dimensions `time` and `partner` are what they are called."""
    return Cube(
        name="claims",
        dimensions=tuple(dimension(name, codes) for name, codes in members.items()),
        counts=(Count("claims", words("Claims"), Unit.CLAIMS),),
        atoms={key: (count,) for key, count in atoms.items()},
        tables=tuple(Wanted("_by_".join(("claims", *by)), words("Claims"), by, ("claims",)) for by in tables),
        time="time" if "time" in members else None,
        contributor="partner" if "partner" in members else None,
        known=frozenset(known),
    )


def random_cube(
    rng: Random, sizes: Mapping[str, int], mean: float, tables: Iterable[tuple[str, ...]], days: Sequence[date] = ()
) -> Cube:
    """`mean`: of all atoms of a day, which are Poisson counts by log-normal weights."""
    members = {name: [f"{name}_{n}" for n in range(size)] for name, size in sizes.items()}
    weights = {name: [exp(rng.gauss(0, 1)) for _ in codes] for name, codes in members.items()}
    if days:
        members["time"] = [day.isoformat() for day in days]
        weights["time"] = [1.0] * len(days)
    atoms = {}
    for places in product(*(range(len(codes)) for codes in members.values())):
        expected = mean
        for at, ones in zip(places, weights.values(), strict=True):
            expected *= ones[at] * len(ones) / sum(ones)
        if count := _poisson(rng, expected):
            atoms[tuple(codes[at] for at, codes in zip(places, members.values(), strict=True))] = count
    return cube(members, atoms, tables)


def _poisson(rng: Random, expected: float) -> int:
    if expected > 30:
        return max(0, round(rng.gauss(expected, expected**0.5)))
    left, count = rng.random(), 0
    while left > exp(-expected):
        left *= rng.random()
        count += 1
    return count


def days(first: int, count: int) -> list[date]:
    """From the first of October 2026 so many on."""
    return [FIRST + timedelta(first + n) for n in range(count)]


def drawn(cube: Cube, first: int = 0, count: int = 31, report: str = "this") -> Drawn:
    begins, ends = midnight(FIRST + timedelta(first)), midnight(FIRST + timedelta(first + count))
    return Drawn(report, begins, ends, (cube,))


def held(report: Drawn, hidden: Hidden) -> Held:
    return Held(report.report, report.begins, report.ends, report.cubes, {report.cubes[0].name: hidden})
