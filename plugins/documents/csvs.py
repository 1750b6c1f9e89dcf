"""One CSV file for each table, zipped."""

from core.reports.tables import Cell, to_csv
from core.sdk import Frozen, Language
from plugins.documents.figures import HIDDEN
from plugins.documents.flat import Field, Flat, flatten
from plugins.documents.package import pack


def render(frozen: Frozen, language: Language | None) -> bytes:
    tables = {flat: _file(flat) for flat in flatten(frozen)}
    return pack(frozen, tables, "csv", "text/csv")


def _file(flat: Flat) -> bytes:
    rows = (map(_shown, row, flat.fields) for row in flat.rows)
    return to_csv([field.name for field in flat.fields], rows)


def _shown(cell: Cell, field: Field) -> Cell:
    return HIDDEN.text if cell is None and field.unit else cell
