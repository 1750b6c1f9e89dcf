"""Sheets as people send them: good rows in, each bad cell named; hostile files end early and small."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
import xlsxwriter

from core.campaigns.sheets import opening
from core.errors import Fault
from tests.campaigns.seeded import HEADER_ROW, HEADERS, Seeded, seeded

ClientAs = Callable[..., httpx.AsyncClient]
PATH = "/v1/campaigns/autumn/activities"
ROW = ["a", "Tập huấn", "training", "05/10/2026", "Hà Nội", "Ba Đình", "", 3, 120, 0, "", ""]


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return ()


@pytest.fixture
async def agency(client_as: ClientAs) -> httpx.AsyncClient:
    client = client_as("a05")
    made = await client.post("/v1/campaigns", json={"title": {"vi": "Mùa thu"}, "slug": "autumn"})
    assert made.status_code == 201
    return client


async def send(
    client: httpx.AsyncClient, data: bytes, media_type: str = opening.XLSX, query: str = ""
) -> dict[str, Any]:
    answer = await client.post(f"{PATH}/sheet{query}", content=data, headers={"Content-Type": media_type})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["rows"] == sum(found[word] for word in ("created", "updated", "unchanged", "rejected"))
    return found


def told(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(fault["row"], fault["column"], fault["code"]) for fault in report["faults"]]


# Of both engines the quicker: what is stored is the same, and other tests store it on both.
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_of_10000_rows_with_300_mistakes_9700_go_in_and_300_are_explained(agency: httpx.AsyncClient) -> None:
    sheet = seeded(10_000, 300)
    data = Seeded.xlsx(sheet.rows)
    report = await send(agency, data)
    assert (report["created"], report["rejected"]) == (9_700, 300)
    assert told(report) == [(one.row, one.column, one.code) for one in sheet.mistakes]
    assert all(fault["text"]["vi"] and fault["text"]["en"] for fault in report["faults"])
    # Of places, the one that was meant comes first in at least four of five, and is offered in all.
    places = [(one, fault) for one, fault in zip(sheet.mistakes, report["faults"], strict=True) if one.meant]
    offered = [(one.meant, [word["value"] for word in fault["suggestions"]]) for one, fault in places]
    assert all(meant in values for meant, values in offered)
    assert sum(meant == values[0] for meant, values in offered) >= 0.8 * len(offered)
    again = await send(agency, data)
    assert (again["unchanged"], again["rejected"]) == (9_700, 300)
    assert told(again) == told(report)
    fixed = await send(agency, Seeded.xlsx(sheet.fixed))
    assert (fixed["created"], fixed["unchanged"], fixed["rejected"]) == (300, 9_700, 0)


async def test_the_sheet_comes_back_marked_and_can_be_sent_again(agency: httpx.AsyncClient) -> None:
    sheet = seeded(60, 15)
    sheet.rows[0][6] = "=1+1"
    headers = {"Content-Type": opening.XLSX, "Accept": opening.XLSX}
    answer = await agency.post(f"{PATH}/sheet", content=Seeded.xlsx(sheet.rows), headers=headers)
    assert answer.headers["content-type"] == opening.XLSX
    (back,) = opening.opened(answer.content, opening.XLSX)
    assert back.rows[HEADER_ROW - 1][: len(HEADERS)] == [*HEADERS]
    assert back.rows[HEADER_ROW][6] == "=1+1"
    for one in sheet.mistakes:
        reason, suggestions = back.rows[one.row - 1][len(HEADERS) :]
        assert str(reason).startswith(f"{one.column}: ")
        assert one.meant in str(suggestions)
    again = await send(agency, answer.content)
    assert (again["unchanged"], again["rejected"]) == (45, 15)
    assert [column["field"] for column in again["columns"]][-2:] == [None, None]


async def test_no_cell_becomes_part_of_the_workbook_that_comes_back(agency: httpx.AsyncClient) -> None:
    """A library that writes workbooks takes some texts for its own markup, others for formulas or links."""
    texts = ["<r></is></c><c r='A9'><f>1+1</f></c><c><is></r>", "{=1+1}", "https://example.com/"]
    data = as_csv([HEADERS, *[[*ROW[:6], text, *ROW[7:]] for text in texts]]).encode()
    answer = await agency.post(
        f"{PATH}/sheet", content=data, headers={"Content-Type": "text/csv", "Accept": opening.XLSX}
    )
    (back,) = opening.opened(answer.content, opening.XLSX)
    assert [str(row[6]).strip() for row in back.rows[1:]] == texts
    rows = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in rows
    assert "<hyperlink" not in rows


def as_csv(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")])
async def test_csv_of_any_excel_is_read(agency: httpx.AsyncClient, delimiter: str, encoding: str) -> None:
    report = await send(agency, as_csv([HEADERS, ROW], delimiter).encode(encoding), "text/csv")
    assert (report["created"], report["faults"], report["notes"]) == (1, [], [])
    (one,) = (await agency.get(PATH)).json()["activities"]
    assert (one["place"], one["date"], one["audience"]["participants"], one["external_id"]) == (
        {"province": "01", "commune": "00004", "venue": None}, "2026-10-05", 120, "a",
    )  # fmt: skip


async def test_english_headers_no_keys_and_no_kinds(agency: httpx.AsyncClient) -> None:
    rows = [
        ["List of activities"],
        ["Title", "Date", "Ward code", "Participants", "Remarks"],
        ["Talk", "2026-10-05", "4", "1,200", "fine"],
        ["Talk", "2026-10-06", "4", "", ""],
        ["Talk", "2026-10-05", "4", "7", "the first again"],
        [],
    ]
    data = as_csv(rows).encode()
    assert told(await send(agency, data, "text/csv")) == [(row, "", "missing") for row in (3, 4, 5)]
    report = await send(agency, data, "text/csv", "?kind=seminar")
    assert (report["created"], report["header_row"], told(report)) == (2, 2, [(5, "A", "repeated")])
    assert report["columns"][-1] == {"column": "E", "header": "Remarks", "field": None}
    assert (await send(agency, data, "text/csv", "?kind=seminar"))["unchanged"] == 2


async def test_old_and_toneless_names_are_understood_and_noted(agency: httpx.AsyncClient) -> None:
    rows = [[*ROW], [*ROW], [*ROW]]
    for number, (province, commune) in enumerate([("ha noi", "phuong ba dinh"), ("Hà Nội", "Phường Trúc Bạch")]):
        rows[number][0], rows[number][4:6] = f"row-{number}", [province, commune]
    report = await send(agency, as_csv([HEADERS, *rows]).encode(), "text/csv")
    assert report["created"] == 3
    assert [(note["row"], note["code"], note["suggestions"][0]["value"]) for note in report["notes"]] == [
        (2, "without_tones", "00004"),
        (3, "former_name", "00004"),
    ]


async def test_a_sheet_without_headers_is_refused_with_what_they_may_be(agency: httpx.AsyncClient) -> None:
    for data in (b"", b"a,b,c\n1,2,3\n", as_csv([["Tiêu đề", "Xã"], ["a", "b"]]).encode()):
        refused = await agency.post(f"{PATH}/sheet", content=data, headers={"Content-Type": "text/csv"})
        assert (refused.status_code, "ngày" in refused.json()["detail"]) == (400, True)
    other = await agency.post(f"{PATH}/sheet", content=b"{}", headers={"Content-Type": "application/json"})
    assert other.status_code == 415
    most = as_csv([HEADERS, *[ROW] * 10_001]).encode()
    assert (await agency.post(f"{PATH}/sheet", content=most, headers={"Content-Type": "text/csv"})).status_code == 413


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(rows: str = "", strings: str = "", **more: str) -> bytes:
    """A workbook with this XML as its rows and its shared strings, and with more parts."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain) as made:
        made.add_worksheet().write(0, 0, "a")
    parts = {
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {MAIN}>{strings}</sst>",
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist()} - {*parts}:
            new.writestr(name, old.read(name))
        for name, text in parts.items():
            new.writestr(name, text)
    return out.getvalue()


def archive_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "a")
    return out.getvalue()


def cells(many: int) -> str:
    row = "<c t='s'><v>0</v></c>" * 50
    return "".join(f'<row r="{number}">{row}</row>' for number in range(1, many))


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
HOSTILE: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no archive": (b"%PDF-1.7", 400),
    "an archive of something else": (archive_of("readme.txt"), 400),
    "two cells in far corners": (book(FAR), 413),
    "one long text meant by many cells": (book(cells(8_000), strings=f"<si><t>{'x' * 1_000_000}</t></si>"), 413),
    "a bomb": (book("", bomb="0" * 90_000_000), 413),
    "more than it may unpack to": (book("", a="0" * 60_000_000, b="0" * 60_000_000), 413),
    "too many parts": (book("", **{f"part{number}": "a" for number in range(1_001)}), 413),
    "cut short": (book(FAR)[:-200], 400),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_ends_early(name: str) -> None:
    data, status = HOSTILE[name]
    with pytest.raises(Fault) as refused:
        opening.opened(data, opening.XLSX)
    assert refused.value.status == status, refused.value


def test_declared_sizes_that_lie_are_found_out() -> None:
    data = bytearray(book("", big="0" * 500_000))
    # The central directory's size of the last part, from 500,000 to 5.
    at = data.rindex((500_000).to_bytes(4, "little"))
    data[at : at + 4] = (5).to_bytes(4, "little")
    with pytest.raises(Fault) as refused:
        opening.opened(bytes(data), opening.XLSX)
    assert refused.value.status == 400
