"""The program that opens a workbook that a stranger sent: `python cells.py FILE ROWS COLUMNS`.

A process of its own with little to spend: a sheet of two cells in far corners makes the reader lay out all that is
between them, and one long text may be meant by a million cells. It says on standard output, in JSON, the rows of every
visible sheet, or why there are none. Nothing of the hub is imported here.
"""

import json
import sys
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

try:
    import resource
except ImportError:  # Windows knows no such limits; the size of the file and its parts is bounded there too.
    resource = None  # type: ignore[assignment]

_MEMORY = 1_000_000_000
_SECONDS = 20
_TEXT = 5_000
"""Characters of a cell that are read: as many as the longest text of the API has."""


def main() -> None:
    path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if resource is not None:
        for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(limit, (most, most))
    try:
        said: dict[str, Any] = {"sheets": _sheets(path, rows, columns)}
    except (CalamineError, OSError) as exc:
        said = {"refused": str(exc)}
    json.dump(said, sys.stdout)


def _sheets(path: str, rows: int, columns: int) -> list[dict[str, Any]]:
    book = CalamineWorkbook.from_path(path)
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]
    found = []
    for name in shown[:5]:
        # Empty rows on top are kept, so that numbers of rows are those that the sender sees.
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=rows)
        found.append({"name": name, "rows": [[_plain(cell) for cell in row[:columns]] for row in cells]})
    return found


def _plain(cell: Any) -> str | float | bool:
    if isinstance(cell, str):
        return cell[:_TEXT]
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return cell if isinstance(cell, int | float | bool) else str(cell)


if __name__ == "__main__":
    main()
