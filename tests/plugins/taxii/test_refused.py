"""What a collection does not take: words in the name of others, what would harm those who read it, no envelope."""

import asyncio
from typing import Any

import msgspec
import pytest

from core.testing import TestedHub
from plugins.taxii.errors import MEDIA_TYPE
from plugins.taxii.stix.markings import IDENTITY
from tests.plugins.taxii.posts import HEADERS, Poster, indicator, retract, rows, stix_object

LATER = "2026-02-01T00:00:00.000Z"


async def test_nobody_speaks_in_anothers_name(hub: TestedHub) -> None:
    """Whoever has the object would drop it, or take what it says now for a word of its poster's."""
    poster, thief, reader = (Poster(hub, slug) for slug in ("tiktok", "google", "meta"))
    await poster.post(indicator("a"))
    for later in (indicator("a", LATER, revoked=True), indicator("a", LATER, url="https://other.example/")):
        status = await thief.post(later)
        assert (status["success_count"], status["failures"][0]["message"][:8]) == (0, "id_taken")
    assert (await thief.post(indicator("a")))["success_count"] == 1, "who passes it on says the same"
    assert (await thief.post(indicator("a", LATER, revoked=True)))["success_count"] == 0
    assert (await poster.post(indicator("a", LATER, revoked=True)))["success_count"] == 1
    assert (await thief.post(indicator("b", revoked=True)))["success_count"] == 0, "there is nothing to revoke"
    assert [one.get("revoked") for one in await bodies(reader, "indicator")] == [None]


async def test_of_two_that_post_an_id_at_once_one_has_it(hub: TestedHub) -> None:
    """Their jobs may share a transaction, in which neither sees what the other is about to store."""
    first, second = Poster(hub, "tiktok"), Poster(hub, "google")
    for name in "abcdef":
        said = indicator(name), indicator(name, url="https://other.example/")
        told = await asyncio.gather(first.post(said[0]), second.post(said[1]))
        assert sorted(status["success_count"] for status in told) == [0, 1]


async def test_an_id_stays_its_posters_when_the_claim_is_gone(hub: TestedHub) -> None:
    """Readers have it still. What was held from the start nobody learns of, not by trying its id either."""
    poster, thief = Poster(hub, "tiktok"), Poster(hub, "google")
    await poster.post(indicator("a"))
    await retract(hub, "tiktok", indicator("a")["id"])
    forged = indicator("a", LATER, url="https://other.example/")
    assert (await thief.post(forged))["failures"][0]["message"][:8] == "id_taken"
    assert (await poster.post(indicator("a", LATER)))["success_count"] == 1
    limit = {"burst_per_hour": 0}
    assert (await hub.client_as("secretariat").patch("/v1/partners/tiktok", json=limit)).is_success
    assert (await poster.post(indicator("b")))["successes"][0]["message"][:4] == "held"
    assert (await thief.post(indicator("b", LATER, url="https://other.example/")))["success_count"] == 1


async def bodies(poster: Poster, kind: str) -> list[dict[str, Any]]:
    answer = await poster.client.get(poster.objects, params={"match[type]": kind}, headers=HEADERS)
    return list(answer.json().get("objects", []))


async def test_nobody_speaks_in_the_hubs_name(hub: TestedHub) -> None:
    values = ["https://one.example/", "https://two.example/"]
    said = [{"kind": "url", "value": value, "tlp": "GREEN"} for value in values]
    await hub.client_as("tiktok").post("/v1/signals", json={"signals": said})
    thief = Poster(hub, "google")
    made = await bodies(thief, "indicator")
    forged = indicator("x", LATER, url=values[1]) | {"id": made[0]["id"]}
    mine = stix_object("identity", "x", LATER, name="The hub", identity_class="system") | {"id": IDENTITY}
    status = await thief.post(forged, mine, forged | {"revoked": True})
    assert [one["message"][:8] for one in status["failures"]] == ["id_taken"] * 3
    assert await bodies(thief, "indicator") == made


POISON: dict[str, Any] = {
    "no id": {"type": "indicator"},
    "another type's id": indicator("a") | {"id": stix_object("malware", "a")["id"]},
    "no time": indicator("a", "not a time"),
    "a time of no year": indicator("a", "9999-12-31T23:59:59-23:59"),
    "no times at all": {key: one for key, one in indicator("a").items() if key not in ("created", "modified")},
    "before it was made": indicator("a", "2025-01-01T00:00:00Z"),
    "a NUL": indicator("a", description="a\0b"),
    "a file in a text": indicator("a", description="A" * 9_000),
    "too large": indicator("a", external_references=[{"source_name": "x" * 8_000}] * 9),
    "too deep": indicator("a", x=msgspec.json.decode("[" * 30 + "]" * 30)),
    "media": stix_object("artifact", "a", payload_bin="AAAA"),
    "a file": stix_object("file", "a", content_ref=stix_object("artifact", "a")["id"]),
    "a pattern that is none": indicator("a") | {"pattern": "[url:value = ]"},
    "no pattern": {key: one for key, one in indicator("a").items() if key != "pattern"},
    "a name that is null": stix_object("tool", "a", name=None),
    "a relationship of nothing": stix_object("relationship", "a"),
    "a URL without one": {key: one for key, one in stix_object("url", "a").items() if key in ("id", "type")},
    "good until it began": indicator("a", valid_until="2026-01-01T00:00:00Z"),
    "by nobody": indicator("a", created_by_ref="somebody"),
    "marked with nothing": indicator("a", object_marking_refs=["TLP:GREEN"]),
    "a reference to nowhere": indicator("a", external_references=[{"url": "https://x.example/"}]),
    "an id of the other STIX": {k: v for k, v in indicator("a", labels=["x"]).items() if k != "spec_version"},
    "a person": stix_object("identity", "a", name="Somebody", identity_class="individual"),
    "no signal's value": indicator("a", url="not a URL"),
    "for few": indicator("a", tlp="AMBER"),
    "no object": 7,
}


async def test_poison_costs_itself_alone(hub: TestedHub) -> None:
    status = await Poster(hub, "tiktok").post(*POISON.values(), indicator("good"))
    assert status["failure_count"] == len(POISON)
    assert [one["id"] for one in status["successes"]] == [indicator("good")["id"]]
    assert all(one["message"] for one in status["failures"])
    assert [row.id for row in await rows(hub)] == [indicator("good")["id"]]


BODIES = {
    "no JSON": (b"{", 422),
    "an object": (msgspec.json.encode(indicator("a")), 422),
    "a list": (b"[]", 422),
    "no list": (b'{"objects":{}}', 422),
    "10,001": (b'{"objects":[%b]}' % b",".join([b"{}"] * 10_001), 413),
    "34 MB": (b'{"objects":["%b"]}' % (b"A" * 34_000_000), 413),
}


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_is_no_envelope(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    for name, (body, status) in BODIES.items():
        answer = await poster.client.post(poster.objects, content=body, headers=HEADERS)
        assert answer.status_code == status, name
        assert answer.headers["content-type"] == MEDIA_TYPE, name
        assert answer.json()["http_status"] == str(status), name
    for media_type in ("application/json", "application/taxii+json;version=2.0"):
        answer = await poster.client.post(poster.objects, content=b"{}", headers={"content-type": media_type})
        assert answer.status_code == 415
    assert (await hub.client_as("meta", "signals:read").post(poster.objects, headers=HEADERS)).status_code == 403
    nowhere = poster.objects.replace("/objects/", "0/objects/")
    assert (await poster.client.post(nowhere, content=b'{"objects":[]}', headers=HEADERS)).status_code == 404
