"""What is promised is what is served: the contract, the limits, the number of days."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from core import times
from core.log.models import Retention, Tick
from core.sdk import PluginInfo
from core.signals import retention
from core.testing import TestedHub
from tests.pains.conftest import ONE_ENGINE, Join
from tests.plugin.fakes import host, plugin

ROOT = Path(__file__).parents[2]
DOMAIN = {"kind": "domain", "tlp": "GREEN"}


class Options(msgspec.Struct, forbid_unknown_fields=True):
    url: str


@ONE_ENGINE
async def test_pain_09_the_served_contract_is_the_published_one_and_what_it_does_not_know_is_refused(
    hub: TestedHub, join: Join
) -> None:
    """The documentation said one thing and each endpoint another; settings were JSON that nobody checked: users of HMA.

    tests/contract/ holds every route against the document; this is what a partner would trip over first.
    """
    served = (await hub.anonymous().get("/openapi.json")).json()
    published = msgspec.json.decode((ROOT / "openapi" / "openapi.json").read_bytes())
    # The plugins that come with the hub have routes of their own in what is published.
    assert served["paths"] == {path: published["paths"][path] for path in served["paths"]}
    for kind, named in served["components"].items():
        assert named == {name: published["components"][kind][name] for name in named}

    tiktok = join("tiktok")
    (misspelt,) = await tiktok.submit(DOMAIN | {"value": "a.example", "confidance": 90})
    assert (misspelt["status"], misspelt["errors"][0]["pointer"]) == ("rejected", "/signals/0/confidance")

    typed = plugin("typed", plugin_info=lambda: PluginInfo(name="typed", title="Typed", settings=Options))
    assert "typed" not in host(typed, plugins={"typed": {"url": "https://a.example"}}).quarantined
    assert "urll" in host(typed, plugins={"typed": {"url": "https://a.example", "urll": ""}}).quarantined["typed"].error


async def test_pain_14_a_bad_item_costs_itself_alone_and_sending_again_costs_nothing(join: Join) -> None:
    """One bad line refused a whole upload, and nobody could tell what had been taken: OpenCTI, a datalake's users."""
    tiktok, meta = join("tiktok"), join("meta")
    items: list[dict[str, Any]] = [DOMAIN | {"value": value} for value in ("a.example", "not a domain", "b.example")]
    results = await tiktok.submit(*items)
    assert [one["status"] for one in results] == ["created", "rejected", "created"]
    assert [one["pointer"] for one in results[1]["errors"]] == ["/signals/1/value"]
    assert [one["status"] for one in await tiktok.submit(*items)] == ["unchanged", "rejected", "unchanged"]
    await meta.news()
    assert {one["value"] for one in meta.copy.values()} == {"a.example", "b.example"}


@ONE_ENGINE
async def test_pain_14_the_limit_is_written_down_and_the_stream_has_none(hub: TestedHub, join: Join) -> None:
    """Limits were found by running into them: OpenCTI."""
    tiktok = join("tiktok")
    served = (await hub.anonymous().get("/openapi.json")).json()
    body = served["paths"]["/v1/signals"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    most = body["properties"]["signals"]["maxItems"]
    wrong = DOMAIN | {"value": "not a domain"}
    assert (await tiktok.client.post("/v1/signals", json={"signals": [wrong] * most})).status_code == 200
    assert (await tiktok.client.post("/v1/signals", json={"signals": [wrong] * (most + 1)})).status_code in (400, 413)
    ndjson = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}
    lines = msgspec.json.encode(DOMAIN | {"value": "a.example"}) + b"\n"
    answer = await tiktok.client.post("/v1/signals", content=lines * (most + 1), headers=ndjson)
    last = msgspec.json.Decoder().decode_lines(answer.content)[-1]
    assert (last["created"], last["unchanged"]) == (1, most)


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (1, 410)])
async def test_pain_15_one_number_says_how_long_a_tombstone_can_be_fetched(
    hub: TestedHub, join: Join, late: int, status: int
) -> None:
    """Three pages of one vendor gave 30, 85 and 90 days, and who came later kept what was deleted: ThreatExchange.

    Served, written in the README, and what the purge goes by. A sandbox to try all this in comes with its own issue.
    """
    tiktok, meta = join("tiktok"), join("meta")
    (said,) = await tiktok.submit(DOMAIN | {"value": "a.example"})
    await meta.news()
    await tiktok.send("/v1/signals/retractions", {"ids": [said["id"]]})
    days = (await meta.get("/v1/readers"))["kept_days"]
    assert f"kept for {days} days" in (ROOT / "README.md").read_text("utf-8")

    async with hub.parts.db.writer() as session:
        await session.execute(update(Tick).values(at=Tick.at - days * times.DAY - late * times.HOUR))
    await tiktok.submit(DOMAIN | {"value": "b.example"})
    await retention.purge(hub.parts.db)
    answer = await meta.client.get("/v1/signals", params={"after": meta.cursor})
    assert answer.status_code == status
    if status == 200:
        assert (answer.json()["signals"][0]["id"], answer.json()["signals"][0]["state"]) == (said["id"], "retracted")
    (reader,) = (await meta.get("/v1/readers"))["readers"]
    assert reader["lapsed"] == (status == 410)


async def test_pain_15_the_number_is_data_and_what_is_served_follows_it(hub: TestedHub, join: Join) -> None:
    """As above: a number that is written in two places is two numbers."""
    async with hub.parts.db.writer() as session:
        kept = update(Retention).where(Retention.what == "closed_claims")
        await session.execute(kept.values(seconds=7 * times.DAY // times.SECOND))
    assert (await join("meta").get("/v1/readers"))["kept_days"] == 7
