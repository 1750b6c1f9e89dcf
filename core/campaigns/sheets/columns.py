"""Which column of a sheet says what, by its header in either language."""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

import msgspec

from core.campaigns.sheets.opening import TOP, Cell, Sheet
from core.errors import Invalid
from core.folding import fold
from core.wire.campaigns import ActivityKind
from core.wire.common import Title
from core.wire.sheets import SheetColumn


class _Words(msgspec.Struct, frozen=True):
    about: str
    headers: dict[str, tuple[str, ...]]
    kinds: dict[ActivityKind, tuple[str, ...]]
    faults: dict[str, Title]


_WORDS = msgspec.json.decode(files("core.campaigns").joinpath("data/sheets.json").read_bytes(), type=_Words)
FAULTS = _WORDS.faults
"""What people are told, by code."""
_NEEDED = ("title", "date")


def plain(text: str) -> str:
    """Words alone, as headers and kinds are compared."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


_FIELDS = {plain(word): field for field, words in _WORDS.headers.items() for word in words}
KINDS = {plain(word): kind for kind, words in _WORDS.kinds.items() for word in (kind.value, *words)}
"""Kinds of activities by what people call them, in plain words."""


class Layout(NamedTuple):
    """A sheet whose columns are known."""

    sheet: Sheet
    header_row: int
    """As the sheet numbers it."""
    headers: tuple[str, ...]
    fields: dict[str, int]
    """Columns, from 0, by what they say."""

    def columns(self) -> tuple[SheetColumn, ...]:
        """Every column that has a header, and what it was read as."""
        names = {at: field for field, at in self.fields.items()}
        return tuple(
            SheetColumn(letter(at), header[:300], names.get(at)) for at, header in enumerate(self.headers) if header
        )

    def rows(self) -> list[tuple[int, Sequence[Cell]]]:
        """Rows below the header that are not empty, with the numbers that the sheet gives them."""
        below = enumerate(self.sheet.rows[self.header_row :], self.header_row + 1)
        return [(number, row) for number, row in below if any(cell != "" for cell in row)]


def find(sheets: Sequence[Sheet]) -> Layout:
    """The header that is known best among the first rows of the sheets.

    Raises `Invalid` when none of them names an activity and its day.
    """
    tried = [_layout(sheet, number) for sheet in sheets for number in range(1, min(TOP, len(sheet.rows)) + 1)]
    best = max(tried, key=lambda layout: len(layout.fields), default=None)
    lacking = [field for field in _NEEDED if best is None or field not in best.fields]
    if best is None or lacking:
        words = "; ".join(f"{field}: {', '.join(_WORDS.headers[field])}" for field in lacking)
        raise Invalid(f"No row of headers says what each column holds. Head columns with one of these. {words}")
    return best


def letter(at: int) -> str:
    """The name of a column: 0 is A, 26 is AA."""
    text, number = "", at + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _layout(sheet: Sheet, number: int) -> Layout:
    headers = tuple(str(cell).strip() for cell in sheet.rows[number - 1])
    fields: dict[str, int] = {}
    for at, header in enumerate(headers):
        field = _FIELDS.get(plain(header))
        if field is not None:
            fields.setdefault(field, at)
    return Layout(sheet, number, headers, fields)
