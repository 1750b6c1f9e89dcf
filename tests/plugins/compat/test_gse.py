"""The Global Signal Exchange: what one member reports, another receives, and what is taken back."""

from typing import Any

import httpx
import pytest

from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat
from tests.plugins.compat.keys import issue

FEED, SIGNAL, FEEDBACK = "/compat/gse/feed/24hr", "/compat/gse/report/signal", "/compat/gse/report/feedback"


def report(signal: str, **more: Any) -> dict[str, Any]:
    return {"signal": signal, "report_date": "2025-11-04 02:00:00", "abuse_type": "phishing", **more}


async def keys(hub: TestedHub, slug: str, **asked: Any) -> dict[str, str]:
    key = await issue(hub, slug, FeedFormat.GSE, **asked)
    return {"API-KEY": key.key, "API-SECRET": key.subscription_key}


async def received(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(FEED, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_a_report_reaches_another_member_in_its_own_words(hub: TestedHub) -> None:
    sent = [
        # As the examples of the page have it, numbers are text.
        report("https://gift.example/claim", predictive="0", confidence_score="80"),
        report("203.0.113.7", abuse_type="fraud", extra_data={"category": "online_kidnapping", "seen by": "3 members"}),
        report("gift.example", signal_type="domain name", extra_data={"tlp": "CLEAR", "severity": "high"}),
        report("not a date", report_date="yesterday"),
        report("a.example", abuse_type="another"),
        report("+84900000111", signal_type="phone"),
        report("b.example", extra_data={"category": "none of ours"}),
    ]
    headers = await keys(hub, "meta", writes=True, tlp="GREEN")
    answer = (await hub.anonymous().post(SIGNAL, json=sent, headers=headers)).json()
    assert (answer["adds"], answer["rejected"]) == (3, 4)
    assert [one["pointer"] for one in answer["errors"]] == [
        "/3/report_date",
        "/4/abuse_type",
        "/5/signal_type",
        "/6/extra_data/category",
    ]
    url, ip, domain = await received(hub.client_as("google"), idFrom=1)
    assert (url["signal"], url["signal_type"], url["abuse_type"]) == ("https://gift.example/claim", "url", "phishing")
    assert (url["report_date"], url["confidence_score"], url["source"]) == ("2025-11-04 02:00:00", 80, "khong-mot-minh")
    assert (ip["signal_type"], ip["abuse_type"]) == ("ip address", "fraud")
    assert ip["extra_data"]["category"] == "online_kidnapping"
    assert (domain["signal_type"], domain["extra_data"]["tlp"]) == ("hostname", "CLEAR")


async def test_what_is_taken_back_is_news_to_who_has_it(hub: TestedHub) -> None:
    tiktok, google = hub.client_as("tiktok"), hub.client_as("google")
    items = [{"kind": "domain", "value": f"{name}.example", "tlp": "GREEN", "external_id": name} for name in "abc"]
    await tiktok.post("/v1/signals", json={"signals": items})
    await tiktok.post("/v1/signals", json={"signals": [{"kind": "domain", "value": "own.example"}]})
    first = await received(google, limit=2)
    (last,) = await received(google, limit=2, idFrom=first[-1]["id"] + 1)
    assert [one["signal"] for one in (*first, last)] == ["a.example", "b.example", "c.example"]
    # What is inclusive is sent again.
    assert await received(google, idFrom=last["id"]) == [last]
    await tiktok.post("/v1/signals/retractions", json={"external_ids": ["b"]})
    (gone,) = await received(google, idFrom=last["id"] + 1)
    assert (gone["signal"], gone["type"], gone["reason"]) == ("b.example", "feedback_noaction", "withdrawn")
    await tiktok.post("/v1/signals/retractions", json={"external_ids": ["c"]})
    # Who begins at the largest that it has may hold that one.
    gone, other = await received(google, idFrom=last["id"])
    assert (gone["signal"], other["signal"], other["type"]) == ("b.example", "c.example", "feedback_noaction")
    assert await received(google, idFrom=other["id"] + 1) == []
    assert [one["signal"] for one in await received(google)] == ["a.example"]


async def test_what_must_not_leave_never_does(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    await tiktok.post("/v1/groups", json={"slug": "ring", "name": "Ring"})
    strict = {"kind": "domain", "value": "red.example", "tlp": "RED", "groups": ["ring"]}
    await tiktok.post("/v1/signals", json={"signals": [strict, {"kind": "domain", "value": "own.example"}]})
    headers = await keys(hub, "tiktok")
    answer = await hub.anonymous().get(FEED, params={"idFrom": 1}, headers=headers)
    assert answer.json() == []


async def test_a_page_of_what_a_key_leaves_out_is_not_the_end(hub: TestedHub) -> None:
    weak = [{"kind": "domain", "value": f"{name}.example", "tlp": "GREEN", "confidence": 1} for name in "abc"]
    strong = {"kind": "domain", "value": "d.example", "tlp": "GREEN", "confidence": 100}
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": [*weak, strong]})
    headers = await keys(hub, "google", min_score=20)
    answer = await hub.anonymous().get(FEED, params={"idFrom": 1, "limit": 1}, headers=headers)
    assert [one["signal"] for one in answer.json()] == ["d.example"]


async def test_feedback_is_an_opinion(hub: TestedHub) -> None:
    items = [{"kind": "domain", "value": f"{name}.example", "tlp": "GREEN"} for name in "abc"]
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": items})
    said = {"role": "receiver", "reason": "other"}
    sent = [
        {"signal": "a.example", "type": "feedback_actioned", **said},
        {"signal": "b.example", "type": "feedback_noaction", **said},
        {"signal": "c.example", "type": "feedback_enriched", **said},
        {"signal": "nobodys.example", "type": "feedback_actioned", **said},
        {"signal": "a.example", "type": "feedback_lost", **said},
    ]
    taken = (await hub.client_as("google").post(FEEDBACK, json=sent)).json()
    assert (taken["count"], taken["accepted"]) == (5, 3)
    assert [one["pointer"] for one in taken["errors"]] == ["/3", "/4/type"]
    page = (await hub.client_as("meta").get("/v1/signals")).json()["signals"]
    assert {one["value"]: (one["opinions"]["agree"], one["opinions"]["disagree"]) for one in page} == {
        "a.example": (1, 0),
        "b.example": (0, 1),
        "c.example": (0, 0),
    }


@pytest.mark.parametrize("header", ["API-KEY", "API-SECRET"])
async def test_a_wrong_key_or_secret_fails(hub: TestedHub, header: str) -> None:
    headers = await keys(hub, "meta")
    assert (await hub.anonymous().get(FEED, headers=headers)).status_code == 200
    for wrong in (headers[header] + "x", ""):
        answer = await hub.anonymous().get(FEED, headers=headers | {header: wrong})
        assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b'{"signal": 1}', b"[" * 100_000])
async def test_what_is_no_list_is_refused(hub: TestedHub, body: bytes) -> None:
    for path in (SIGNAL, FEEDBACK):
        answer = await hub.client_as("meta").post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
