"""What CSV, Parquet and workbooks hold is what the document says, each figure by its type."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pytest
from python_calamine import CalamineWorkbook

from core.wire.documents import Frozen, Language, SectionStatus, Words
from plugins.documents import csvs, parquet, workbook
from tests.reports.documents.adding import of_json
from tests.reports.samples import document, frozen, member

SILENT = Words("Plugin không trả lời.", "The plugin did not answer.")


@pytest.fixture(scope="module")
def made() -> Frozen:
    """A report with a section that could not be made."""
    whole = document()
    missing = msgspec.structs.replace(
        whole.sections[3], status=SectionStatus.UNAVAILABLE, since=whole.as_of, note=SILENT, tables=()
    )
    sections = (*whole.sections[:3], missing, *whole.sections[4:])
    return frozen(msgspec.structs.replace(whole, sections=sections))


@pytest.fixture(scope="module")
def book(made: Frozen) -> bytes:
    return workbook.render(made, Language.VI)


def test_a_package_describes_each_of_its_files(made: Frozen) -> None:
    for render in (csvs.render, parquet.render):
        archive = zipfile.ZipFile(io.BytesIO(render(made, None)))
        package = json.loads(archive.read("datapackage.json"))
        assert {one["path"] for one in package["resources"]} | {"datapackage.json"} == set(archive.namelist())
        for one in package["resources"]:
            content = archive.read(one["path"])
            assert (one["bytes"], one["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        said = package["report"]
        assert (said["document_sha256"], said["position"]) == (made.sha256, made.position)
        assert (said["period"], said["zone"]) == ({"from": "2026-10-01", "to": "2026-11-01"}, "Asia/Ho_Chi_Minh")


def test_csv_names_codes_labels_and_what_is_hidden(made: Frozen) -> None:
    archive = zipfile.ZipFile(io.BytesIO(csvs.render(made, None)))
    head, first, *_, last = rows(archive, "takedowns/takedowns_by_platform.csv")
    assert head[:4] == ["platform", "platform_vi", "platform_en", "requested"]
    assert first[:3] == ["river", "Dòng Sông", "River"]
    assert last[:3] == ["", "Tổng số", "Total"]
    assert last[head.index("in_time_share")] == "83.1"
    supported = rows(archive, "reach/supported_by_province.csv")
    assert ["01", "Hà Nội", "Hanoi", "…"] in supported


def test_a_section_that_is_missing_is_named(made: Frozen, book: bytes) -> None:
    archive = zipfile.ZipFile(io.BytesIO(csvs.render(made, None)))
    assert ["content", "Học liệu", "Content", "unavailable", "2026-10-31T17:00:00Z", SILENT.vi, SILENT.en] in rows(
        archive, "sections.csv"
    )
    assert ("content", "unavailable") in of_parquet(made, "sections.parquet", "section, status")
    cover = sheets(book)["Bìa"]
    (at,) = [line for line, row in enumerate(cover) if row[0] == "Học liệu"]
    assert cover[at : at + 2] == [["Học liệu", "Không lập được mục này, từ 00:00, 01/11/2026"], ["", SILENT.vi]]


def test_parquet_has_the_document_s_figures_by_type(made: Frozen) -> None:
    """Whole numbers as such, shares as exact decimals, days as days; hidden figures and codes of totals are null."""
    for table in of_json(msgspec.json.encode(made.document)):
        assert len(of_parquet(made, f"{table.name}.parquet", "*")) == len(table.rows), table.name
    by_day = of_parquet(made, "signals/signals_by_day.parquet", "time, first, retracted, expired")
    assert by_day[0] == (date(2026, 10, 1), 209, 9, 40)
    assert by_day[1] == (date(2026, 10, 2), 44, 0, None)
    assert by_day[-1][0] is None
    shares = of_parquet(made, "takedowns/takedowns_by_platform.parquet", "in_time_share")
    assert shares[-1] == (Decimal("83.1"),)


def test_a_workbook_holds_the_document_s_figures_by_type(made: Frozen, book: bytes) -> None:
    """With every member of a single dimension, in the order of the document."""
    by_day = sheets(book)["1.1 Tín hiệu theo ngày"]
    assert by_day[3][:4] == ["Ngày", "Tín hiệu mới", "Đã rút lại", "Hết hạn"]
    assert by_day[4][:4] == [date(2026, 10, 1), 209.0, 9.0, 40.0]
    assert by_day[5][:4] == [date(2026, 10, 2), 44.0, 0.0, "…"]
    assert by_day[35][0] == "Tổng số"
    provinces = sheets(book)["3.1 Lan tỏa theo tỉnh, thành"]
    assert [row[0] for row in provinces[4:38]] == [
        one.label.vi for one in made.document.sections[2].tables[0].dimensions[0].members
    ]
    # The document has no row of it, for all of it is zero.
    assert ["Hà Tĩnh", 0.0, 0.0, 0.0] in [row[:4] for row in provinces]
    # As it is in the document; a float's digits would be 83.09999999999999.
    assert b"<v>83.1</v>" in zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet7.xml")


def test_the_cover_says_what_the_figures_are_of(made: Frozen, book: bytes) -> None:
    facts = {row[0]: row[1] for row in sheets(book)["Bìa"]}
    assert facts["Kỳ báo cáo"] == "01/10/2026 – 31/10/2026 (Asia/Ho_Chi_Minh)"
    assert facts["SHA-256 của tài liệu gốc"] == made.sha256
    assert facts["Vị trí trong nhật ký"] == str(made.position)
    assert facts["Chất lượng dữ liệu"] == "Số liệu chưa đầy đủ, từ 09:30, 25/10/2026"
    english = sheets(workbook.render(made, Language.EN))
    assert {row[0]: row[1] for row in english["Cover"]}["Period"].startswith("1 October 2026 – 31 October 2026")
    assert english["1.1 Signals by day"][4][0] == date(2026, 10, 1)


def test_what_is_provisional_says_so_at_the_top(made: Frozen) -> None:
    running = frozen(msgspec.structs.replace(made.document, provisional=True))
    assert sheets(workbook.render(running, Language.EN))["Cover"][2][0] == "Provisional"


def test_a_chart_is_drawn_of_figures_in_sight_and_leaves_out_what_is_hidden(book: bytes) -> None:
    """A spreadsheet draws text as zero, which a hidden figure is not."""
    by_day = sheets(book)["1.1 Tín hiệu theo ngày"]
    # The first column is the day, the fourth `expired`, hidden on the second day.
    drawn = [row[5:9] for row in by_day[25:57]]
    assert drawn[0] == by_day[3][:4]
    assert drawn[1] == by_day[4][:4]
    assert drawn[2] == [*by_day[5][:3], ""]
    archive = zipfile.ZipFile(io.BytesIO(book))
    charts = [name for name in archive.namelist() if name.startswith("xl/charts/")]
    assert len(charts) == 9
    chart = archive.read("xl/charts/chart1.xml").decode()
    assert re.findall("<c:f>(.*?)</c:f>", chart)[1:4] == [
        f"'1.1 Tín hiệu theo ngày'!{place}" for place in ("$G$26", "$F$27:$F$57", "$G$27:$G$57")
    ]
    # Blanks are gaps unless it is said otherwise.
    assert "dispBlanksAs" not in chart
    drawing = archive.read("xl/drawings/drawing1.xml").decode()
    assert 'descr="Tín hiệu theo ngày. 01/10/2026: Tín hiệu mới 209, Đã rút lại 9, Hết hạn 40."' in drawing


def test_every_sheet_keeps_its_head_in_sight(book: bytes) -> None:
    archive = zipfile.ZipFile(io.BytesIO(book))
    assert '<pane xSplit="2" ySplit="4" topLeftCell="C5"' in archive.read("xl/worksheets/sheet4.xml").decode()
    for name in archive.namelist():
        if name.startswith("xl/worksheets/sheet") and name != "xl/worksheets/sheet1.xml":
            assert 'state="frozen"' in archive.read(name).decode(), name


def test_files_bear_no_time_but_the_period_s(made: Frozen, book: bytes) -> None:
    for content in (book, csvs.render(made, None), packed(made)):
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    core = zipfile.ZipFile(io.BytesIO(book)).read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-10-31T17:00:00Z"}


def test_two_columns_of_one_name_are_told_apart(made: Frozen) -> None:
    """Plugins name their dimensions and measures as they like."""
    section = made.document.sections[4]
    (table,) = section.tables
    measures = (*table.measures[:-1], msgspec.structs.replace(table.measures[-1], name="partner"))
    twice = msgspec.structs.replace(section, tables=(msgspec.structs.replace(table, measures=measures),))
    same = frozen(msgspec.structs.replace(made.document, sections=(twice,)))
    columns = "partner, partner_"
    assert of_parquet(same, "partner_quality/claims_by_partner.parquet", columns)[-1] == (None, Decimal("55.0"))


def test_a_day_that_still_runs_stands_as_text_between_days(made: Frozen) -> None:
    (table, *_) = made.document.sections[0].tables
    running = member("2026-10-31/2026-10-31T12:00:00", "31/10/2026 đến 12:00", "31 October 2026 until 12:00")
    (time,) = table.dimensions
    days = msgspec.structs.replace(time, members=(*time.members[:-1], running))
    last = msgspec.structs.replace(table.rows[30], key=(running.code,))
    changed = msgspec.structs.replace(table, dimensions=(days,), rows=(*table.rows[:30], last, *table.rows[31:]))
    section = msgspec.structs.replace(made.document.sections[0], tables=(changed,))
    one = frozen(msgspec.structs.replace(made.document, sections=(section,)))
    lines = sheets(workbook.render(one, Language.VI))["1.1 Tín hiệu theo ngày"]
    assert [lines[33][0], lines[34][0]] == [date(2026, 10, 30), running.label.vi]
    assert of_parquet(one, "signals/signals_by_day.parquet", "time")[30] == (running.code,)


def test_the_time_of_a_workbook_is_told_in_utc(made: Frozen) -> None:
    here = made.document.as_of.astimezone(UTC)
    there = datetime.fromisoformat("2026-11-01T00:00:00+07:00")
    assert here == there
    moved = frozen(msgspec.structs.replace(made.document, as_of=there))
    assert workbook.render(moved, Language.VI) == workbook.render(
        msgspec.structs.replace(made, sha256=moved.sha256), Language.VI
    )


def rows(archive: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))


def sheets(book: bytes) -> dict[str, list[list[Any]]]:
    """Cells by sheet, empty ones on top included."""
    opened = CalamineWorkbook.from_filelike(io.BytesIO(book))
    return {name: opened.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in opened.sheet_names}


@cache
def packed(made: Frozen) -> bytes:
    return parquet.render(made, None)


def of_parquet(made: Frozen, name: str, columns: str) -> list[tuple[Any, ...]]:
    content = zipfile.ZipFile(io.BytesIO(packed(made))).read(name)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        path.write_bytes(content)
        return duckdb.execute(f"SELECT {columns} FROM '{path}'").fetchall()
