"""Every way to read something that is shared from the hub: signals, partners, events."""

import base64
from typing import Any

import msgspec

from core.signals import blind, blinding
from tests.isolation.content_reads import CONTENT
from tests.isolation.reader import Read, Reader, simple
from tests.isolation.world import World


async def read_feed(reader: Reader) -> None:
    expected = reader.world.oracle.signals(reader.slug)
    items, digest = await walk(reader)
    assert {name: said(item) for name, item in items.items()} == expected
    assert sum(int(item["check"], 16) for item in items.values()) % (1 << 128) == int(digest, 16)
    lines = (await reader.get("/v1/signals", accept="application/x-ndjson")).text.splitlines()
    assert {item["id"]: said(item) for item in map(msgspec.json.decode, lines[:-1])} == expected
    assert msgspec.json.decode(lines[-1])["digest"] == digest
    await reader.get("/v1/signals", accept="text/csv")
    assert (await reader.get("/v1/signals", kind="phone")).json()["signals"] == []


async def walk(reader: Reader, limit: int = 7) -> tuple[dict[str, dict[str, Any]], str]:
    """From zero: items by id, and the digest of the last page."""
    items: dict[str, dict[str, Any]] = {}
    query: dict[str, str] = {}
    while True:
        page = (await reader.get("/v1/signals", limit=limit, **query)).json()
        assert all(item["state"] == "active" for item in page["signals"]), "a walk from zero has no tombstones"
        items |= {item["id"]: item for item in page["signals"]}
        if not page["more"]:
            return items, page["digest"]
        query = {"after": page["next"]}


def said(item: dict[str, Any]) -> dict[str, Any]:
    named = ("kind", "value", "tlp", "category", "campaign", "confidence", "claims")
    return {name: item[name] for name in named} | {"agree": item["opinions"]["agree"]}


async def read_digest(reader: Reader) -> None:
    _, digest = await walk(reader, limit=1_000)
    assert (await reader.get("/v1/signals/digest")).json()["digest"] == digest


async def look_up(reader: Reader) -> None:
    ids = reader.world.oracle.ids
    items = [{"kind": "domain", "value": value} for value in (*ids, "nobody-said-this.example")]
    answer = (await reader.ask("POST", "/v1/signals/lookup", json={"items": items})).json()["results"]
    missing = answer.pop()
    expected = reader.world.oracle.signals(reader.slug)
    for signal, result in zip(ids.values(), answer, strict=True):
        if signal in expected:
            assert said(result["signal"]) == expected[signal]
        else:
            assert result | {"index": 0} == missing | {"index": 0}


async def read_lookup_key(reader: Reader) -> None:
    """And with it, every value that anyone ever said, asked without showing it."""
    world, oracle = reader.world, reader.world.oracle
    while await blinding.follow(world.hub.parts.db, world.hub.parts.keys, world.hub.parts.kinds):
        pass
    told = (await reader.get("/v1/lookup/key")).json()
    key, bits = base64.urlsafe_b64decode(told["key"] + "="), told["prefix_bits"]
    digests = {signal: blind.digest(key, "domain", value) for value, signal in oracle.ids.items()}
    prefixes = sorted({blind.prefix(digest, bits) for digest in digests.values()})
    entries: dict[str, list[str]] = {}
    for start in range(0, len(prefixes), 100):
        asked = {"epoch": told["epoch"], "prefix_bits": bits, "prefixes": prefixes[start : start + 100]}
        buckets = (await reader.ask("POST", "/v1/lookup/private", json=asked)).json()["buckets"]
        entries |= {bucket["prefix"]: bucket["entries"] for bucket in buckets}
    found = {signal: blind.open_bucket(one, entries[blind.prefix(one, bits)]) for signal, one in digests.items()}
    expected = oracle.signals(reader.slug)
    assert {signal for signal, known in found.items() if known} == expected.keys()
    assert all(known.category == expected[known.id]["category"] for known in found.values() if known)


_CLAIM = ("partner", "context", "groups", "external_ids")


async def read_signal(reader: Reader) -> None:
    oracle = reader.world.oracle
    visible = oracle.visible(reader.slug)
    mine = {group for group, members in oracle.members.items() if reader.slug in members}
    shown_groups = set(oracle.members) if oracle.kinds[reader.slug] == "operator" else mine
    for value, signal in oracle.ids.items():
        expected = [
            {
                "partner": oracle.shown_as(reader.slug, one.owner),
                "context": {"note": one.note},
                "groups": sorted(one.groups & shown_groups),
                "external_ids": [one.external_id] if one.owner == reader.slug else [],
            }
            for one in sorted(visible, key=lambda one: one.opened)
            if one.value == value
        ]
        answer = await reader.get(f"/v1/signals/{signal}", 404)
        claims = answer.json()["claims"] if answer.is_success else []
        shown = [{name: claim[name] for name in _CLAIM} for claim in claims]
        assert shown == expected, (reader.slug, value)


async def list_reviews(reader: Reader) -> None:
    for what in ("dispute", "quarantine"):
        await reader.pages("/v1/reviews", "reviews", what=what, limit=2)


async def list_readers(reader: Reader) -> None:
    """Its own walks, and for the operator everyone's."""
    await reader.get("/v1/signals", kind="url")
    found = await reader.pages("/v1/readers", "readers", limit=1)
    is_operator = reader.world.oracle.kinds[reader.slug] == "operator"
    assert {one["partner"] for one in found} >= {reader.slug}
    assert is_operator or {one["partner"] for one in found} == {reader.slug}
    assert {"", "kind=url"} <= {one["filter"] for one in found if one["partner"] == reader.slug}


async def list_holders(reader: Reader) -> None:
    """For those who said it; of others, those for whom it was."""
    oracle = reader.world.oracle
    for value, signal in oracle.ids.items():
        own = [said for said in oracle.history if said.owner == reader.slug and said.value == value]
        answer = await reader.get(f"/v1/signals/{signal}/holders", 404)
        assert answer.is_success == bool(own)
        for holder in answer.json()["holders"] if own else ():
            assert any(oracle.sees(holder["partner"], said) for said in own), (reader.slug, holder)


async def list_opinions(reader: Reader) -> None:
    oracle = reader.world.oracle
    seen = {one.value for one in oracle.visible(reader.slug)}
    for value, signal in oracle.ids.items():
        answer = await reader.get(f"/v1/signals/{signal}/opinions", 404)
        assert answer.is_success == (value in seen)
        if answer.is_success:
            shown = {one["partner"]: one["reason"] for one in answer.json()["opinions"]}
            assert shown == oracle.told(reader.slug, value), (reader.slug, value)


async def list_groups(reader: Reader) -> None:
    found = {group["slug"] for group in await reader.pages("/v1/groups", "groups", limit=2)}
    assert found == reader.world.oracle.groups_of(reader.slug)


async def read_group(reader: Reader) -> None:
    oracle = reader.world.oracle
    for group in oracle.members:
        answer = await reader.get(f"/v1/groups/{group}", 404)
        assert answer.is_success == (group in oracle.groups_of(reader.slug))


async def list_partners(reader: Reader) -> None:
    found = await reader.pages("/v1/partners", "partners", limit=7)
    assert [partner["slug"] for partner in found] == reader.world.partners


async def read_partner(reader: Reader) -> None:
    for slug in reader.world.partners:
        await reader.get(f"/v1/partners/{slug}")


async def list_clients(reader: Reader) -> None:
    """The operator has charge of everyone, the alliance of creators."""
    kinds = reader.world.oracle.kinds
    for slug in reader.world.partners:
        in_charge = kinds[reader.slug] == "operator" or kinds[slug] == "creator"
        answer = await reader.get(f"/v1/partners/{slug}/clients", 403)
        assert answer.is_success == in_charge


async def list_feed_keys(reader: Reader) -> None:
    """One's own; the operator has charge of everyone's, the alliance of creators'."""
    kinds = reader.world.oracle.kinds
    for slug in {reader.slug, *reader.world.partners[::5]}:
        found = await reader.get("/v1/feed-keys", 404, partner=slug)
        in_charge = kinds[reader.slug] == "operator" or (kinds[reader.slug] == "alliance" and kinds[slug] == "creator")
        assert found.is_success == (in_charge or slug == reader.slug), (reader.slug, slug)


async def read_events(reader: Reader) -> None:
    """The operator is told of everything, others of what is theirs or everyone's."""
    page: dict[str, Any] = {"next": 0, "more": True}
    while page["more"]:
        page = (await reader.get("/v1/events", after=page["next"], limit=50)).json()
        for event in page["events"]:
            owner = _concerned(reader.world, event)
            is_told = owner in (None, reader.slug) or reader.world.oracle.kinds[reader.slug] == "operator"
            assert is_told, (reader.slug, event)


def _concerned(world: World, event: dict[str, Any]) -> str | None:
    """The partner that an event is for; None for what several are told of."""
    if event["type"] in ("sight.changed", "quarantine.opened"):
        return str(event["data"]["partner"])
    if event["type"] == "report.frozen":
        return world.reports[event["data"]["report"]]
    return "the operator" if event["type"] in ("guard.changed", "review.decided") else None


async def read_blocklist(reader: Reader) -> None:
    leaving = {"CLEAR", "GREEN", "AMBER"}
    expected = reader.world.oracle.signals(reader.slug, lambda said: said.tlp in leaving).values()
    for form in ("plain", "hosts", "adblock"):
        for tlp, markings in (("CLEAR", {"CLEAR"}), ("AMBER", leaving)):
            text = (await reader.get("/exports/blocklist", form=form, tlp=tlp)).text
            assert len(text.splitlines()) - 1 == sum(item["tlp"] in markings for item in expected)


SHARED: dict[str, Read] = CONTENT | {
    "Health": simple("/health"),
    "OpenAPI": simple("/openapi.json"),
    "ReadServerMetadata": simple("/.well-known/oauth-authorization-server"),
    "ReadKeySet": simple("/.well-known/jwks.json"),
    "ReadDocumentKeys": simple("/.well-known/document-keys.json"),
    "ReadMe": simple("/v1/me"),
    "ListPartners": list_partners,
    "ReadPartner": read_partner,
    "ListClients": list_clients,
    "ListFeedKeys": list_feed_keys,
    "ListKinds": simple("/v1/kinds"),
    "ListGroups": list_groups,
    "ReadGroup": read_group,
    "ReadFeed": read_feed,
    "ReadDigest": read_digest,
    "LookUpSignals": look_up,
    "ReadLookupKey": read_lookup_key,
    "ReadSignal": read_signal,
    "ListReaders": list_readers,
    "ListHolders": list_holders,
    "ListOpinions": list_opinions,
    "ReadMyLimits": simple("/v1/me/limits"),
    "ReadSignalPolicy": simple("/v1/signal-policy"),
    "ListGuardEntries": simple("/v1/guard", "entries"),
    "ListReviews": list_reviews,
    "ReadEvents": read_events,
    "ReadBlocklist": read_blocklist,
}
"""By operation, those of what is shared."""
