"""The file as a whole: its properties, the order and names of its sheets."""

import io
import re
from collections.abc import Iterator
from datetime import UTC

import xlsxwriter

from core.sdk import Frozen, Language, Section, Table
from plugins.documents.figures import word
from plugins.documents.workbook.cover import write_cover
from plugins.documents.workbook.paper import Paper, written
from plugins.documents.workbook.sheet import write_table

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\s]+")
_LONGEST = 31
"""Of a sheet's name, in units of UTF-16, as Excel counts."""


def render(frozen: Frozen, language: Language | None) -> bytes:
    """In Vietnamese, unless another language is named."""
    language = language or Language.VI
    document = frozen.document
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        # A time of its own choice would make every file another one.
        created = document.as_of.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": written(word(document.title, language)), "created": created})
        paper = Paper(book, frozen, language)
        sheets = list(_named(frozen, language))
        write_cover(paper, [(section, name) for section, _, name in sheets])
        for section, table, name in sheets:
            write_table(paper, name, section, table)
    return out.getvalue()


def _named(frozen: Frozen, language: Language) -> Iterator[tuple[Section, Table, str]]:
    for chapter, section in enumerate(frozen.document.sections, 1):
        for number, table in enumerate(section.tables, 1):
            yield section, table, _name(f"{chapter}.{number} {written(word(table.title, language))}")


def _name(text: str) -> str:
    cut = _FORBIDDEN.sub(" ", text).encode("utf-16-le")[: _LONGEST * 2]
    return cut.decode("utf-16-le", "ignore").strip("' ")
