"""Tables that partners send: what their columns may be, what a row costs, and how a workbook is read."""

import io
from collections.abc import Sequence

import pytest
import xlsxwriter

from core.sdk import Refused, Sharing, SignalIn
from partners.agency.spreadsheet import Spreadsheet
from partners.protection.hotline import HotlineForm, HotlineTable

HEADER = "mã;tình trạng;loại;đối tượng;ngân hàng"
ROW = "1;cảnh báo;tài khoản ngân hàng;0011001234567;970436"


def sheet(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def workbook(*rows: Sequence[str | float]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        page = book.add_worksheet()
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
    return made.getvalue()


@pytest.mark.parametrize("column", ["chủ tài khoản", "Họ và tên", "CCCD"])
def test_a_column_that_nobody_asked_for_refuses_the_table(column: str) -> None:
    with pytest.raises(Refused, match="not part of this table") as refusal:
        Spreadsheet().translate(sheet(f"{HEADER};{column}", f"{ROW};ai đó"))
    assert refusal.value.code == "unknown_column"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (sheet(), "no_table"),
        (sheet("a list", "of one column"), "no_header"),
        (sheet("mã;mã số;tình trạng", "1;1;cảnh báo"), "repeated_column"),
    ],
)
def test_what_is_no_table_is_refused_whole(body: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        Spreadsheet().translate(body)
    assert refusal.value.code == code


def test_a_bad_row_costs_only_itself() -> None:
    said = Spreadsheet().translate(
        sheet(HEADER, ROW, "", f"{ROW};a name", ROW.replace("cảnh báo", "cảnh báo đỏ"), ROW.replace("1;", ";", 1), ROW)
    )
    assert [isinstance(one, SignalIn) for one in said] == [True, False, False, False, True]
    faults = [(one.pointer, one.code) for one in said if isinstance(one, Refused)]
    assert faults == [("/1/without heading", "unknown"), ("/2/status", "unknown_word"), ("/3/entry", "missing")]


def test_headings_are_known_without_tones_and_case() -> None:
    (said,) = Spreadsheet().translate(sheet("MA,Tinh Trang,LOẠI,Doi tuong", "1,Canh Bao,Website,a.example"))
    assert isinstance(said, SignalIn)
    assert (said.kind, said.value) == ("domain", "a.example")


def test_a_workbook_reads_as_the_same_table_does() -> None:
    rows = [line.split(";") for line in (HEADER, ROW)]
    assert Spreadsheet().translate(workbook(*rows)) == Spreadsheet().translate(sheet(HEADER, ROW))


def test_an_account_that_a_workbook_cut_is_refused() -> None:
    """19 digits as a number: the last four are not what somebody typed."""
    *cells, _, bank = ROW.split(";")
    (cut,) = Spreadsheet().translate(workbook(HEADER.split(";"), [*cells, 1234567890123456789, bank]))
    assert isinstance(cut, Refused)
    assert cut.pointer == "/0/value"


def test_a_day_is_the_day_of_viet_nam() -> None:
    header, row = "mã phiếu;trạng thái;loại;nội dung;vụ việc;ngày", "1;active;phone;0900000111;grooming;5/11/2025"
    (said,) = HotlineTable(Sharing()).translate(sheet(header, row))
    assert isinstance(said, SignalIn)
    assert said.last_seen is not None
    assert said.last_seen.isoformat() == "2025-11-05T00:00:00+07:00"
    (month_first,) = HotlineTable(Sharing()).translate(sheet(header, row.replace("5/11", "11/25")))
    assert isinstance(month_first, Refused)


@pytest.mark.parametrize("more", ["&child=a%20name", "&value=another", "&day=today", "&kind=letter"])
def test_a_form_has_the_fields_of_one_report(more: str) -> None:
    form = HotlineForm(Sharing())
    body = "report=1&status=active&value=0900000111&concern=grooming"
    (said,) = form.translate(f"{body}&kind=phone".encode())
    assert isinstance(said, SignalIn)
    body = body if "kind" in more else f"{body}&kind=phone"
    try:
        (refused,) = form.translate(f"{body}{more}".encode())
    except Refused as whole:
        refused = whole
    assert isinstance(refused, Refused)
