"""CSV that a spreadsheet opens unharmed, and a program reads back unchanged."""

import csv
import io
import re
from decimal import Decimal

import pytest

from core.reports.tables import Cell, to_csv

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
    "\x0b=1+1",
    "\u3000=1+1",
    "\u202e=1+1",
    "﹢1",
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


@pytest.mark.parametrize("text", ["Lễ hội;=1+1", "http://a.example/;=cmd|' /C calc'!A0;", "a\t@SUM(A1)", "a\n-1"])
def test_text_is_quoted_where_a_spreadsheet_that_expects_semicolons_begins_a_cell(text: str) -> None:
    ((cell, _),) = read(table((text, 1)))
    assert all(not part.startswith(("=", "+", "-", "@")) for part in re.split("[;\t\r\n]", cell))
    assert cell.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    ("number", "text"), [(Decimal("-2.50"), "-2.50"), (Decimal("1E-9"), "0.000000001"), (-3, "-3")]
)
def test_numbers_are_numbers(number: Cell, text: str) -> None:
    assert read(table((number, 1))) == [[text, "1"]]


def test_excel_sees_vietnamese_and_lines_end_in_crlf() -> None:
    content = table(("Nghệ An", 3), (None, 0))
    assert content == b"\xef\xbb\xbfplace,count\r\n" + "Nghệ An,3\r\n,0\r\n".encode()


def test_letters_are_composed() -> None:
    assert read(table(("Nghe\u0323\u0302 An", 3))) == [["Nghệ An", "3"]]


def table(*rows: tuple[Cell, Cell]) -> bytes:
    return to_csv(("place", "count"), rows)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]
