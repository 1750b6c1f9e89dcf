"""A report as a hub makes it: all of its files are there, and say the same figures."""

import asyncio
from datetime import timedelta

import httpx

from core import times
from core.reports.process import Process
from core.testing import TestedHub
from tests.reports.documents.adding import contradictions, of_csv, of_json

BOTH = ("vi", "en")
NAMES = {
    "report.json",
    "report.csv.zip",
    "report.parquet.zip",
    *(f"report.{language}.{extension}" for language in BOTH for extension in ("xlsx", "pdf", "html", "png.zip")),
}


async def test_all_files_of_a_national_report_are_made_and_add_up(hub: TestedHub, process: Process) -> None:
    hub.parts.reporter.process = process
    tiktok, agency = hub.client_as("tiktok"), hub.client_as("a05")
    signals = [{"kind": "domain", "value": f"{number}.example", "tlp": "GREEN"} for number in range(40)]
    assert (await tiktok.post("/v1/signals", json={"signals": signals})).is_success
    today = {"from": f"{times.today()}", "to": f"{times.today() + timedelta(1)}"}
    report = f"/v1/reports/{await made(agency, {'period': today, 'template': 'national-monthly'})}/files"
    document = (await agency.get(f"{report}/report.json")).content
    by_json = list(of_json(document))
    assert list(of_csv((await agency.get(f"{report}/report.csv.zip")).content)) == by_json
    assert [one for table in by_json for one in contradictions(table)] == []
    assert any(40 in cells for table in by_json for cells in table.rows.values())


async def made(client: httpx.AsyncClient, wanted: dict[str, object]) -> str:
    answer = await client.post("/v1/reports", json=wanted)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(120):
        while (report := (await client.get(answer.headers["location"])).json())["state"] != "made":
            assert report["state"] not in ("failed", "refused"), report
            await asyncio.sleep(0.1)
    assert {file["name"] for file in report["files"]} == NAMES
    assert report["left_out"] == []
    return str(report["id"])
