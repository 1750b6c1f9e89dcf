"""Reports over HTTP: ordered, followed, fetched."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from core import times
from core.reports.process import Process
from core.testing import TestedHub
from tests.frozen import until_made
from tests.reports.conftest import forms_plugin

OCTOBER: dict[str, Any] = {"period": {"from": "2026-10-01", "to": "2026-11-01"}}
TODAY: dict[str, Any] = {"period": {"from": f"{times.today()}", "to": f"{times.today() + timedelta(1)}"}}
BRIEF: dict[str, Any] = {"definition": {"sections": ["content"]}}


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    """Forms that are quick to draw."""
    return [forms_plugin()]


@pytest.fixture
def agency(hub: TestedHub, process: Process) -> httpx.AsyncClient:
    hub.parts.reporter.process = process
    return hub.client_as("a05")


async def make(client: httpx.AsyncClient, wanted: Mapping[str, object]) -> dict[str, Any]:
    answer = await client.post("/v1/reports", json=wanted)
    assert answer.status_code == 202, answer.text
    return await until_made(client, answer.json()["id"])


async def test_files_are_served_as_they_were_made(agency: httpx.AsyncClient) -> None:
    report = await make(agency, OCTOBER | BRIEF)
    names = [file["name"] for file in report["files"]]
    assert "report.json" in names
    for file in report["files"]:
        answer = await agency.get(f"/v1/reports/{report['id']}/files/{file['name']}")
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["etag"] == f'"{file["sha256"]}"'
        assert answer.headers["content-type"].startswith(file["media_type"])
        assert answer.headers["content-digest"].startswith("sha-256=:")
        again = await agency.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        part = await agency.get(answer.request.url, headers={"Range": "bytes=1-3"})
        assert (part.status_code, part.content) == (206, answer.content[1:4])
    assert (await agency.get(f"/v1/reports/{report['id']}/files/report.exe")).status_code == 404


async def test_the_manifest_names_every_file(agency: httpx.AsyncClient) -> None:
    report = await make(agency, OCTOBER | BRIEF)
    answer = await agency.get(f"/v1/reports/{report['id']}/manifest")
    assert answer.headers["content-type"].startswith("application/jose")
    assert answer.text.count(".") == 2


async def test_made_again(agency: httpx.AsyncClient) -> None:
    report = await make(agency, OCTOBER | BRIEF)
    remade = (await agency.post(f"/v1/reports/{report['id']}/remake")).json()
    assert remade["same"]
    assert all(file["same"] for file in remade["files"])
    running = await make(agency, TODAY | BRIEF)
    answer = await agency.post(f"/v1/reports/{running['id']}/remake")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kmm:problem:provisional")


async def test_before_it_is_made_there_is_nothing_to_fetch(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    async with hub.parts.reporter.process._turn:
        ordered = (await agency.post("/v1/reports", json=OCTOBER)).json()
        for what in ("manifest", "files/report.json"):
            answer = await agency.get(f"/v1/reports/{ordered['id']}/{what}")
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:kmm:problem:not_made")


async def test_others_find_nothing(hub: TestedHub, agency: httpx.AsyncClient) -> None:
    report = await make(agency, OCTOBER | BRIEF)
    operator = hub.client_as("secretariat")
    for name in (report["id"], "rep_aaaaaaaaaaaaaaaaaaaaaaaaaa"):
        for what in ("", "/manifest", "/files/report.json"):
            answer = await operator.get(f"/v1/reports/{name}{what}")
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:kmm:problem:not_found")
        assert (await operator.post(f"/v1/reports/{name}/remake")).status_code == 404
    assert (await operator.get("/v1/reports")).json()["reports"] == []


async def test_national_needs_its_scope(hub: TestedHub) -> None:
    for readers in ("national", "public"):
        answer = await hub.client_as("tiktok").post("/v1/reports", json=OCTOBER | {"readers": readers})
        assert answer.status_code == 403


async def test_a_period_without_days_is_a_conflict(agency: httpx.AsyncClient) -> None:
    answer = await agency.post("/v1/reports", json={"period": {"from": "2026-10-02", "to": "2026-10-02"}})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kmm:problem:empty_period")


async def test_lists_are_linked(agency: httpx.AsyncClient) -> None:
    made = [(await agency.post("/v1/reports", json=OCTOBER | BRIEF)).json()["id"] for _ in range(3)]
    first = await agency.get("/v1/reports", params={"limit": 2})
    rest = await agency.get(first.links["next"]["url"])
    assert [one["id"] for one in (*first.json()["reports"], *rest.json()["reports"])] == made
    assert "next" not in rest.links


async def test_a_crowd_of_orders_outnumbers_the_connections(agency: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(agency.post("/v1/reports", json=OCTOBER | BRIEF) for _ in range(40)))
    assert {answer.status_code for answer in made} == {202}
