"""Trials: random reports of successive periods, and of all of them together, attacked by everybody."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from core.reports.cube import Cube
from core.reports.disclosure import Held, Protection
from core.reports.disclosure.held import Drawn
from core.reports.disclosure.protect import protect
from tests.reports.disclosure.attacker import Told, publish, told
from tests.reports.disclosure.samples import TWO_WAY, days, drawn, held, random_cube

Protect = Callable[[Drawn, Sequence[Held]], Protection]
MEANS = (0.3, 0.5, 1.0, 3.0, 8.0)


def reports(rng: Random) -> list[Drawn]:
    """Of two days, of the two days after, and of all four."""
    sizes = {"province": rng.randint(2, 5), "category": rng.randint(2, 4), "partner": rng.randint(2, 4)}
    tables = rng.sample([*TWO_WAY, ("time", "category"), ("partner",)], rng.randint(1, 4))
    mean = rng.choice(MEANS) / 2
    first, second = (random_cube(rng, sizes, mean, tables, days(2 * n, 2)) for n in range(2))
    return [
        drawn(first, 0, 2, "first"),
        drawn(second, 2, 2, "second"),
        drawn(_both(first, second), 0, 4, "both"),
    ]


def _both(first: Cube, second: Cube) -> Cube:
    time = first.place("time")
    dimension = first.dimensions[time]
    members = dimension.members + second.dimensions[time].members
    dimensions = (*first.dimensions[:time], msgspec.structs.replace(dimension, members=members))
    return msgspec.structs.replace(first, dimensions=dimensions, atoms={**first.atoms, **second.atoms})


def freeze(series: Sequence[Drawn], method: Protect = protect) -> list[Held]:
    """One after the other, each by what is held of those before."""
    frozen: list[Held] = []
    for report in series:
        frozen.append(held(report, method(report, frozen).hidden["claims"]))
    return frozen


def attacked(frozen: Sequence[Held], attackers: Sequence[str | None] | None = None) -> list[Told]:
    """By readers and by each partner among them: whoever reads one report has read those before."""
    cubes = [report.cubes[0] for report in frozen]
    partners = [member.code for member in cubes[0].dimensions[cubes[0].place("partner")].members]
    published = [publish(one.begins, one.ends, one.cubes[0], one.hidden["claims"]) for one in frozen]
    return [found for insider in attackers or (None, *partners) for found in told(published, insider)]
