"""A sheet taken in: good rows stored, each bad cell explained."""

from typing import NamedTuple

from core.campaigns.sheets import columns, opening
from core.campaigns.sheets.columns import Layout
from core.campaigns.sheets.reading import Reader, ReadRow
from core.edge import AT_ONCE
from core.errors import TooLarge
from core.wire.campaigns import ActivitiesSubmitted, ActivityIn, ActivityKind
from core.wire.sheets import SheetReport


class ReadSheet(NamedTuple):
    layout: Layout
    rows: list[ReadRow]

    def activities(self) -> list[ActivityIn]:
        """Those without faults, in the order of their rows."""
        return [row.activity for row in self.rows if row.activity is not None]


def read(data: bytes, media_type: str, kind: ActivityKind | None) -> ReadSheet:
    """Everything but the storing; takes seconds, so give it a thread. `kind` is that of rows that say none.

    Raises `Invalid`, `TooLarge` and `UnsupportedMediaType` as `opening.opened` does.
    """
    layout = columns.find(opening.opened(data, media_type))
    rows = layout.rows()
    if len(rows) > AT_ONCE:
        raise TooLarge(f"A sheet may have {AT_ONCE} rows; send the rest as another.")
    reader = Reader(layout, kind)
    return ReadSheet(layout, [reader.read(number, cells) for number, cells in rows])


def report(sheet: ReadSheet, stored: ActivitiesSubmitted) -> SheetReport:
    """What became of the rows."""
    return SheetReport(
        sheet=sheet.layout.sheet.name,
        header_row=sheet.layout.header_row,
        columns=sheet.layout.columns(),
        rows=len(sheet.rows),
        created=stored.created,
        updated=stored.updated,
        unchanged=stored.unchanged,
        rejected=len(sheet.rows) - len(sheet.activities()),
        faults=tuple(fault for row in sheet.rows for fault in row.faults),
        notes=tuple(note for row in sheet.rows for note in row.notes),
    )
