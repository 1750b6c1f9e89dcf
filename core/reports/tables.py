"""Tables of a report as CSV (RFC 4180) that a spreadsheet opens unharmed."""

import csv
import io
import unicodedata

from core.wire.reports import Cell, Section

CSV = "text/csv"

_BLANK = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"


def to_csv(section: Section) -> bytes:
    """UTF-8 with a byte-order mark, for Excel reads Vietnamese wrongly without one; CRLF; a first row of names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.name for column in section.columns)
    writer.writerows([_cell(cell) for cell in row] for row in section.rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = unicodedata.normalize("NFC", cell)
    # Quotes do not stop a spreadsheet from running text as a formula; full-width signs are signs to it as well.
    seen = unicodedata.normalize("NFKC", text).lstrip(_BLANK)
    return f"'{text}" if seen[:1] in ("=", "+", "-", "@", "|") else text
