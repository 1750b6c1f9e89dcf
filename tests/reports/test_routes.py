"""Reports over HTTP: the bytes that were frozen, their ETag, their tables."""

import asyncio
import csv
import hashlib
import io
from collections.abc import Mapping
from datetime import date, timedelta

import httpx
import pytest

from core import times
from core.testing import TestedHub

OCTOBER = {"period": {"from": "2026-10-01", "to": "2026-11-01"}}
TODAY = date.fromisoformat(times.hub_day(times.now()))
ABOUT_NOW = {"period": {"from": f"{TODAY - timedelta(7)}", "to": f"{TODAY + timedelta(7)}"}}


@pytest.fixture
async def agency(hub: TestedHub) -> httpx.AsyncClient:
    item = {"kind": "domain", "value": "gift.example", "category": "phishing"}
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": [item | {"tlp": "GREEN"}]})
    await hub.client_as("meta").post("/v1/signals", json={"signals": [item]})
    return hub.client_as("a05")


async def freeze(client: httpx.AsyncClient, asked: Mapping[str, object]) -> httpx.Response:
    answer = await client.post("/v1/reports", json=asked)
    assert answer.status_code == 201, answer.text
    return await client.get(answer.headers["location"])


async def test_the_etag_is_the_sha256_of_the_bytes(agency: httpx.AsyncClient) -> None:
    made = (await agency.post("/v1/reports", json=OCTOBER)).json()
    answer = await agency.get(f"/v1/reports/{made['id']}")
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    assert answer.headers["etag"] == f'"{made["sha256"]}"'
    again = await agency.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["vary"]) == (304, b"", "Accept")
    older = await agency.get(answer.request.url, headers={"If-None-Match": f'"x{made["sha256"]}"'})
    assert (older.status_code, older.headers["vary"]) == (200, "Accept")


async def test_json_and_csv_show_the_same_figures(agency: httpx.AsyncClient) -> None:
    report = await freeze(agency, ABOUT_NOW | {"scope": "national"})
    (section, *_) = report.json()["sections"]
    table = await agency.get(report.request.url, headers={"Accept": "text/csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert table.headers["etag"] != report.headers["etag"]
    names, *rows = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert names == [column["name"] for column in section["columns"]]
    assert rows == [["" if cell is None else str(cell) for cell in row] for row in section["rows"]]
    assert {(row[1], row[4]) for row in rows} == {("tiktok", "1"), ("meta", "1")}


async def test_a_partner_counts_what_it_may_see(agency: httpx.AsyncClient) -> None:
    (section, *_) = (await freeze(agency, ABOUT_NOW)).json()["sections"]
    assert [(row[1], row[4]) for row in section["rows"]] == [(None, 1)]


async def test_tables_by_name(agency: httpx.AsyncClient) -> None:
    report = await freeze(agency, OCTOBER)
    for table, status in (("materials", 200), ("activities", 200), ("victims", 404)):
        answer = await agency.get(report.request.url, params={"table": table}, headers={"Accept": "text/csv"})
        assert answer.status_code == status


async def test_others_find_nothing(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    report = await freeze(agency, OCTOBER)
    operator = hub.client_as("secretariat")
    for where in (report.request.url, "/v1/reports/rep_aaaaaaaaaaaaaaaaaaaaaaaaaa"):
        answer = await operator.get(where)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:kmm:problem:not_found")
    assert (await operator.get("/v1/reports")).json()["reports"] == []


async def test_national_needs_its_scope(hub: TestedHub) -> None:
    answer = await hub.client_as("tiktok").post("/v1/reports", json=OCTOBER | {"scope": "national"})
    assert answer.status_code == 403


async def test_a_period_without_days_is_a_conflict(agency: httpx.AsyncClient) -> None:
    answer = await agency.post("/v1/reports", json={"period": {"from": "2026-10-02", "to": "2026-10-02"}})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kmm:problem:empty_period")


async def test_lists_are_linked(agency: httpx.AsyncClient) -> None:
    made = [(await agency.post("/v1/reports", json=OCTOBER)).json() for _ in range(3)]
    first = await agency.get("/v1/reports", params={"limit": 2})
    rest = await agency.get(first.links["next"]["url"])
    assert [*first.json()["reports"], *rest.json()["reports"]] == made
    assert "next" not in rest.links


async def test_a_crowd_of_reports_outnumbers_the_connections(agency: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(agency.post("/v1/reports", json=OCTOBER) for _ in range(40)))
    assert {answer.status_code for answer in made} == {201}
