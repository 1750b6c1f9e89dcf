"""Tables as programs read them: one column for each code, each label and each measure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from core.reports.tables import Cell
from core.sdk import Dimension, Frozen, Language, Measure, Section, Table, Unit, Words
from plugins.documents.figures import word, words

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What XML 1.0 §2.2 has no place for; some readers refuse the whole file.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Field(msgspec.Struct, frozen=True):
    """A column."""

    name: str
    kind: Literal["text", "day", "whole", "decimal"]
    title: Words
    unit: Unit | None = None
    """Of a measure: None in its cells is hidden. None in a code: all members together."""
    scale: int = 0
    """Of decimals: so many digits behind the point."""
    additive: bool = False
    """Whether a total is the sum of its parts."""


class Flat(msgspec.Struct, frozen=True):
    """A table and where it stands among the files of a report."""

    path: str
    """`section/table`, without an extension."""
    title: Words
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]


def flatten(frozen: Frozen) -> tuple[Flat, ...]:
    """The sections with their states first, so that a table that is missing is not taken for a quiet month."""
    sections = frozen.document.sections
    return (_states(sections), *(_flat(section, table) for section in sections for table in section.tables))


def day_of(dimension: Dimension, code: str) -> date | None:
    """The day that a member of a dimension of time stands for, if it is a whole day."""
    return date.fromisoformat(code) if dimension.name == "time" and _DAY.fullmatch(code) else None


def plain(text: str) -> str:
    """Composed letters (NFC), lines that end in LF, and nothing that a file cannot hold."""
    return unicodedata.normalize("NFC", _UNWRITABLE.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")


def _states(sections: Iterable[Section]) -> Flat:
    titles = {
        "section": Words("Phần", "Section"),
        "title_vi": Words("Tên tiếng Việt", "Title in Vietnamese"),
        "title_en": Words("Tên tiếng Anh", "Title in English"),
        "status": Words("Tình trạng", "Status"),
        "since": Words("Từ khi nào", "Since"),
        "note_vi": Words("Ghi chú tiếng Việt", "Note in Vietnamese"),
        "note_en": Words("Ghi chú tiếng Anh", "Note in English"),
    }
    return Flat(
        path="sections",
        title=Words("Các phần của báo cáo", "Sections of the report"),
        fields=tuple(Field(name, "text", title) for name, title in titles.items()),
        rows=tuple(tuple(_state(section)) for section in sections),
    )


def _state(section: Section) -> Iterator[str | None]:
    since = section.since.isoformat().replace("+00:00", "Z") if section.since else None
    yield from (section.name, *_both(section.title), section.status.value, since)
    yield from _both(section.note) if section.note else (None, None)


def _flat(section: Section, table: Table) -> Flat:
    fields = [field for dimension in table.dimensions for field in _codes(dimension)]
    fields += [_figures(measure, [row.cells[at] for row in table.rows]) for at, measure in enumerate(table.measures)]
    labels = [{member.code: _both(member.label) for member in dimension.members} for dimension in table.dimensions]
    totals = tuple(words(language)["total"] for language in Language)
    rows = []
    for row in table.rows:
        key = [
            cell
            for code, named in zip(row.key, labels, strict=True)
            for cell in (code and plain(code), *(totals if code is None else named[code]))
        ]
        rows.append((*key, *(Decimal(cell) if isinstance(cell, str) else cell for cell in row.cells)))
    return Flat(f"{section.name}/{table.name}", table.title, tuple(_distinct(fields)), tuple(rows))


def _codes(dimension: Dimension) -> Iterator[Field]:
    whole_days = all(day_of(dimension, member.code) for member in dimension.members)
    yield Field(dimension.name, "day" if whole_days else "text", dimension.title)
    for language in Language:
        yield Field(f"{dimension.name}_{language.value}", "text", dimension.title)


def _figures(measure: Measure, cells: Iterable[int | str | None]) -> Field:
    scales = [len(cell.partition(".")[2]) for cell in cells if isinstance(cell, str)]
    if not scales and measure.unit is not Unit.PERCENT:
        return Field(measure.name, "whole", measure.title, measure.unit, additive=measure.additive)
    scale = max(scales, default=1)
    return Field(measure.name, "decimal", measure.title, measure.unit, scale, additive=measure.additive)


def _distinct(fields: Iterable[Field]) -> Iterator[Field]:
    """Names are a plugin's own choice; two columns of one name would cost its table, or the whole file."""
    taken: set[str] = set()
    for field in fields:
        name = field.name
        while name in taken:
            name += "_"
        taken.add(name)
        yield msgspec.structs.replace(field, name=name)


def _both(of: Words) -> tuple[str, ...]:
    return tuple(plain(word(of, language)) for language in Language)
