"""Single cells as people fill them in: days, counts, codes, links."""

import math
import re
from datetime import date, timedelta

from core.campaigns.sheets.opening import Cell

_DMY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_GROUPED = re.compile(r"\d{1,3}(?:[.,\s]\d{3})+")
_EPOCH = date(1899, 12, 30)
_SERIALS = range(36_526, 73_051)
"""Days of 2000 to 2099, as Excel counts them."""


def text(cell: Cell) -> str:
    """What stands in the cell; 4.0 is 4."""
    if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell):
        return str(int(cell))
    return " ".join(str(cell).split())


def day(cell: Cell) -> date | None:
    """Day, month, year in this order, ISO 8601 or a day number of Excel; None for anything else."""
    if isinstance(cell, float | int):
        return _EPOCH + timedelta(days=int(cell)) if int(cell) in _SERIALS and not isinstance(cell, bool) else None
    written = text(cell)
    if found := _DMY.fullmatch(written):
        parts = int(found[3]), int(found[2]), int(found[1])
    elif found := _ISO.match(written):
        parts = int(found[1]), int(found[2]), int(found[3])
    else:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None


def other_day(cell: Cell) -> date | None:
    """The day that is meant if somebody wrote the month first, or two digits of a year."""
    found = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})", text(cell))
    if not found:
        return None
    year = int(found[3]) + (2_000 if len(found[3]) == 2 else 0)
    for month, number in ((int(found[2]), int(found[1])), (int(found[1]), int(found[2]))):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    return None


def count(cell: Cell) -> int | None:
    """A whole number, grouped by points, commas or spaces or not at all; empty is 0, None is no such number."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, float | int):
        return int(cell) if math.isfinite(cell) and cell == int(cell) and cell >= 0 else None
    written = text(cell)
    if written in ("", "-"):
        return 0
    if _GROUPED.fullmatch(written):
        written = re.sub(r"[.,\s]", "", written)
    return int(written) if re.fullmatch(r"[0-9]{1,18}", written) else None


def code(cell: Cell) -> str | None:
    """A commune's code with the zeros that a number loses; None for what is no number."""
    written = text(cell)
    return written.zfill(5) if re.fullmatch(r"[0-9]{1,5}", written) else None


def links(cell: Cell) -> list[str]:
    """Addresses that stand in one cell, one below or behind the other."""
    return [one for one in re.split(r"[\s;]+", str(cell).strip()) if one]
