"""Tables as CSV (RFC 4180) that a spreadsheet opens unharmed."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

Cell = str | int | Decimal | None

_BLANK = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""Categories of characters that a spreadsheet may pass over before it looks for a sign."""
_SIGNS = ("=", "+", "-", "@", "|")
_SEPARATORS = re.compile(r"([;\t\r\n])")
"""Where a spreadsheet that expects semicolons, as it does where numbers have a decimal comma, begins another cell."""
_HARMLESS = re.compile(r"[0-9A-Za-z][^;\t\r\n]*", re.ASCII)


def to_csv(header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> bytes:
    """UTF-8 with a byte-order mark, for Excel reads Vietnamese wrongly without one; CRLF; numbers by their type."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(map(_cell, row) for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(cell: Cell) -> str | int | None:
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if not isinstance(cell, str) or (cell.isascii() and _HARMLESS.fullmatch(cell)):
        return cell
    text = unicodedata.normalize("NFC", cell)
    # Quotes do not stop a spreadsheet from running text as a formula.
    quoted = "".join(f"'{part}" if _runs(part) else part for part in _SEPARATORS.split(text))
    return f"'{quoted}" if _runs(text) and not quoted.startswith("'") else quoted


def _runs(text: str) -> bool:
    """Whether its first character that is seen is a sign; full-width signs are signs to a spreadsheet as well."""
    seen = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) not in _BLANK)
    return next(seen, "") in _SIGNS
