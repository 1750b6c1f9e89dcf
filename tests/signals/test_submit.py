"""POST /v1/signals as JSON: an outcome for every item, and who sees what was said."""

from itertools import combinations
from typing import Any

import httpx
import pytest

from core.testing import TestedHub

Json = dict[str, Any]

DOMAIN = {"kind": "domain", "value": "bait.example"}
ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""For what is decided before the database is asked."""


async def submit(http: httpx.AsyncClient, *items: Any, **headers: str) -> Json:
    answer = await http.post("/v1/signals", json={"signals": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


async def feed(http: httpx.AsyncClient) -> list[Json]:
    page = (await http.get("/v1/signals", params={"limit": 10_000})).json()
    assert not page["more"]
    found: list[Json] = page["signals"]
    return found


async def position(http: httpx.AsyncClient) -> int:
    return int((await http.get("/v1/signals/digest")).json()["position"])


async def test_the_answer_has_the_fields_of_the_contract(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    before = await position(tiktok)
    done = await submit(tiktok, DOMAIN, DOMAIN, DOMAIN | {"confidence": 5}, {"kind": "nonsense", "value": "x"})
    known = done["results"][0]["id"]
    assert known.startswith("sig_")
    refusal = done["results"][3]["errors"][0]
    assert done == {
        "position": before + 1,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
        "rejected": 1,
        "quarantined": 0,
        "results": [
            {"index": 0, "id": known, "status": "created", "errors": []},
            {"index": 1, "id": known, "status": "unchanged", "errors": []},
            {"index": 2, "id": known, "status": "updated", "errors": []},
            {"index": 3, "id": None, "status": "rejected", "errors": [refusal]},
        ],
    }
    assert refusal.keys() == {"pointer", "code", "detail"}


FULL = {
    "kind": "bank_account",
    "value": "970436:0011000000001",
    "category": "investment_scam",
    "confidence": 80,
    "severity": "high",
    "tlp": "GREEN",
    "campaign": "autumn",
    "external_id": "case/1 – á",
    "first_seen": "2025-09-30T23:59:59.123456+07:00",
    "last_seen": "2025-10-02T00:00:00Z",
    "valid_until": "9999-12-31T23:59:59Z",
    "context": {"amount": 5_000_000, "script": "Chuyển khoản", "confirmed": True},
    "origin": "hotline",
    "derived_from": [],
}


async def test_every_field_reaches_a_reader(hub: TestedHub) -> None:
    done = await submit(hub.client_as("chongluadao"), FULL)
    (seen,) = await feed(hub.client_as("meta"))
    said = {name: FULL[name] for name in ("kind", "value", "category", "confidence", "severity", "tlp", "campaign")}
    assert seen == said | {
        "id": done["results"][0]["id"],
        "state": "active",
        "position": done["position"],
        "first_seen": "2025-09-30T16:59:59.123456Z",
        "last_seen": "2025-10-02T00:00:00Z",
        "valid_until": "9999-12-31T23:59:59Z",
        "claims": 1,
        "opinions": {"agree": 0, "disagree": 0, "false_positive": 0},
        "terms": [{"kind": "claim", "strength": 0.48, "since": "2025-10-02T00:00:00Z", "half_life_days": 180}],
        "check": seen["check"],
    }


FAULTS: list[tuple[Any, str, str]] = [
    ("a string", "", "invalid"),
    (None, "", "invalid"),
    ([DOMAIN], "", "invalid"),
    ({"value": "bait.example"}, "/kind", "missing"),
    ({"kind": "domain"}, "/value", "missing"),
    (DOMAIN | {"colour": "red"}, "/colour", "unknown"),
    (DOMAIN | {"kind": "nonsense"}, "/kind", "unknown_kind"),
    (DOMAIN | {"kind": 7}, "/kind", "invalid"),
    (DOMAIN | {"kind": "Domain"}, "/kind", "invalid"),
    (DOMAIN | {"value": "not a host"}, "/value", "invalid_value"),
    (DOMAIN | {"value": "a\0.example"}, "/value", "invalid_value"),
    (DOMAIN | {"value": ["bait.example"]}, "/value", "invalid"),
    (DOMAIN | {"value": ""}, "/value", "invalid"),
    (DOMAIN | {"value": "a" * 8_193}, "/value", "invalid"),
    (DOMAIN | {"category": "Phishing"}, "/category", "invalid"),
    (DOMAIN | {"confidence": 101}, "/confidence", "invalid"),
    (DOMAIN | {"confidence": -1}, "/confidence", "invalid"),
    (DOMAIN | {"confidence": 50.5}, "/confidence", "invalid"),
    (DOMAIN | {"confidence": "50"}, "/confidence", "invalid"),
    (DOMAIN | {"confidence": True}, "/confidence", "invalid"),
    (DOMAIN | {"severity": "severe"}, "/severity", "invalid"),
    (DOMAIN | {"tlp": "WHITE"}, "/tlp", "invalid"),
    (DOMAIN | {"tlp": ["GREEN", "RED"]}, "/tlp", "invalid"),
    (DOMAIN | {"groups": "task-force"}, "/groups", "invalid"),
    (DOMAIN | {"groups": ["fine", "Not fine"]}, "/groups/1", "invalid"),
    (DOMAIN | {"groups": ["nowhere"]}, "/groups", "not_a_member"),
    (DOMAIN | {"campaign": "No slug"}, "/campaign", "invalid"),
    (DOMAIN | {"external_id": ""}, "/external_id", "invalid"),
    (DOMAIN | {"external_id": "a" * 201}, "/external_id", "invalid"),
    (DOMAIN | {"external_id": "a\nb"}, "/external_id", "invalid"),
    (DOMAIN | {"first_seen": "2025-10-01"}, "/first_seen", "invalid"),
    (DOMAIN | {"first_seen": "2025-10-01T00:00:00"}, "/first_seen", "invalid"),
    (DOMAIN | {"first_seen": 1_760_000_000}, "/first_seen", "invalid"),
    (DOMAIN | {"first_seen": "0001-01-01T00:00:00+00:01"}, "/first_seen", "out_of_range"),
    (DOMAIN | {"last_seen": "9999-12-31T23:59:59-00:01"}, "/last_seen", "out_of_range"),
    (DOMAIN | {"valid_until": "9999-12-31T23:59:59-12:00"}, "/valid_until", "out_of_range"),
    (DOMAIN | {"first_seen": "9000-01-01T00:00:00Z"}, "/first_seen", "in_the_future"),
    (DOMAIN | {"last_seen": "9000-01-01T00:00:00Z"}, "/last_seen", "in_the_future"),
    (DOMAIN | {"category": "csam_hash"}, "/category", "only_for_hashes"),
    (DOMAIN | {"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until", "expired"),
    (
        DOMAIN | {"first_seen": "2025-10-01T00:00:00Z", "last_seen": "2025-10-01T06:59:59+07:00"},
        "/last_seen",
        "before_first_seen",
    ),
    (DOMAIN | {"context": "text"}, "/context", "invalid"),
    (DOMAIN | {"context": {"nested": {}}}, "/context", "invalid"),
    (DOMAIN | {"context": {"": 1}}, "/context", "invalid"),
    (DOMAIN | {"context": {f"k{n}": n for n in range(21)}}, "/context", "invalid"),
    (DOMAIN | {"origin": "a\0b"}, "/origin", "invalid"),
    (DOMAIN | {"derived_from": ["bait.example"]}, "/derived_from/0", "invalid"),
]


async def test_a_fault_names_its_item_and_its_field_and_costs_nothing_else(hub: TestedHub) -> None:
    good = [{"kind": "domain", "value": f"good{index}.example", "tlp": "GREEN"} for index in range(len(FAULTS))]
    items = [item for index, (fault, _, _) in enumerate(FAULTS) for item in (good[index], fault)]
    done = await submit(hub.client_as("tiktok"), *items)
    assert (done["created"], done["rejected"]) == (len(FAULTS), len(FAULTS))
    for index, (_, pointer, code) in enumerate(FAULTS):
        assert done["results"][2 * index]["status"] == "created"
        result = done["results"][2 * index + 1]
        (error,) = result["errors"]
        assert (result["index"], result["status"], result["id"]) == (2 * index + 1, "rejected", None)
        assert (error["pointer"], error["code"]) == (f"/signals/{2 * index + 1}{pointer}", code)
        assert error["detail"]
    assert len(await feed(hub.client_as("meta"))) == len(good)


async def test_a_rejected_item_changes_nothing_about_the_signal(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    done = await submit(tiktok, DOMAIN | {"tlp": "GREEN", "external_id": "one"})
    other = {"kind": "domain", "value": "other.example", "tlp": "GREEN", "external_id": "one"}
    refused = await submit(tiktok, other, DOMAIN | {"tlp": "GREEN", "groups": ["nowhere"]})
    assert [result["errors"][0]["code"] for result in refused["results"]] == ["external_id_in_use", "not_a_member"]
    assert refused["results"][0]["errors"][0]["pointer"] == "/signals/0/external_id"
    assert refused["position"] == done["position"]
    assert [signal["value"] for signal in await feed(tiktok)] == ["bait.example"]


async def test_names_belong_to_their_partner(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), DOMAIN | {"external_id": "one"})
    done = await submit(hub.client_as("meta"), {"kind": "domain", "value": "other.example", "external_id": "one"})
    assert done["created"] == 1


async def test_without_tlp_a_claim_is_for_its_submitter_and_the_operator(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), DOMAIN)
    readers = ("tiktok", "secretariat", "meta", "chongluadao", "digital-trust-alliance", "a05")
    seen = {slug: len(await feed(hub.client_as(slug))) for slug in readers}
    assert [slug for slug, count in seen.items() if count] == ["tiktok", "secretariat"]


async def test_a_tlp_that_shares_with_nobody_is_noted(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    await tiktok.post("/v1/groups", json={"slug": "task-force", "name": "Task force"})
    tlps = [None, "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
    items = [{"kind": "domain", "value": f"t{index}.example", "tlp": tlp} for index, tlp in enumerate(tlps)]
    done = await submit(tiktok, *items, DOMAIN | {"tlp": "RED", "groups": ["task-force"]})
    assert (done["created"], done["rejected"]) == (7, 0)
    noted = {result["index"]: result["errors"] for result in done["results"] if result["errors"]}
    assert noted.keys() == {3, 4, 5}
    for index, (note,) in noted.items():
        assert (note["pointer"], note["code"]) == (f"/signals/{index}/tlp", "audience_empty")
    assert {signal["tlp"] for signal in await feed(hub.client_as("meta"))} == {"CLEAR", "GREEN"}


async def test_return_minimal_lists_rejected_items_only(hub: TestedHub) -> None:
    items = [DOMAIN | {"tlp": "RED"}, {"kind": "nonsense", "value": "x"}, DOMAIN | {"tlp": "RED"}]
    done = await submit(hub.client_as("tiktok"), *items, Prefer="respond-async, return=minimal")
    assert (done["created"], done["unchanged"], done["rejected"]) == (1, 1, 1)
    assert [(result["index"], result["status"]) for result in done["results"]] == [(1, "rejected")]


async def test_counts_and_statuses_speak_of_the_callers_own_claims(hub: TestedHub) -> None:
    """What a peer has said in confidence does not show in the answer."""
    first = await submit(hub.client_as("tiktok"), DOMAIN)
    second = await submit(hub.client_as("meta"), DOMAIN)
    assert second["results"] == first["results"]
    assert second["created"] == 1


async def test_ten_thousand_items_are_taken_and_one_more_is_refused(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    items = [{"kind": "domain", "value": f"d{number}.example"} for number in range(10_001)]
    before = await position(tiktok)
    answer = await tiktok.post("/v1/signals", json={"signals": items})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/signals"
    assert await position(tiktok) == before
    done = await submit(tiktok, *items[:-1])
    assert (done["created"], done["position"]) == (10_000, before + 10_000)
    assert [result["index"] for result in done["results"]] == list(range(10_000))
    assert len(await feed(tiktok)) == 10_000


async def test_nothing_sent_is_nothing_done(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    done = await submit(tiktok)
    assert done == {
        "position": await position(tiktok),
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "quarantined": 0,
        "results": [],
    }


async def test_a_submission_of_many_audiences_and_kinds_is_taken(hub: TestedHub) -> None:
    """Each pair of audience and kind has a digest: these 1,116 are more than one condition of SQLite may name."""
    tiktok = hub.client_as("tiktok")
    for group in range(5):
        await tiktok.post("/v1/groups", json={"slug": f"group-{group}", "name": "Group"})
    audiences: list[Json] = [
        {"tlp": tlp, "groups": [f"group-{group}" for group in range(5) if subset >> group & 1]}
        for subset in range(1, 32)
        for tlp in (None, "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
    ]
    values = {
        "domain": "d{}.example",
        "url": "d{}.example/a",
        "email": "a{}@d.example",
        "md5": "{:032x}",
        "sha1": "{:040x}",
        "sha256": "{:064x}",
    }
    items = [
        {"kind": kind, "value": value.format(number)} | audience
        for number, audience in enumerate(audiences, 1)
        for kind, value in values.items()
    ]
    # New audiences come a few at a time.
    for start in range(0, len(items), 558):
        assert (await submit(tiktok, *items[start : start + 558]))["created"] == 558
    assert (await submit(tiktok, *(item | {"confidence": 5} for item in items)))["updated"] == len(items) == 1_116


@ONE_ENGINE
async def test_a_reader_may_not_submit(hub: TestedHub) -> None:
    assert (await hub.client_as("tiktok", "signals:read").post("/v1/signals", json={"signals": []})).status_code == 403
    assert (await hub.client_as("creator-mai").post("/v1/signals", json={"signals": []})).status_code == 403
    assert (await hub.anonymous().post("/v1/signals", json={"signals": []})).status_code == 401


async def test_a_submission_makes_a_hundred_audiences_and_no_more(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    slugs = [f"group-{number}" for number in range(7)]
    for slug in slugs:
        assert (await tiktok.post("/v1/groups", json={"slug": slug, "name": slug})).status_code == 201
    subsets = [named for size in range(1, 8) for named in combinations(slugs, size)]
    sent = [
        {"kind": "domain", "value": f"a{number}.example", "tlp": "AMBER", "groups": named}
        for number, named in enumerate(subsets)
    ]
    first = await submit(tiktok, *sent)
    statuses = [result["status"] for result in first["results"]]
    assert statuses == ["created"] * 100 + ["rejected"] * 27
    (error,) = first["results"][100]["errors"]
    assert (error["pointer"], error["code"]) == ("/signals/100/groups", "too_many_audiences")
    again = await submit(tiktok, *sent)
    assert (again["unchanged"], again["created"], again["rejected"]) == (100, 27, 0)
