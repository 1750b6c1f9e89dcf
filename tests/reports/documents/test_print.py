"""The typeset report, read back by a program of other people: its text, its marks on every page, its tags."""

import io
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from core.wire.documents import (
    Chart,
    ChartKind,
    Dimension,
    Document,
    Language,
    Measure,
    Member,
    ReaderClass,
    Row,
    Section,
    SectionStatus,
    Table,
    Unit,
    Words,
)
from plugins.documents import typeset
from plugins.documents.figures import words
from plugins.documents.lines import printed
from plugins.documents.view import view
from tests.reports.documents.injections import TEXTS, everywhere
from tests.reports.samples import data_quality, document, frozen

BOTH = pytest.mark.parametrize("language", list(Language))


def read(of: Document, language: Language) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(typeset.render_pdf(frozen(of), language)))


@cache
def pages_of(language: Language) -> list[str]:
    """Of the sample, as a reader copies them."""
    return [page.extract_text() for page in read(document(), language).pages]


def text_of(of: Document, language: Language) -> str:
    return in_one_line(page.extract_text() for page in read(of, language).pages)


def in_one_line(pages: Iterable[str]) -> str:
    """What is broken over lines on paper is one text; so is a word with places to break."""
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def short(**changed: Any) -> Document:
    """Of one section."""
    return msgspec.structs.replace(document(), **{"sections": (data_quality(),), **changed})


@BOTH
def test_every_word_and_figure_can_be_copied_out(language: Language) -> None:
    seen = view(frozen(), language)
    text = in_one_line(pages_of(language))
    for section in seen.sections:
        assert section.title in text
        assert section.note in text
        for table in section.tables:
            assert table.printed
            assert f"{table.title} " in text
            # Row by row: a figure is beside its label and in its order.
            for line in (line for piece in table.printed for line in piece.lines):
                told = " ".join([*line.labels, *(figure.text for figure in line.figures)])
                assert " ".join(told.split()) in text, told


def test_letters_of_vietnamese_come_back_composed() -> None:
    every = "".join(chr(point) for point in range(0x1EA0, 0x1EFA)) + "ĂăÂâĐđÊêÔôƠơƯư"
    title = text_of(short(title=Words(every, every)), Language.VI).replace(" ", "")
    assert every in title


@BOTH
def test_every_page_says_what_it_is_a_page_of(language: Language) -> None:
    pages, seen, said = pages_of(language), view(frozen(), language), words(language)
    for number, text in enumerate(pages, 1):
        assert f"SHA-256 {seen.sha256}" in text
        assert f"{said['position']} {seen.position}" in text
        assert f"{said['page']} {number}{said['of']}{len(pages)}" in text
        assert said["provisional"] not in text


def test_every_page_of_provisional_figures_says_so() -> None:
    pdf = read(short(provisional=True), Language.VI)
    assert all("Số liệu tạm tính" in page.extract_text() for page in pdf.pages)


@BOTH
def test_it_keeps_and_can_be_read_out(language: Language) -> None:
    pdf, seen = read(document(), language), view(frozen(), language)
    root: Any = pdf.root_object
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part\D+2\D.*pdfaid:conformance\W+A", xmp, re.DOTALL)
    assert re.search(r"pdfuaid:part\D+1\D", xmp)
    assert root["/Lang"] == language.value
    assert pdf.metadata is not None
    assert str(pdf.metadata.title).startswith(seen.title)
    kinds = [one.get("/S") for one in tags(root["/StructTreeRoot"])]
    pieces = [piece for section in seen.sections for table in section.tables for piece in table.printed]
    assert kinds.count("/Table") == len(pieces)
    assert kinds.count("/H1") == len(seen.sections) + 3
    alts = [one["/Alt"] for one in tags(root["/StructTreeRoot"]) if one.get("/S") == "/Figure"]
    # The first is the code to scan.
    assert alts == [alts[0], *(picture.alt for picture in typeset.drawn(seen))]


def tags(node: Any) -> Iterator[Any]:
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from tags(one)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from tags(node["/K"])


def test_it_is_dated_by_its_figures() -> None:
    pdf = read(short(), Language.EN)
    assert pdf.metadata is not None
    assert pdf.metadata.creation_date == document().as_of


def test_a_long_table_has_its_headings_on_every_page() -> None:
    names = tuple(Member(f"m{at}", Words(f"Dòng {at}", f"Row {at}")) for at in range(60))
    rows = (*(Row((one.code,), (at + 10,)) for at, one in enumerate(names)), Row((None,), (2_370,)))
    dimension = Dimension("rows", Words("Cột nhãn", "Labels"), names)
    measure = Measure("number", Words("Cột số", "Numbers"), Unit.COUNT, additive=True)
    table = Table("long", Words("Bảng dài", "Long"), (dimension,), (measure,), rows)
    of = short(sections=(Section("one", Words("Một mục", "One section"), tables=(table,)),))
    pages = [page.extract_text() for page in read(of, Language.VI).pages]
    holding = [text for text in pages if re.search(r"Dòng \d+ \d+", text)]
    assert len(holding) == 2
    assert all("Cột nhãn Cột số" in text for text in holding)
    # The total is not alone on the last one.
    assert "Tổng số 2.370" in holding[-1]


@BOTH
def test_what_is_missing_is_said(language: Language) -> None:
    since = datetime(2026, 10, 3, 1, tzinfo=UTC)
    note = Words("Tiện ích không trả lời.", "The plugin did not answer.")
    gone = Section("gone", Words("Vắng", "Gone"), SectionStatus.UNAVAILABLE, since, note)
    empty = Section("empty", Words("Trống", "Empty"))
    bare = msgspec.structs.replace(document().sections[0].tables[0], rows=())
    without = Section("without", Words("Không dòng", "Without rows"), tables=(bare,))
    text, said = text_of(short(sections=(gone, empty, without)), language), words(language)
    time = "08:00, 03/10/2026" if language is Language.VI else "08:00, 3 October 2026"
    assert f"{said['unavailable']} {said['since'].format(time=time)}" in text
    assert (note.vi if language is Language.VI else note.en) in text
    assert text.count(said["empty"]) == 2


def test_a_report_for_a_partner_names_it() -> None:
    assert "Đối tác lotus" in text_of(short(readers=ReaderClass.PARTNER, partner="lotus"), Language.VI)


@pytest.mark.parametrize("text", ["#let x = 1", "*đậm* _nghiêng_", "$x^2$ <nhãn> @tham", "= Đầu đề", "\\u{41}`mã`"])
def test_text_is_never_markup(text: str) -> None:
    # Copied out, what is broken over lines has blanks of its own.
    found = text_of(everywhere(text), Language.VI).replace(" ", "")
    assert found.count(text.replace(" ", "")) > 20


def test_any_text_can_be_printed() -> None:
    """Letters that no font has, signs that turn lines around, five thousand letters in a title."""
    for text in [*TEXTS[::9], "😀" * 40, "\ufffe\uffff", "a\x00b", "\u202e", "a" * 5_000]:
        assert typeset.render_pdf(frozen(everywhere(text)), Language.VI).startswith(b"%PDF-")


def test_two_dimensions_cross_where_there_is_room() -> None:
    tables = {table.name: table for section in document().sections for table in section.tables}
    (crossed,) = printed(tables["signals_by_partner_and_category"], Language.EN)
    # Three partners and their total go across, eleven categories and theirs down.
    assert (len(crossed.heads), len(crossed.lines), crossed.totals) == (4, 12, 1)
    (both,) = printed(tables["takedowns_by_platform_and_category"], Language.EN)
    assert [one.span for one in both.groups] == [2, 2, 2, 2]
    (days,) = printed(tables["signals_by_day_and_partner"], Language.EN)
    assert (days.labels, len(days.lines)) == (("Day",), 32)


def test_rows_that_are_not_there_are_zero_and_hidden_ones_are_not() -> None:
    first = Dimension("first", Words("A", "A"), (Member("x", Words("x", "x")), Member("y", Words("y", "y"))))
    second = msgspec.structs.replace(first, name="second")
    measures = (
        Measure("number", Words("Số", "Number"), Unit.COUNT, additive=True),
        Measure("share", Words("Tỷ lệ", "Share"), Unit.PERCENT, additive=False),
    )
    zero = Member("z", Words("z", "z"))
    first, second = (msgspec.structs.replace(one, members=(*one.members, zero)) for one in (first, second))
    rows = (Row(("x", "x"), (7, "12.5")), Row(("y", "y"), (None, None)), Row(("z", "z"), (0, None)))
    table = Table("t", Words("T", "T"), (first, second), measures, rows)
    (made,) = printed(table, Language.VI)
    assert [[one.text for one in line.figures] for line in made.lines] == [
        ["7", "12,5%", "0", "–"],
        ["0", "–", "…", "…"],
    ]
    # What is zero all over is left out, as rows that are not there are; and so is a table of nothing else.
    assert printed(msgspec.structs.replace(table, rows=rows[2:]), Language.VI) == ()


def test_a_table_without_the_dimension_of_its_chart_is_printed_without_one() -> None:
    table = document().sections[0].tables[1]
    asked = (ChartKind.TILE_GRID, ChartKind.TIME_SERIES)
    tables = tuple(msgspec.structs.replace(table, chart=Chart(kind, ("first",))) for kind in asked)
    section = Section("plugin", Words("Tiện ích", "Plugin"), tables=tables)
    of = short(sections=(section,))
    assert typeset.drawn(view(frozen(of), Language.VI)) == []
    assert text_of(of, Language.VI).count("Cờ bạc") == len(tables)


def test_a_table_too_wide_for_paper_is_printed_measure_by_measure() -> None:
    first, second = (
        Dimension(name, Words(name, name), tuple(Member(f"{name}{at}", Words(f"{name} {at}", "")) for at in range(9)))
        for name in ("north", "south")
    )
    measures = tuple(Measure(name, Words(name, name), Unit.COUNT, additive=True) for name in ("one", "two"))
    rows = tuple(Row((down.code, across.code), (11, 22)) for down in first.members for across in second.members)
    pieces = printed(Table("t", Words("T", "T"), (first, second), measures, rows), Language.VI)
    assert [(piece.groups[0].text, len(piece.heads), len(piece.lines)) for piece in pieces] == [
        ("one", 9, 9),
        ("two", 9, 9),
    ]
    assert [{figure.text for line in piece.lines for figure in line.figures} for piece in pieces] == [{"11"}, {"22"}]


def test_a_report_is_set_within_a_second() -> None:
    """Of the processor's time, in a process that has set none of it before; clocks of a busy machine tell of others."""
    program = """
import time
from core.wire.documents import Language
from plugins.documents import typeset
from tests.reports.samples import frozen
given, began = frozen(), time.process_time()
typeset.render_pdf(given, Language.VI)
print(time.process_time() - began)
"""
    root = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True)
    assert float(told.stdout) < 1
