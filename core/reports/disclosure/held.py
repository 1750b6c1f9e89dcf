"""What hiding small cells is asked, and what it answers."""

from collections.abc import Mapping

import msgspec

from core.reports.cube import Cube, Hidden
from core.wire.documents import Code, Name

SMALL = 5
"""A count of people or cases below this, but not zero, is shown to nobody, and nobody can tell that it is below."""


class Drawn(msgspec.Struct, frozen=True):
    """A report whose cells have been counted, before anything is hidden."""

    report: str
    """Names the report in refusals."""
    begins: int
    """From when it counts, µs."""
    ends: int
    """Before when it counts, µs: of a running period, the time that it is frozen at."""
    cubes: tuple[Cube, ...]
    """No two of the same name."""


class Held(Drawn, frozen=True):
    """A report that its readers have."""

    hidden: Mapping[Name, Hidden]
    """By cube."""


class TableName(msgspec.Struct, frozen=True, order=True):
    """A table of a report."""

    report: str
    cube: Name
    table: Name


class Weak(msgspec.Struct, frozen=True):
    """A small count that somebody can tell to be small."""

    insiders: tuple[Code, ...]
    """The partner who can, from its own counts and everything shown; nobody: every reader can."""
    cube: Name
    members: tuple[tuple[Name, Code], ...]
    """What is counted, by dimension but time; nothing of what is counted together."""
    measure: Name
    begins: int
    ends: int
    rest: bool
    """Not a cell of a table: what is left of one when the reports of parts of its time are taken off."""
    most: int | None
    """The most that it can be, for an insider without its own; None: it was not asked how much."""


class Witness(msgspec.Struct, frozen=True):
    """Other counts with which everything that is shown would be the same: a proof that what is hidden is not known.

    A secret like the counts themselves.
    """

    changes: tuple[tuple[int, int], ...]
    """Which cell, by its place in the system that the report and those held make up, is how much more or less."""


class Unfounded(Exception):
    """A witness changes what is shown, or does not add up."""


class Protection(msgspec.Struct, frozen=True):
    hidden: Mapping[Name, Hidden]
    """By cube, every cube of the report. Whether a cell is small, or hides one that is, shows in nothing."""
    witnesses: tuple[Witness, ...]


class Weakens(Exception):
    """Whatever the report hides, together with what its readers hold somebody could tell a small count."""

    def __init__(self, tables: tuple[TableName, ...]) -> None:
        super().__init__(", ".join(f"{one.report}/{one.cube}/{one.table}" for one in tables))
        self.tables = tables
        """Of the new report and of those held."""


class Unsettled(Exception):
    """Reports that count the same time differently, or cut across each other's time: nobody knows what they share."""
