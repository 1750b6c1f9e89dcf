"""Scores over HTTP: whose claims count, how they fade, and what `min_score` sends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from core.signals import score
from core.testing import TestedHub
from core.times import to_micros
from core.wire.score import Score, Term
from tests.signals.test_opinions import Json, opine, opinion, submit

PHONE = {"kind": "phone", "value": "+84900000001", "tlp": "GREEN", "confidence": 100}


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


async def scored(http: httpx.AsyncClient) -> Json:
    asked = {"items": [{"kind": "phone", "value": PHONE["value"]}]}
    (result,) = (await http.post("/v1/signals/lookup", json=asked)).json()["results"]
    found: Json = result["score"]
    return found


async def page(http: httpx.AsyncClient, **query: Any) -> Json:
    answer = await http.get("/v1/signals", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def shown(page: Json) -> list[tuple[str, str]]:
    return [(signal["id"], signal["state"]) for signal in page["signals"]]


async def test_a_score_counts_only_what_its_reader_may_see(hub: TestedHub) -> None:
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    await submit(tiktok, PHONE)
    alone = await scored(google)
    await submit(meta, PHONE | {"tlp": "RED"})
    assert [round((await scored(http))["value"]) for http in (google, meta)] == [60, 84]
    assert len((await scored(google))["terms"]) == len(alone["terms"]) == 1


async def test_an_origin_that_two_share_and_an_echo_corroborate_nothing(hub: TestedHub) -> None:
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    (one,) = await submit(tiktok, PHONE | {"origin": "Hotline 111"})
    await submit(meta, PHONE | {"origin": "HOTLINE 111"})
    await submit(google, PHONE | {"derived_from": [one]})
    reader = hub.client_as("a05")
    assert round((await scored(reader))["value"]) == 60
    detail = (await reader.get(f"/v1/signals/{one}")).json()
    assert [claim["origin"] for claim in detail["claims"]] == ["Hotline 111", "HOTLINE 111", None]
    assert [claim["derived_from"] for claim in detail["claims"]] == [[], [], [one]]
    assert [claim["original"] for claim in detail["claims"]] == [None] * 3


async def test_the_terms_of_an_item_make_the_score_of_the_lookup(hub: TestedHub) -> None:
    """Whoever holds a copy of the feed computes what the hub would answer, at any time."""
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE | {"last_seen": days_ago(30), "confidence": 80})
    await submit(meta, PHONE | {"first_seen": days_ago(400), "confidence": None})
    await opine(hub.client_as("google"), opinion(one, "disagree", "Ours."))
    (item,) = (await page(meta))["signals"]
    answered = await scored(meta)
    at = to_micros(datetime.fromisoformat(answered["at"]))
    terms = msgspec.convert(item["terms"], tuple[Term, ...])
    assert score.score(terms, at) == msgspec.convert(answered, Score)
    assert [term["kind"] for term in answered["terms"]] == ["claim", "claim", "disagree"]


async def test_pain_11_decay_hides_nothing_and_ends_nothing(hub: TestedHub) -> None:
    """What is old scores low and is as much there as before: only its partner or its `valid_until` ends a claim."""
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE | {"last_seen": days_ago(3_000)})
    assert shown(await page(meta)) == [(one, "active")]
    result = (await meta.get(f"/v1/signals/{one}")).json()
    assert result["score"]["value"] == 0
    assert result["signal"]["valid_until"] is None
    await submit(tiktok, PHONE | {"first_seen": "1970-01-01T00:00:00Z"})
    assert (await scored(meta))["value"] == 0


async def test_least_scores_are_part_of_the_walk(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    high, low = await submit(
        tiktok, PHONE, PHONE | {"value": "+84900000002", "last_seen": days_ago(90), "confidence": 50}
    )
    answer = await meta.get("/v1/signals", params={"min_score": 40})
    assert shown(answer.json()) == [(high, "active")]
    assert not answer.json()["more"]
    assert "digest" not in answer.json()
    assert "min_score=40" in answer.links["next"]["url"]
    assert shown(await page(meta, min_score=0)) == [(high, "active"), (low, "active")]
    after = answer.json()["next"]
    for other in ({}, {"min_score": 41}):
        assert (await meta.get("/v1/signals", params={"after": after} | other)).status_code == 400
    assert (await page(meta, after=after, min_score=40))["signals"] == []
    assert (await meta.get("/v1/signals", params={"min_score": 101})).status_code == 400


async def test_what_falls_below_the_least_score_is_taken_from_those_who_may_hold_it(hub: TestedHub) -> None:
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    start = (await page(google, min_score=40))["next"]
    (one,) = await submit(tiktok, PHONE)
    holds = await page(google, after=start, min_score=40)
    assert shown(holds) == [(one, "active")]
    await opine(meta, opinion(one, "false_positive", "Ours."))
    after = await page(google, after=holds["next"], min_score=40)
    assert shown(after) == [(one, "gone")]
    assert after["signals"][0].keys() == {"id", "state", "position"}
    # Those who did not have it hear nothing of it.
    assert shown(await page(google, after=start, min_score=40)) == []
    assert shown(await page(google, min_score=40)) == []
    await opine(meta, opinion(one, None))
    assert shown(await page(google, after=after["next"], min_score=40)) == [(one, "active")]


async def test_a_campaign_is_part_of_the_walk(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    named, _ = await submit(
        tiktok, PHONE | {"campaign": "not-alone"}, PHONE | {"value": "+84900000002", "campaign": "another"}
    )
    answer = await meta.get("/v1/signals", params={"campaign": "not-alone"})
    assert shown(answer.json()) == [(named, "active")]
    assert "digest" not in answer.json()
    assert "campaign=not-alone" in answer.links["next"]["url"]
    after = answer.json()["next"]
    assert (await meta.get("/v1/signals", params={"after": after})).status_code == 400
    await submit(tiktok, PHONE | {"campaign": "another"})
    assert shown((await meta.get(answer.links["next"]["url"])).json()) == [(named, "gone")]
    assert (await meta.get("/v1/signals", params={"campaign": "Not a slug"})).status_code == 400
