"""What is told to the sender of a spreadsheet."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Title


class Suggestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may have been meant by a cell."""

    value: str
    """To put into the cell."""
    text: str
    """What it stands for."""


class CellNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be said of one cell."""

    row: Annotated[int, Meta(ge=1)]
    """As the sheet numbers it."""
    column: str
    """Its letter; empty when the sheet has no such column."""
    header: str
    code: str
    """A stable word for programs."""
    value: str
    """What stands there, shortened."""
    text: Title
    suggestions: tuple[Suggestion, ...] = ()
    """The likeliest first."""


class SheetColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    column: str
    header: str
    field: str | None
    """What it was read as; null for one that was left out."""


class SheetReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a sheet of activities."""

    sheet: str
    header_row: Count
    columns: tuple[SheetColumn, ...]
    rows: Count
    """Below the header, without empty ones: created, updated, unchanged and rejected together."""
    created: Count
    updated: Count
    unchanged: Count
    rejected: Count
    faults: tuple[CellNote, ...]
    """Why rows were rejected, by row and column."""
    notes: tuple[CellNote, ...]
    """Of rows that were taken: names that had to be understood."""
