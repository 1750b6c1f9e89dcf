"""CSV that a spreadsheet opens unharmed, and a program reads back unchanged."""

import csv
import io

import pytest

from core.reports.tables import to_csv
from core.wire.reports import Column, Section

FORMULAS = [
    "=1+1",
    "+84 24 3000 0000",
    "-2+3",
    "@SUM(A1)",
    "|calc",
    " =1+1",
    "\t=1+1",
    "\r\n=1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("https://example.com")',
]
PLAIN = ["Lễ hội, ngày 1", 'nói "không"', "dòng\nhai", "a=b", "1-2", "", "·", "đ"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    ((cell, _),) = read(table((text, 1)))
    assert cell.startswith("'")


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_comes_back_as_it_was(text: str) -> None:
    assert read(table((text, 5))) == [[text, "5"]]


def test_excel_sees_vietnamese_and_lines_end_in_crlf() -> None:
    content = table(("Nghệ An", 3), (None, 0))
    assert content == b"\xef\xbb\xbfplace,count\r\n" + "Nghệ An,3\r\n,0\r\n".encode()


def test_letters_are_composed() -> None:
    assert read(table(("Nghe\u0323\u0302 An", 3))) == [["Nghệ An", "3"]]


def table(*rows: tuple[str | None, int]) -> bytes:
    return to_csv(Section("places", "Places", columns=(Column("place", "text"), Column("count", "count")), rows=rows))


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]
