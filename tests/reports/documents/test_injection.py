"""No text of a report becomes a formula, a link or markup in any of its files."""

import csv
import io
import re
import unicodedata
import zipfile
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from core.wire.documents import Language
from plugins.documents import csvs, workbook
from plugins.documents.flat import plain
from tests.reports.documents.injections import MARKUP, TEXTS, everywhere
from tests.reports.samples import frozen

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
OWN_CELLS = re.compile(r"'([^']|'')+'!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?")
SIGNS = ("=", "+", "-", "@", "|")


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_workbook_shows_the_text_and_holds_no_formula_and_no_link(text: str) -> None:
    content = workbook.render(frozen(everywhere(text)), Language.VI)
    archive = zipfile.ZipFile(io.BytesIO(content))
    for name in archive.namelist():
        root = ElementTree.fromstring(archive.read(name))
        assert root.find(f".//{MAIN}f") is None, name
        assert root.find(f".//{MAIN}hyperlink") is None, name
        assert not [one for one in root if one.get("TargetMode")], name
        # What a chart reads is cells of this workbook.
        assert all(OWN_CELLS.fullmatch(one.text or "") for one in root.iter(f"{CHART}f")), name
    assert not [name for name in archive.namelist() if "external" in name.lower()]
    texts = [one.text or "" for one in ElementTree.fromstring(archive.read("xl/sharedStrings.xml")).iter(f"{MAIN}t")]
    # A blank keeps the writer's own markup from being taken for it; `_x003D_` is the format's own way to write `=`.
    shown = plain(text).replace("_x", "_x005F_x")
    assert {shown, f" {shown}"} & set(texts)


@pytest.mark.parametrize("text", MARKUP, ids=ascii)
def test_sheets_have_names_that_every_program_takes(text: str) -> None:
    content = workbook.render(frozen(everywhere(text)), Language.EN)
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert len({name.casefold() for name in names}) == len(names) == 3
    assert all(len(name.encode("utf-16-le")) <= 62 and not set(name) & set("[]:*?/\\") for name in names)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_cell_of_a_csv_file_is_run(text: str) -> None:
    """Whatever a spreadsheet takes for the separator, or for white space in front."""
    archive = zipfile.ZipFile(io.BytesIO(csvs.render(frozen(everywhere(text)), None)))
    for name in archive.namelist():
        if name.endswith(".csv"):
            content = archive.read(name).decode("utf-8-sig")
            for separator in (",", ";", "\t"):
                lines = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
                assert [cell for line in lines for cell in line if runs(cell)] == [], (name, separator)


def runs(cell: str) -> bool:
    seen = [one for one in unicodedata.normalize("NFKC", cell) if unicodedata.category(one)[0] not in "CZ"]
    return seen[:1] != [] and seen[0] in SIGNS
