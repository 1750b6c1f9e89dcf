"""Lookup by value and by id: what is hidden is unknown, to the byte."""

from typing import Any

import httpx
import pytest

from core.testing import TestedHub

Json = dict[str, Any]

DOMAIN = {"kind": "domain", "value": "bait.example", "tlp": "GREEN"}
HIDDEN = {"kind": "phone", "value": "+84900000001", "tlp": "RED"}


async def submit(http: httpx.AsyncClient, *items: Json) -> list[str]:
    done = (await http.post("/v1/signals", json={"signals": items})).json()
    assert done["rejected"] == 0
    return [result["id"] for result in done["results"]]


async def look_up(http: httpx.AsyncClient, *items: Any) -> list[Json]:
    answer = await http.post("/v1/signals/lookup", json={"items": items})
    assert answer.status_code == 200, answer.text
    results: list[Json] = answer.json()["results"]
    return results


async def test_the_answer_has_the_fields_of_the_contract(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), DOMAIN | {"confidence": 7, "category": "phishing"})
    meta = hub.client_as("meta")
    (shown,) = (await meta.get("/v1/signals")).json()["signals"]
    (term,) = shown["terms"]
    asked = [{"kind": "domain", "value": "bait.example"}, {"kind": "domain", "value": "other.example"}]
    answer = (await meta.post("/v1/signals/lookup", json={"items": asked})).json()
    score = answer["results"][0].pop("score")
    assert answer == {
        "results": [
            {"index": 0, "known": True, "signal": shown, "errors": []},
            {"index": 1, "known": False, "signal": None, "score": None, "errors": []},
        ],
        "note": {"vi": "Chưa có trong dữ liệu không có nghĩa là an toàn.", "en": "Not known does not mean safe."},
    }
    assert score["terms"] == [term | {"points": score["value"]}]


SPELLINGS = {
    "domain": ["bait.example", "BAIT.Example.", "bait[.]example", " bait(dot)example\n", "\u200bbait.example"],
    "url": ["https://bait.example/a", "http://BAIT.example:80/a", "hxxps://bait[.]example/a#x", "bait.example/%61"],
    "ip": ["2001:db8::1", "2001:0DB8:0:0::1", "[2001:db8::1]"],
    "email": ["who@bait.example", "WHO@BAIT.EXAMPLE", "who[at]bait[.]example"],
    "phone": ["+84900000001", "0900 000 001", "+84 (0) 90-000-0001", "0084900000001", "０９０００００００１"],
    "bank_account": ["970436:0011000000001", "vietcombank: 0011 0000 00001", "VCB 0011000000001"],
    "social_account": ["telegram:@bait_example", "TG:Bait_Example", "https://t.me/bait_example"],
    "md5": ["0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF "],
}


async def test_every_spelling_finds_the_same_signal(hub: TestedHub) -> None:
    first = [{"kind": kind, "value": spelled[0], "tlp": "GREEN"} for kind, spelled in SPELLINGS.items()]
    ids = dict(zip(SPELLINGS, await submit(hub.client_as("tiktok"), *first), strict=True))
    asked = [{"kind": kind, "value": value} for kind, spelled in SPELLINGS.items() for value in spelled]
    results = await look_up(hub.client_as("meta"), *asked)
    found = [result["signal"] and result["signal"]["id"] for result in results]
    assert found == [ids[item["kind"]] for item in asked]
    again = await submit(hub.client_as("tiktok"), *(item | {"tlp": "GREEN"} for item in asked))
    assert again == found


async def test_the_kind_is_part_of_the_question(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), {"kind": "md5", "value": "0123456789abcdef" * 2, "tlp": "GREEN"})
    await submit(hub.client_as("tiktok"), {"kind": "url", "value": "http://bait.example", "tlp": "GREEN"})
    asked = [{"kind": "domain", "value": "bait.example"}, {"kind": "url", "value": "bait.example"}]
    assert [one["known"] for one in await look_up(hub.client_as("meta"), *asked)] == [False, True]


async def test_a_fault_names_its_item_and_its_field_and_costs_nothing_else(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), DOMAIN)
    faults: list[tuple[Any, str, str]] = [
        ({"kind": "nonsense", "value": "x"}, "/kind", "unknown_kind"),
        ({"kind": "phone", "value": "hello"}, "/value", "invalid_value"),
        ({"kind": "phone", "value": 900}, "/value", "invalid"),
        ({"kind": "phone"}, "/value", "missing"),
        ({"kind": "domain", "value": "bait.example", "tlp": "GREEN"}, "/tlp", "unknown"),
        ("bait.example", "", "invalid"),
        (None, "", "invalid"),
    ]
    good = {"kind": "domain", "value": "bait.example"}
    results = await look_up(hub.client_as("meta"), *(item for fault, _, _ in faults for item in (fault, good)))
    assert [result["index"] for result in results] == list(range(2 * len(faults)))
    assert all(result["known"] for result in results[1::2])
    for result, (_, pointer, code) in zip(results[::2], faults, strict=True):
        (error,) = result["errors"]
        assert (result["known"], result["signal"]) == (False, None)
        assert (error["pointer"], error["code"]) == (f"/items/{result['index']}{pointer}", code)


async def test_what_is_hidden_is_unknown(hub: TestedHub) -> None:
    """Never known, known to others and no longer known read alike: the item, and the whole answer."""
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    await submit(tiktok, HIDDEN)
    (gone,) = await submit(tiktok, {"kind": "phone", "value": "+84900000002", "tlp": "GREEN"})
    await tiktok.post("/v1/signals/retractions", json={"ids": [gone]})
    answers = set()
    for value in ("+84900000001", "+84900000002", "+84900000003"):
        answer = await meta.post("/v1/signals/lookup", json={"items": [{"kind": "phone", "value": value}]})
        answers.add((answer.content, tuple(sorted(answer.headers.items()))))
    assert len(answers) == 1
    (own,) = await look_up(tiktok, {"kind": "phone", "value": "0900000001"})
    assert own["known"]


async def test_only_the_claims_one_may_see_are_counted(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    await submit(tiktok, HIDDEN | {"confidence": 99, "category": "grooming"})
    await submit(meta, HIDDEN | {"tlp": "GREEN", "confidence": 1, "category": "phishing"})
    seen = {}
    for slug in ("tiktok", "meta", "google", "secretariat"):
        (result,) = await look_up(hub.client_as(slug), {"kind": "phone", "value": "0900000001"})
        signal = result["signal"]
        seen[slug] = (signal["claims"], signal["confidence"], signal["category"], signal["tlp"])
    assert seen == {
        "tiktok": (2, 99, "grooming", "RED"),
        "meta": (1, 1, "phishing", "GREEN"),
        "google": (1, 1, "phishing", "GREEN"),
        "secretariat": (2, 99, "grooming", "RED"),
    }


async def test_ten_thousand_items_are_answered_and_one_more_is_refused(hub: TestedHub) -> None:
    await submit(hub.client_as("tiktok"), *(DOMAIN | {"value": f"d{number}.example"} for number in range(0, 9_000, 3)))
    asked = [{"kind": "domain", "value": f"d{number}.example"} for number in range(10_001)]
    meta = hub.client_as("meta")
    answer = await meta.post("/v1/signals/lookup", json={"items": asked})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/items")
    known = [result["known"] for result in await look_up(meta, *asked[:-1])]
    assert known == [number % 3 == 0 and number < 9_000 for number in range(10_000)]
    assert await look_up(meta) == []


async def test_the_detail_lists_the_claims_one_may_see(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    said = {"confidence": 80, "severity": "low", "campaign": "autumn", "first_seen": "2025-10-01T00:00:00Z"}
    lasting = {"last_seen": "2025-10-02T00:00:00Z", "valid_until": "2999-01-01T00:00:00Z"}
    context = {"context": {"amount": 5, "script": "chuyển khoản", "sure": True}}
    (one,) = await submit(tiktok, DOMAIN | {"external_id": "b"} | said | lasting | context)
    await submit(tiktok, DOMAIN | {"external_id": "a"} | said | lasting | context)
    await submit(meta, DOMAIN | {"tlp": "RED", "external_id": "secret"})
    (position,) = {
        signal["position"] for signal in (await hub.client_as("google").get("/v1/signals")).json()["signals"]
    }

    detail = (await tiktok.get(f"/v1/signals/{one}")).json()
    (listed,) = (await tiktok.get("/v1/signals")).json()["signals"]
    score = detail.pop("score")
    assert [points["points"] for points in score["terms"]] == [score["value"]]
    assert detail == {
        "signal": listed,
        "facts": {"registrable_domain": DOMAIN["value"]},
        "claims": [
            {
                "position": position,
                "partner": "tiktok",
                "category": "other",
                "tlp": "GREEN",
                "groups": [],
                "external_ids": ["a", "b"],
                "origin": None,
                "derived_from": [],
                "original": "bait.example",
                "state": "active",
                "held": None,
            }
            | said
            | lasting
            | context
        ],
    }
    others = (await hub.client_as("google").get(f"/v1/signals/{one}")).json()
    assert others["claims"] == [detail["claims"][0] | {"partner": None, "external_ids": [], "original": None}]
    named = [claim["external_ids"] for claim in (await meta.get(f"/v1/signals/{one}")).json()["claims"]]
    assert named == [[], ["secret"]]
    every = (await hub.client_as("secretariat").get(f"/v1/signals/{one}")).json()["claims"]
    assert [(claim["partner"], claim["external_ids"]) for claim in every] == [("tiktok", []), ("meta", [])]


async def test_who_said_it_is_shown_if_they_chose_to_be_named(hub: TestedHub) -> None:
    (one,) = await submit(hub.client_as("tiktok"), DOMAIN)
    await submit(hub.client_as("meta"), DOMAIN)
    secretariat = hub.client_as("secretariat")
    record = await secretariat.get("/v1/partners/tiktok")
    changed = await secretariat.patch(
        "/v1/partners/tiktok", json={"attribution": "named"}, headers={"If-Match": record.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    named = {
        slug: [claim["partner"] for claim in (await hub.client_as(slug).get(f"/v1/signals/{one}")).json()["claims"]]
        for slug in ("tiktok", "meta", "google", "secretariat")
    }
    assert named == {
        "tiktok": ["tiktok", None],
        "meta": ["tiktok", "meta"],
        "google": ["tiktok", None],
        "secretariat": ["tiktok", "meta"],
    }


async def test_groups_are_named_to_their_members(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    for group in ("first-group", "second-group"):
        await tiktok.post("/v1/groups", json={"slug": group, "name": "Group"})
    await tiktok.post("/v1/groups/first-group/invitations", json={"partner": "meta"})
    await meta.put("/v1/groups/first-group/membership")
    (one,) = await submit(tiktok, DOMAIN | {"tlp": "AMBER", "groups": ["second-group", "first-group"]})
    shown = {
        slug: (await hub.client_as(slug).get(f"/v1/signals/{one}")).json()["claims"][0]["groups"]
        for slug in ("tiktok", "meta", "secretariat")
    }
    assert shown == {
        "tiktok": ["first-group", "second-group"],
        "meta": ["first-group"],
        "secretariat": ["first-group", "second-group"],
    }
    assert (await hub.client_as("google").get(f"/v1/signals/{one}")).status_code == 404


async def test_missing_hidden_gone_and_malformed_ids_answer_alike(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    hidden, gone = await submit(tiktok, HIDDEN, DOMAIN)
    await tiktok.post("/v1/signals/retractions", json={"ids": [gone]})
    paths = [
        hidden,
        gone,
        "sig_" + "a" * 26,
        hidden[:-1],
        hidden.upper(),
        "act_" + hidden[4:],
        "7",
        "%00",
        "%F0%9F%92%A9",
    ]
    paths += ["sig_", "-1", "a" * 2_000, "..%20", "%27%20OR%201=1", "null"]
    answers = {path: await meta.get(f"/v1/signals/{path}") for path in paths}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.content for answer in answers.values()}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers.values()}) == 1
    assert answers[hidden].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_reading_takes_the_scope(hub: TestedHub) -> None:
    writer = hub.client_as("tiktok", "signals:write")
    assert (await writer.post("/v1/signals/lookup", json={"items": []})).status_code == 403
    assert (await writer.get("/v1/signals/sig_" + "a" * 26)).status_code == 403
    assert (await hub.client_as("creator-mai").post("/v1/signals/lookup", json={"items": []})).status_code == 403
