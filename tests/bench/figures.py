"""What a figure is: two sides measured in turn, and the ratio that they have to hold."""

from collections.abc import Awaitable, Callable
from statistics import median

import msgspec

Side = Callable[[], Awaitable[float]]
"""One measurement: so many a second, or so many seconds."""


class Goal(msgspec.Struct, frozen=True):
    """The least that a ratio may be, or the most."""

    bound: float
    least: bool = True

    def holds(self, ratio: float) -> bool:
        return ratio >= self.bound if self.least else ratio <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='} {self.bound:g}"


class Figure(msgspec.Struct, frozen=True):
    """One line of the output."""

    name: str
    engine: str
    ratio: float
    goal: str
    holds: bool
    ours: float
    """Median of the side that the goal is for; in `unit`, as `theirs` is."""
    theirs: float
    unit: str
    baseline: str
    """What `theirs` is: a file of tests/bench, or another state of the hub."""


async def compare(name: str, engine: str, goal: Goal, sides: tuple[Side, Side], pairs: int, **more: str) -> Figure:
    """Both sides in turn, the first one changing, so that what slows the machine meets both; one round to warm up."""
    ours: list[float] = []
    theirs: list[float] = []
    for side in sides:
        await side()
    both = list(zip((ours, theirs), sides, strict=True))
    for _ in range(pairs):
        for taken, side in both:
            taken.append(await side())
        both.reverse()
    ratio = median(our / their for our, their in zip(ours, theirs, strict=True))
    return figure(name, engine, goal, ratio, (median(ours), median(theirs)), **more)


def figure(
    name: str, engine: str, goal: Goal, ratio: float, medians: tuple[float, float], *, unit: str, baseline: str
) -> Figure:
    ours, theirs = (round(one, 4) for one in medians)
    return Figure(name, engine, round(ratio, 3), str(goal), goal.holds(ratio), ours, theirs, unit, baseline)
