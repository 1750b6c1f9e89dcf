"""Ad-hoc cuts over HTTP: who may ask what, what is counted, and that it is told in round figures only."""

import asyncio
import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from sqlalchemy import select, update

from core import sealing, times
from core.auth import viewers
from core.reports import cuts, facts
from core.reports.counting import rounded
from core.reports.models import ReportCut
from core.testing import TestedHub
from core.wire.cuts import CutIn
from tests.takedowns.asked import ORDER, ask, item, opened, say

MONTH = times.hub_day(times.now())[:7]
AFTER = (date.fromisoformat(f"{MONTH}-01") + timedelta(32)).isoformat()[:7]
MONTHS = {"from": MONTH, "to": AFTER}
SIGNALS: dict[str, Any] = {"source": "signals", "months": MONTHS}


@pytest.fixture
async def told(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> TestedHub:
    """Signals of three partners and some cases, of a month that is over."""
    await submit(hub, "tiktok", 60, "url", "phishing", tlp="GREEN")
    await submit(hub, "meta", 30, "domain", "phishing", tlp="GREEN")
    await submit(hub, "meta", 3, "phone", "impersonation", tlp="GREEN")
    await submit(hub, "google", 25, "domain", "gambling")
    case = await opened(hub)
    await ask(hub, "a05", item(basis=ORDER, priority="urgent"))
    await say(hub, case, "no_action")
    await say(hub, case, "removed", reason="It was looked at again.")
    await opened(hub, "a05", item("https://other.example/", "meta", basis=ORDER))
    later = times.now() + 40 * times.DAY
    monkeypatch.setattr(times, "now", lambda: later)
    return hub


async def submit(hub: TestedHub, slug: str, count: int, kind: str, category: str, **more: Any) -> None:
    values = {
        "url": "https://{}-{}.example/a",
        "domain": "{}-{}.example",
        "phone": "+8490555{1:04}",
    }[kind]
    sent = [{"kind": kind, "value": values.format(slug, n), "category": category, **more} for n in range(count)]
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": sent})
    assert answer.json()["rejected"] == 0, answer.text


async def made(hub: TestedHub, slug: str, **asked: Any) -> dict[str, Any]:
    http = hub.client_as(slug)
    answer = await http.post("/v1/report-cuts", json=SIGNALS | asked)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "queued"
    for _ in range(200):
        found: dict[str, Any] = (await http.get(answer.headers["location"])).json()
        if found["state"] in ("made", "failed"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("nobody counts")


async def exact(hub: TestedHub, slug: str, folder: Path, **asked: Any) -> list[dict[str, str]]:
    """What the program is handed."""
    async with hub.parts.db.snapshot(0) as session:
        (partner,) = [
            number for number in range(1, 20) if (one := await viewers.viewer(session, number)) and one.slug == slug
        ]
    async with hub.parts.db.snapshot(partner) as session:
        principal = await viewers.viewer(session, partner)
        assert principal is not None
        wanted = msgspec.convert(SIGNALS | asked, CutIn)
        await facts.write(session, principal, wanted, folder / "facts.csv")
    with (folder / "facts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def test_every_partners_figures_are_for_those_who_may_ask_for_them(told: TestedHub) -> None:
    cut = await made(told, "a05", by=["partner", "kind"], readers="national")
    assert (cut["rounded"], cut["additive"]) == (True, False)
    assert cut["measures"] == ["first", "new", "opened", "closed", "retracted", "expired"]
    rows = {tuple(row["key"]): row["cells"][1] for row in cut["rows"]}
    secret = sealing.derive(told.parts.settings.secret, b"cuts")
    for count, members in (
        (60, {"partner": "tiktok", "kind": "url"}),
        (30, {"partner": "meta", "kind": "domain"}),
        (3, {"partner": "meta", "kind": "phone"}),
        (25, {"partner": "google", "kind": "domain"}),
        (118, {}),
        (55, {"kind": "domain"}),
    ):
        cell = {"source": "signals", "eyes": "", "months": [MONTH, MONTH], "members": members, "measure": "new"}
        assert rows.get((members.get("partner"), members.get("kind"))) == rounded(count, secret, cell)
    refused = await told.client_as("tiktok").post("/v1/report-cuts", json=SIGNALS | {"readers": "national"})
    assert refused.status_code == 403


async def test_a_partner_counts_what_it_may_see(told: TestedHub, tmp_path: Path) -> None:
    """Google's own claims are for itself alone; nobody is told whose claims they are."""
    for slug, expected in (("google", 118), ("meta", 93)):
        assert sum(int(one["new"]) for one in await exact(told, slug, tmp_path)) == expected
    answer = await told.client_as("meta").post("/v1/report-cuts", json=SIGNALS | {"by": ["partner"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/by/0")
    assert "first" not in (await made(told, "meta"))["measures"]
    assert "partner" not in answer.json()["errors"][0]["detail"].partition(" by ")[2]


async def test_cases_count_where_they_were_opened_and_answered(told: TestedHub, tmp_path: Path) -> None:
    """By their first request: who joined with an order later changes nothing."""
    rows = await exact(told, "a05", tmp_path, source="takedowns", readers="national")
    found = sorted(
        (row["partner"], row["platform"], row["basis"], row["priority"], measure, row[measure])
        for row in rows
        for measure in ("requested", "answered", "acted_on", "corrected")
        if row[measure] != "0"
    )
    assert found == [
        ("a05", "meta", "authority_order", "normal", "requested", "1"),
        ("chongluadao", "tiktok", "protection_notice", "normal", "acted_on", "1"),
        ("chongluadao", "tiktok", "protection_notice", "normal", "answered", "1"),
        ("chongluadao", "tiktok", "protection_notice", "normal", "corrected", "1"),
        ("chongluadao", "tiktok", "protection_notice", "normal", "requested", "1"),
    ]
    assert {row["month"] for row in rows} == {MONTH}
    for slug, requested in (("meta", 1), ("chongluadao", 1), ("google", 0), ("a05", 2)):
        rows = await exact(told, slug, tmp_path, source="takedowns")
        assert sum(int(row["requested"]) for row in rows) == requested, slug


async def test_reach_is_ones_own_or_everybodys(told: TestedHub, tmp_path: Path) -> None:
    for readers in ("partner", "national"):
        assert await exact(told, "a05", tmp_path, source="reach", readers=readers) == []
    assert (await made(told, "a05", source="reach", by=["province", "strand"]))["rows"] == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_the_rows_are_to_be_had_as_parquet(told: TestedHub, tmp_path: Path) -> None:
    cut = await made(told, "meta", by=["category"])
    parquet = {"Accept": "application/vnd.apache.parquet"}
    answer = await told.client_as("meta").get(f"/v1/report-cuts/{cut['id']}", headers=parquet)
    assert answer.headers["content-type"] == parquet["Accept"]
    (tmp_path / "cut.parquet").write_bytes(answer.content)
    read = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "cut.parquet")]).fetchall()
    assert [[*row] for row in read] == [row["key"] + row["cells"] for row in cut["rows"]]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_cannot_be_counted_is_said(hub: TestedHub) -> None:
    past = {"months": {"from": "2026-01", "to": "2026-02"}}
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"by": ["province"]}, "/by/0", "unknown_dimension"),
        ({"by": ["kind", "kind"]}, "/by/1", "twice"),
        ({"by": ["kind"], "where": {"kind": "url"}}, "/where/kind", "twice"),
        ({"where": {"platform": "meta"}}, "/where/platform", "unknown_dimension"),
        ({"months": {"from": "2026-02", "to": "2026-02"}}, "/months/to", "empty_period"),
        ({"months": {"from": "2024-01", "to": "2026-01"}}, "/months", "not_whole"),
        ({"months": {"from": "2025-02", "to": "2025-05"}}, "/months", "not_whole"),
        ({"months": {"from": "2025-01", "to": "2025-03"}}, "/months", "not_whole"),
        ({"months": {"from": "2098-01", "to": "2099-01"}}, "/months/to", "not_over"),
        ({"months": MONTHS}, "/months/to", "not_over"),
    ]
    http = hub.client_as("a05")
    for asked, pointer, code in wrong:
        answer = await http.post("/v1/report-cuts", json=SIGNALS | past | asked)
        assert answer.status_code == 409, answer.text
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


async def test_what_was_asked_is_kept_and_is_ones_own(told: TestedHub) -> None:
    ours = await made(told, "a05", readers="national")
    theirs = await made(told, "meta")
    listed = (await told.client_as("a05").get("/v1/report-cuts")).json()["cuts"]
    assert [(one["id"], one["asked"]["readers"]) for one in listed] == [(ours["id"], "national")]
    assert (await told.client_as("a05").get(f"/v1/report-cuts/{theirs['id']}")).status_code == 404
    narrow = told.client_as("a05", "reports:read")
    assert (await narrow.get(f"/v1/report-cuts/{ours['id']}")).status_code == 404
    assert (await narrow.get("/v1/report-cuts")).json()["cuts"] == []
    async with told.parts.db.survey() as session:
        kept = (await session.scalars(select(ReportCut).order_by(ReportCut.number))).all()
    assert [(row.client, row.asked["source"]) for row in kept] == [
        (told.accounts["a05"].client_id, "signals"),
        (told.accounts["meta"].client_id, "signals"),
    ]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_day_has_an_end_of_questions(told: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "_A_DAY", 2)
    http = told.client_as("meta")
    codes = [(await http.post("/v1/report-cuts", json=SIGNALS)).status_code for _ in range(3)]
    assert codes == [202, 202, 429]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_takes_too_long_is_ended(told: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "_PATIENCE", 0.01)
    cut = await made(told, "meta", by=["kind"])
    assert cut["state"] == "failed"
    assert "takes too much" in cut["problem"]


async def test_a_cut_whose_counting_died_is_counted_by_another(told: TestedHub) -> None:
    cut = await made(told, "meta", by=["kind"])
    died = {"state": "counting", "lease": times.now() + 5 * times.SECOND, "rows": None, "parquet": None}
    db = told.parts.db
    async with db.edge(0) as session:
        await session.execute(update(ReportCut).values(died))
    assert await cuts.work(db, told.parts.settings) == 0, "it may still live"
    counted = await asyncio.gather(*(cuts.work(db, told.parts.settings, times.now() + times.HOUR) for _ in range(3)))
    assert sum(counted) == 1
    assert (await told.client_as("meta").get(f"/v1/report-cuts/{cut['id']}")).json() == cut
