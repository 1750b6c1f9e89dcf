"""LibreOffice opens what is made, sees the document's figures in it, and runs nothing of it."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.reports.tables import to_csv
from core.wire.documents import Document, Language, Table
from plugins.documents import workbook
from plugins.documents.flat import day_of
from tests.reports.documents.adding import Added, Cells, Key, contradictions, of_json
from tests.reports.documents.injections import FORMULAS, TEXTS
from tests.reports.samples import document, frozen

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")

EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Commas, quotes, UTF-8; values as an American types them; one file for each sheet."""
ANY_SEPARATOR = "CSV:44/59/9,34,76,1,,0,false,true"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


def test_totals_of_a_workbook_are_those_of_the_document_in_both_languages(home: Path, tmp_path: Path) -> None:
    whole = document()
    for language in Language:
        (tmp_path / f"{language}.xlsx").write_bytes(workbook.render(frozen(whole), language))
    convert(home, tmp_path, "--convert-to", EVERY_SHEET, *tmp_path.glob("*.xlsx"))
    for language in Language:
        shown = list(of_sheets(tmp_path, whole, language))
        assert [dict(one.rows) for one in shown] == [filled(one, whole) for one in of_json(msgspec.json.encode(whole))]
        assert [one for table in shown for one in contradictions(table)] == []


def test_nothing_is_run(home: Path, tmp_path: Path) -> None:
    """Whatever stands between cells; and a formula that is not quoted is one, so that the test can fail."""
    (tmp_path / "texts.csv").write_bytes(to_csv(["text", "number"], [(text, 1) for text in TEXTS]))
    (tmp_path / "raw.csv").write_text("\n".join(f'"{text}",1' for text in FORMULAS[:1]))
    convert(home, tmp_path, f"--infilter={ANY_SEPARATOR}", "--convert-to", "fods", *tmp_path.glob("*.csv"))
    assert b"table:formula=" in (tmp_path / "raw.fods").read_bytes()
    assert b"table:formula=" not in (tmp_path / "texts.fods").read_bytes()
    assert b"xlink:href" not in (tmp_path / "texts.fods").read_bytes()


def convert(home: Path, folder: Path, *asked: str | Path) -> None:
    assert SOFFICE is not None
    profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", *asked[:-1], asked[-1], "--outdir", folder]
    alone = os.environ | {"HOME": str(home), "LC_ALL": "C.UTF-8"}
    subprocess.run(command, env=alone, check=True, capture_output=True, timeout=120)


def of_sheets(folder: Path, whole: Document, language: Language) -> Iterator[Added]:
    """The tables as the sheets show them, under the codes that their labels stand for."""
    for chapter, section in enumerate(whole.sections, 1):
        for number, table in enumerate(section.tables, 1):
            (path,) = folder.glob(f"{language}-{chapter}.{number} *.csv")
            lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))[4:]
            width = len(table.dimensions) + len(table.measures)
            rows = dict(row(table, line[:width], language) for line in lines if any(line[:width]))
            yield Added(f"{section.name}/{table.name}", rows)


def row(table: Table, line: list[str], language: Language) -> tuple[Key, Cells]:
    codes: list[dict[str, str | None]] = []
    for dimension in table.dimensions:
        shown = {getattr(one.label, language.value): one.code for one in dimension.members}
        shown |= {
            f"{day:%m/%d/%Y}" if language is Language.VI else str(day): one.code
            for one in dimension.members
            if (day := day_of(dimension, one.code))
        }
        codes.append({**shown, "Tổng số": None, "Total": None})
    key = tuple(of[label] for of, label in zip(codes, line, strict=False))
    figures = line[len(key) :]
    kept = [cell for cell, measure in zip(figures, table.measures, strict=True) if measure.additive]
    return key, tuple(None if cell == "…" else int(cell) for cell in kept)


def filled(table: Added, whole: Document) -> dict[Key, Cells]:
    """With the rows that are zero, which a sheet of one dimension shows."""
    section, name = table.name.split("/")
    (of,) = [one for part in whole.sections if part.name == section for one in part.tables if one.name == name]
    if len(of.dimensions) != 1:
        return table.rows
    zero = (0,) * sum(measure.additive for measure in of.measures)
    return {(member.code,): zero for member in of.dimensions[0].members} | table.rows
