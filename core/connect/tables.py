"""Tables in partners' own formats: columns known by their headings in either language, rows read one by one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar

import msgspec

from core.campaigns.sheets import cellwise
from core.campaigns.sheets.columns import plain
from core.campaigns.sheets.opening import XLSX, Cell, opened
from core.edge import CSV
from core.plugin.connector import Refused, Said, Translated, translate_items

N = TypeVar("N")
V = TypeVar("V")

_EXACT = 10**15
"""From here on a number in a workbook has lost digits."""

_NAMELESS = "without heading"
"""The field of a cell that no heading stands above: no decoder knows it."""


def translate_table(
    body: bytes,
    headings: Mapping[str, Sequence[str]],
    decoder: msgspec.json.Decoder[N],
    translate: Callable[[N], Said],
    *,
    days: Collection[str] = (),
) -> list[Translated]:
    """One answer for each row below the header of a CSV file or a workbook (XLSX), empty rows apart.

    `headings` says, by field, what its column may be called: case, tone marks and punctuation do not matter. Cells
    reach the decoder as text, empty ones not at all, those of `days` as YYYY-MM-DD where they are day, month, year. A
    number too long to be exact stays a number, so that its row is refused. The header is the first row with more than
    one cell, below which every cell has to have a heading.

    Raises `Refused` for a column that is not known: it may say what nobody asked for. Otherwise as `opened`.
    """
    header, *rows = _rows(body)
    fields = [_field(str(cell), headings) if cell != "" else "" for cell in header]
    repeated = {field for field in fields if field and fields.count(field) > 1}
    if repeated:
        raise Refused(f"Two columns are read as one: {', '.join(sorted(repeated))}.", code="repeated_column")
    items = (msgspec.Raw(msgspec.json.encode(_said(fields, cells, days))) for cells in rows)
    return translate_items(items, decoder, translate, "")


def meanings(words: Mapping[str, V]) -> Callable[[str, str], V]:
    """What a cell may say, compared as headings are: a function of the cell's text and its field.

    It raises `Refused` for any other word.
    """
    known = {plain(word): meaning for word, meaning in words.items()}

    def meaning(said: str, field: str) -> V:
        try:
            return known[plain(said)]
        except KeyError:
            raise Refused(f"Expected one of: {', '.join(words)}.", f"/{field}", "unknown_word") from None

    return meaning


def _rows(body: bytes) -> list[Sequence[Cell]]:
    """From the header on, without empty rows. A workbook is a ZIP archive, and no CSV file begins like one."""
    media_type = XLSX if body.startswith(b"PK\x03\x04") else CSV
    sheets = [[row for row in sheet.rows if any(cell != "" for cell in row)] for sheet in opened(body, media_type)]
    filled = [rows for rows in sheets if rows]
    if len(filled) != 1:
        raise Refused("Send one table: a header, and rows below it.", code="no_table")
    (rows,) = filled
    titles = next((at for at, row in enumerate(rows) if sum(cell != "" for cell in row) > 1), None)
    if titles is None:
        raise Refused("No row of headings says what each column holds.", code="no_header")
    return list(rows[titles:])


def _field(heading: str, headings: Mapping[str, Sequence[str]]) -> str:
    for field, called in headings.items():
        if plain(heading) in map(plain, (field, *called)):
            return field
    known = "; ".join(called[0] for called in headings.values())
    reason = f"The column {heading[:80]!r} is not part of this table. It may have: {known}."
    raise Refused(reason, code="unknown_column")


def _said(fields: Sequence[str], cells: Sequence[Cell], days: Collection[str]) -> dict[str, str | float]:
    named = zip_longest(fields, cells, fillvalue="")
    return {field or _NAMELESS: _cell(cell, field in days) for field, cell in named if cell != ""}


def _cell(cell: Cell, is_day: bool) -> str | float:
    if isinstance(cell, float) and abs(cell) >= _EXACT:
        return cell
    day = cellwise.day(cell) if is_day else None
    return day.isoformat() if day else cellwise.text(cell)
