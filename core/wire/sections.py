"""What a section of a report is asked, and what it counts, before anything is hidden. None of it leaves the hub."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from core.wire.common import Slug, Time
from core.wire.documents import (
    Chart,
    Dimension,
    Name,
    Period,
    Positions,
    ReaderClass,
    SectionStatus,
    Unit,
    Words,
)


class Asked(msgspec.Struct, frozen=True):
    """For whom, and which stretch of the log: the same for all sections of a report."""

    readers: ReaderClass
    partner: int | None
    """Through whose eyes, for readers `partner`."""
    slug: Slug | None
    period: Period
    positions: Positions
    begins: int
    """Time of the period's first midnight, µs."""
    ends: int
    """First time that counts no longer, µs: the midnight that ends the period, or right behind `positions.to` while it
    runs."""
    grain: Literal["day", "month"]
    """What members of the time dimension are (`core.reports.asked.time_dimension`)."""


class Count(msgspec.Struct, frozen=True):
    """A measure of a cube: whole numbers that add up."""

    name: Name
    title: Words
    unit: Unit
    protected: bool = True
    """Whether it counts people or cases, so that small numbers are hidden. Reach is not."""


class Share(msgspec.Struct, frozen=True):
    """So many of a hundred, computed of two cells that are shown."""

    name: Name
    title: Words
    part: Name
    whole: Name


class Quantile(msgspec.Struct, frozen=True):
    """How long it took for so many of a hundred of those that `of` counts, in seconds, by exact rank."""

    name: Name
    title: Words
    of: Name
    percent: int


class Wanted(msgspec.Struct, frozen=True):
    """A table of a cube: its cells summed up over the dimensions that `by` leaves out, with totals."""

    name: Name
    title: Words
    by: tuple[Name, ...]
    measures: tuple[Name, ...]
    """Of the cube's counts, shares and quantiles, in the order of columns."""
    chart: Chart | None = None


class Cube(msgspec.Struct, frozen=True):
    """Counts by every combination of members."""

    name: Name
    """Two reports that count the same have a cube of the same name, with dimensions of the same names."""
    dimensions: tuple[Dimension, ...]
    counts: tuple[Count, ...]
    atoms: Mapping[tuple[str, ...], tuple[int, ...]]
    """By a member of each dimension, one number for each count. What is not there is zero."""
    tables: tuple[Wanted, ...]
    shares: tuple[Share, ...] = ()
    quantiles: tuple[Quantile, ...] = ()
    durations: Mapping[tuple[str, ...], Mapping[int, int]] = {}
    """By a member of each dimension: how many took so many seconds, among those that a quantile is `of`."""
    time: Name | None = None
    """The dimension whose members are days (`2026-11-22`) or months (`2026-11`) of the hub."""
    contributor: Name | None = None
    """The dimension that says which partner's doing it is: each knows its own cells."""
    known: frozenset[str] = frozenset()
    """Members of `contributor` that the reader is, or speaks for: nothing of theirs is hidden from it."""
    least: tuple[tuple[Name, Name], ...] = ()
    """Counts of which the first is never more than the second, in any cell: what an attacker may use."""

    def place(self, dimension: Name) -> int:
        """Its index in keys."""
        return [one.name for one in self.dimensions].index(dimension)


class Draft(msgspec.Struct, frozen=True):
    """A section before anything is hidden."""

    name: Name
    title: Words
    cubes: tuple[Cube, ...] = ()
    status: SectionStatus = SectionStatus.MADE
    since: Time | None = None
    note: Words | None = None
