"""Graph: each update as the library's client takes it, what cannot be named any more, and whose group is whose."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from threatexchange.exchanges.clients.fb_threatexchange.threat_updates import ThreatUpdateJSON
from threatexchange.exchanges.impl.fb_threatexchange_api import FBThreatExchangeIndicatorRecord

from core.sdk import Category, Severity, SignalOut, State, Tlp
from core.signals.feed import Change
from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat
from core.wire.score import OpinionCounts
from plugins.compat.graph_updates import KINDS, mark, number, signal_id, updates
from tests.plugins.compat.keys import issue

BASE = "/compat/graph/v1"
ID = "sig_" + "a" * 25 + "i"
SEEN = datetime(2026, 1, 1, tzinfo=UTC)


def change(kind: str = "url", *, gone: bool = False, former: tuple[str, ...] = (), **said: Any) -> Change:
    if gone:
        return Change(40, SignalOut(ID, State.RETRACTED, 40), kind, "shown", True, former, ())
    told: dict[str, Any] = {"tlp": Tlp.GREEN, "category": Category.PHISHING, "confidence": None, "severity": None}
    told |= {"campaign": None, "first_seen": None, "last_seen": None, "valid_until": None} | said
    signal = SignalOut(ID, told.pop("state", State.ACTIVE), 40, kind, "shown", **told)
    return Change(40, signal, kind, "shown", False, former, ())


def taken(one: Change) -> list[ThreatUpdateJSON]:
    told = msgspec.json.decode(msgspec.json.encode(list(updates(one, 1_700_000_000))))
    return [ThreatUpdateJSON(update) for update in told]


def record(one: Change) -> FBThreatExchangeIndicatorRecord:
    """As the library keeps it, for an application of the number 77."""
    (update,) = taken(one)
    found = FBThreatExchangeIndicatorRecord.from_threatexchange_json(77, update)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_is_what_the_client_takes(kind: str) -> None:
    (update,) = taken(change(kind))
    assert (update.threat_type, update.indicator, update.time) == (KINDS[kind], "shown", 1_700_000_000)
    (opinion,) = record(change(kind)).opinions
    assert (opinion.owner_app_id, opinion.tags, opinion.category.name) == (1, {"phishing"}, "INVESTIGATION_SEED")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"confidence": None}, "UNKNOWN"),
        ({"confidence": 59}, "SUSPICIOUS"),
        ({"confidence": 60}, "MALICIOUS"),
        ({"confidence": 90, "state": State.DISPUTED}, "SUSPICIOUS"),
    ],
)
def test_a_status_says_how_sure_the_hub_is(said: dict[str, Any], status: str) -> None:
    (update,) = taken(change(**said))
    (descriptor,) = update.raw_json["descriptors"]["data"]
    assert descriptor["status"] == status


def test_a_descriptor_carries_what_it_has_words_for() -> None:
    more: dict[str, Any] = {
        "campaign": "khong-mot-minh",
        "severity": Severity.CRITICAL,
        "first_seen": SEEN,
        "valid_until": SEEN,
    }
    (update,) = taken(change(tlp=Tlp.CLEAR, **more))
    (descriptor,) = update.raw_json["descriptors"]["data"]
    assert [tag["text"] for tag in descriptor["tags"]["data"]] == ["phishing", "khong-mot-minh"]
    assert (descriptor["share_level"], descriptor["severity"]) == ("WHITE", "APOCALYPSE")
    assert descriptor["first_active"] == descriptor["expired_on"] == "2026-01-01T00:00:00Z"
    assert {"confidence", "last_active"}.isdisjoint(descriptor)


def test_opinions_are_as_many_as_there_are_and_name_nobody() -> None:
    found = record(change(confidence=90, opinions=OpinionCounts(agree=2, disagree=1, false_positive=1)))
    told = sorted((one.owner_app_id, one.category.name) for one in found.opinions)
    assert told == [
        (1, "POSITIVE_CLASS"),
        *((voice, "POSITIVE_CLASS") for voice in (2, 3)),
        *((voice, "NEGATIVE_CLASS") for voice in (4, 5)),
    ]


def test_every_spelling_that_a_copy_may_hold_is_dropped() -> None:
    gone = taken(change(gone=True, former=("before",)))
    assert [(one.indicator, one.should_delete) for one in gone] == [("shown", True), ("before", True)]
    moved = taken(change(former=("before",)))
    assert [(one.indicator, one.should_delete) for one in moved] == [("before", True), ("shown", False)]


def test_a_mark_drops_nothing() -> None:
    told = ThreatUpdateJSON(msgspec.to_builtins(mark(5)))
    assert (told.should_delete, told.time, told.threat_type) == (True, 5, "DEBUG_STRING")


def test_numbers_are_ids_and_back() -> None:
    assert signal_id(number(ID)) == ID
    assert signal_id("0") == "sig_" + "a" * 26
    for wrong in ("", "x", "-1", "007", "٣", "1" * 40, str(1 << 128)):
        assert signal_id(wrong) is None, wrong


async def ok(hub: TestedHub, slug: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = await hub.client_as(slug).request(method, path, json=body, **more)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def said(hub: TestedHub, *signals: dict[str, Any]) -> list[str]:
    results = (await ok(hub, "tiktok", "POST", "/v1/signals", {"signals": signals}))["results"]
    return [result["id"] for result in results]


def url(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "url", "value": f"https://{name}.example/", "tlp": "GREEN"} | more


async def ring(hub: TestedHub) -> str:
    """The number of a group of TikTok's and Meta's."""
    await ok(hub, "tiktok", "POST", "/v1/groups", {"slug": "ring", "name": "Ring"})
    await ok(hub, "tiktok", "POST", "/v1/groups/ring/invitations", {"partner": "meta"})
    await ok(hub, "meta", "PUT", "/v1/groups/ring/membership")
    listed = await ok(hub, "meta", "GET", f"{BASE}/1/threat_privacy_groups_member")
    assert [group["name"] for group in listed["data"]] == ["Community", "Ring"]
    return str(listed["data"][1]["id"])


def named(page: dict[str, Any]) -> dict[str, bool]:
    """Indicators, and whether they are to be dropped."""
    return {one["indicator"]: one["should_delete"] for one in page["data"][:-1]}


async def test_a_group_is_its_members_alone(hub: TestedHub) -> None:
    number = await ring(hub)
    await said(hub, url("amber", tlp="AMBER", groups=["ring"]), url("red", tlp="RED", groups=["ring"]), url("green"))
    mine = await ok(hub, "meta", "GET", f"{BASE}/{number}/threat_updates/")
    assert named(mine) == {"https://amber.example/": False}
    everyones = await ok(hub, "meta", "GET", f"{BASE}/1/threat_updates/")
    assert named(everyones) == {"https://green.example/": False}
    for outside in ("google", "secretariat"):
        for path in (f"{BASE}/{number}/threat_updates/", f"{BASE}/{number}/"):
            assert (await hub.client_as(outside).get(path)).status_code == 404


async def test_what_was_lost_asks_for_a_new_copy_and_what_was_gained_comes_by_itself(hub: TestedHub) -> None:
    """Meta joins a group, and its copy of everyone's goes on; it leaves, and no copy can be trusted."""
    (goes,) = await said(hub, url("goes"))
    updates = f"{BASE}/1/threat_updates/"
    first = await ok(hub, "meta", "GET", updates)
    since = {"start_time": first["data"][-1]["last_updated"]}
    await ok(hub, "tiktok", "POST", "/v1/signals/retractions", {"ids": [goes]})
    await ring(hub)
    await said(hub, url("amber", tlp="AMBER", groups=["ring"]))
    assert named(await ok(hub, "meta", "GET", updates, params=since)) == {"https://goes.example/": True}
    await ok(hub, "meta", "DELETE", "/v1/groups/ring/membership")
    refused = await hub.client_as("meta").get(updates, params=since)
    assert (refused.status_code, refused.json()["type"]) == (410, "urn:kmm:problem:resync")
    assert named(await ok(hub, "meta", "GET", updates)) == {}


async def test_pages_lead_on_to_the_end_of_the_window(hub: TestedHub) -> None:
    key = await issue(hub, "meta", FeedFormat.GRAPH)
    await said(hub, *[url(f"host-{at}") for at in range(5)], {"kind": "md5", "value": "a" * 32, "tlp": "GREEN"})
    query: dict[str, str | int] = {"access_token": key.key, "limit": 2, "types": "URI,RAW_URI"}
    found: dict[str, bool] = {}
    address = f"{key.base_url}/1/threat_updates/?{httpx.QueryParams(query)}"
    for page in range(3):
        answer = await hub.anonymous().get(address)
        assert answer.headers["cache-control"] == "no-store"
        found |= named(answer.json())
        address = answer.json().get("paging", {}).get("next")
        assert bool(address) == (page < 2)
    assert found == {f"https://host-{at}.example/": False for at in range(5)}
    for stop_time, ends in ((int(time.time()) + 60, False), (1, True)):
        page = (await hub.anonymous().get(f"{BASE}/1/threat_updates", params=query | {"stop_time": stop_time})).json()
        assert (len(named(page)), "paging" not in page) == (0 if ends else 2, ends)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("1", {"reactions": "LIKE"}),
        ("threat_descriptors", {"indicator": "a", "type": "URI", "status": "BAD"}),
        ("threat_descriptors", {"indicator": "a", "type": "TREND_QUERY", "status": "MALICIOUS"}),
        ("threat_descriptors", {"indicator": "https://a.example/", "type": "HASH_MD5", "status": "MALICIOUS"}),
        ("threat_descriptors", {"indicator": "a.example", "type": "DOMAIN", "status": "NON_MALICIOUS"}),
        ("threat_descriptors", {"type": "URI", "status": "MALICIOUS"}),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_words_of_others_are_refused(hub: TestedHub, path: str, query: dict[str, str]) -> None:
    answer = await hub.client_as("meta").post(f"{BASE}/{path}", params=query)
    assert answer.status_code == 400, answer.text


async def test_a_descriptor_is_taken_back_and_opinions_too(hub: TestedHub) -> None:
    group = await ring(hub)
    said = {"indicator": "Bait.example", "type": "DOMAIN", "privacy_type": "HAS_PRIVACY_GROUP"}
    said |= {"privacy_members": group, "share_level": "AMBER", "severity": "SEVERE", "tags": "x,Grooming"}
    made = await ok(hub, "meta", "POST", f"{BASE}/threat_descriptors", params=said | {"status": "MALICIOUS"})
    signal = (await ok(hub, "tiktok", "GET", f"/v1/signals/{signal_id(made['id'])}"))["signal"]
    assert (signal["value"], signal["tlp"], signal["severity"]) == ("bait.example", "AMBER", "high")
    assert signal["category"] == "grooming"
    for query, count in (({"reactions": "HELPFUL,IN_REVIEW"}, 1), ({"reactions_to_remove": "HELPFUL"}, 0)):
        await ok(hub, "tiktok", "POST", f"{BASE}/{made['id']}", params=query)
        told = (await ok(hub, "meta", "GET", f"/v1/signals/{signal_id(made['id'])}"))["signal"]
        assert told["opinions"]["agree"] == count
    assert (await hub.client_as("google").post(f"{BASE}/{made['id']}?reactions=HELPFUL")).status_code == 404
    await ok(hub, "meta", "POST", f"{BASE}/threat_descriptors", params=said | {"status": "NON_MALICIOUS"})
    assert (await hub.client_as("tiktok").get(f"/v1/signals/{signal_id(made['id'])}")).status_code == 404
