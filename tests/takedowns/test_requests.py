"""Asking: one case for a target at a platform, who may ask what of whom, and what joins what."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from core.testing import TestedHub
from tests.takedowns.asked import ORDER, REMOVED, ask, codes, item, opened, say, shown


async def test_who_asks_for_the_same_joins_and_the_same_again_changes_nothing(hub: TestedHub) -> None:
    evidence = [{"kind": "capture", "reference": "file 7"}]
    first = await ask(hub, "chongluadao", item("https://gift.example/claim", "tiktok", "meta", evidence=evidence))
    assert [one["status"] for one in first] == ["opened", "opened"]
    again = await ask(hub, "chongluadao", item("HTTPS://Gift.example/claim", "tiktok", "meta", evidence=evidence))
    assert [(one["id"], one["status"]) for one in again] == [(one["id"], "unchanged") for one in first]
    (joined,) = await ask(hub, "a05", item(basis=ORDER, category="impersonation"))
    assert (joined["id"], joined["status"]) == (first[0]["id"], "joined")
    case = await shown(hub, joined["id"])
    assert [one["partner"] for one in case["requests"]] == ["chongluadao", "a05"]
    assert case["requests"][0]["evidence"] == [{**evidence[0], "sha256": None}]
    assert case["requests"][1]["basis"] == ORDER


async def test_a_deadline_only_comes_forward_and_a_priority_only_rises(hub: TestedHub) -> None:
    name = await opened(hub)
    before = await shown(hub, name)
    assert before["due"] is not None
    await ask(hub, "a05", item(basis=ORDER, priority="urgent"))
    joined = await shown(hub, name)
    assert joined["due"] < before["due"]
    assert (joined["priority"], joined["version"] > before["version"]) == ("urgent", True)
    await ask(hub, "child-protection-network", item())
    await ask(hub, "a05", item(basis=ORDER, priority="normal"))
    after = await shown(hub, name)
    assert (after["due"], after["priority"]) == (joined["due"], "urgent")


async def test_requests_at_once_make_one_case(hub: TestedHub) -> None:
    asking = [ask(hub, slug, item()) for slug in ("chongluadao", "a05", "child-protection-network") for _ in range(3)]
    results = [one for (one,) in await asyncio.gather(*asking)]
    assert len({one["id"] for one in results}) == 1
    assert Counter(one["status"] for one in results) == {"opened": 1, "joined": 2, "unchanged": 6}


async def test_the_same_twice_in_one_call_is_one_case(hub: TestedHub) -> None:
    results = await ask(hub, "a05", item(), item(), item(priority="urgent"), item("https://other.example/"))
    assert [one["status"] for one in results] == ["opened", "unchanged", "joined", "opened"]
    assert (await shown(hub, results[0]["id"]))["priority"] == "urgent"


async def test_what_was_answered_is_not_joined(hub: TestedHub) -> None:
    """Who asked and is answered may send the same again; a new order is owed an answer of its own."""
    name = await opened(hub)
    await say(hub, name, "no_action")
    assert [one["status"] for one in await ask(hub, "chongluadao", item())] == ["unchanged"]
    (anew,) = await ask(hub, "a05", item(basis=ORDER))
    assert (anew["status"], anew["id"] != name) == ("opened", True)
    old = await shown(hub, name)
    assert (old["state"], old["steps"][-1]["by"]) == ("closed", "hub")
    assert (await shown(hub, anew["id"]))["state"] == "requested"


async def test_the_last_who_withdraws_closes_the_case(hub: TestedHub) -> None:
    name = await opened(hub)
    await ask(hub, "a05", item(basis=ORDER))
    for slug, state in (("chongluadao", "requested"), ("chongluadao", "requested"), ("a05", "closed")):
        path = f"/v1/takedowns/{name}/withdrawal"
        answer = await hub.client_as(slug).post(path, json={"reason": "It was the wrong page."})
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    steps = (await shown(hub, name))["steps"]
    assert [(one["partner"], one["reason"]) for one in steps] == [
        ("chongluadao", "It was the wrong page."),
        ("a05", "It was the wrong page."),
    ]
    assert [one["status"] for one in await ask(hub, "a05", item(basis=ORDER))] == ["opened"]


async def test_who_withdrew_may_ask_again(hub: TestedHub) -> None:
    name = await opened(hub)
    await ask(hub, "a05", item(basis=ORDER))
    await hub.client_as("chongluadao").post(f"/v1/takedowns/{name}/withdrawal", json={"reason": "A mistake."})
    (again,) = await ask(hub, "chongluadao", item())
    assert (again["id"], again["status"]) == (name, "joined")
    assert [one["withdrawn"] for one in (await shown(hub, name))["requests"]] == [None, None]


async def test_a_request_tells_a_platform_of_no_signal_that_it_may_not_see(hub: TestedHub) -> None:
    founded = await hub.client_as("meta").post("/v1/groups", json={"slug": "inner", "name": "Inner"})
    assert founded.is_success, founded.text
    await hub.client_as("meta").post("/v1/groups/inner/invitations", json={"partner": "a05"})
    assert (await hub.client_as("a05").put("/v1/groups/inner/membership")).is_success
    ids = {
        "own": await _submit(hub, "a05", "own.example", tlp="RED"),
        "shared": await _submit(hub, "meta", "shared.example", tlp="GREEN"),
        "inner": await _submit(hub, "meta", "inner.example", tlp="AMBER", groups=["inner"]),
        "hidden": await _submit(hub, "meta", "hidden.example", tlp="RED"),
    }
    items = [item(target={"signal": name}) for name in (*ids.values(), "sig_" + "a" * 26)]
    results = await ask(hub, "a05", *items)
    assert [one["status"] for one in results] == ["opened", "opened", "rejected", "rejected", "rejected"]
    assert [codes(one) for one in results[2:]] == [["platform_cannot_see"], ["unknown_signal"], ["unknown_signal"]]
    # Meta stands by that claim itself.
    (asked,) = await ask(hub, "a05", item("", "meta", target={"signal": ids["inner"]}))
    assert asked["status"] == "opened"
    case = await shown(hub, results[0]["id"])
    assert (case["target"], case["kind"], case["value"]) == (ids["own"], "domain", "own.example")


async def _submit(hub: TestedHub, slug: str, value: str, **more: Any) -> str:
    sent = {"signals": [{"kind": "domain", "value": value, "category": "phishing", **more}]}
    answer = await hub.client_as(slug).post("/v1/signals", json=sent)
    return str(answer.json()["results"][0]["id"])


async def test_what_is_on_the_negative_list_is_not_asked_for(hub: TestedHub) -> None:
    entry = {"kind": "domain", "value": "bank.example", "reach": "site", "label": "A bank", "source": "its own page"}
    added = await hub.client_as("secretariat").post("/v1/guard", json={"entries": [entry]})
    assert added.json()["results"][0]["status"] == "added", added.text
    await hub.parts.guard.refresh()
    (refused,) = await ask(hub, "a05", item("https://login.bank.example/transfer"))
    assert (refused["status"], codes(refused)) == ("rejected", ["guarded"])


REJECTED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an order by those who give none": ("chongluadao", {"basis": ORDER}, "not_an_authority"),
    "an order of tomorrow": ("a05", {"basis": ORDER | {"date": "2199-01-01"}}, "in_the_future"),
    "an order without its number": ("a05", {"basis": {"kind": "authority_order", "issuer": "A05"}}, "missing"),
    "no such platform": ("a05", {"platforms": ["nowhere"]}, "unknown_platform"),
    "an agency for a platform": ("a05", {"platforms": ["chongluadao"]}, "unknown_platform"),
    "no target": ("a05", {"target": {}}, "one_target"),
    "two targets": ("a05", {"target": {"url": "https://a.example/", "signal": "sig_" + "a" * 26}}, "one_target"),
    "no address": ("a05", {"target": {"url": "not an address"}}, "invalid_value"),
    "an account of no kind": ("a05", {"account": {"kind": "nokind", "value": "x"}}, "invalid_value"),
    "a phone number": ("a05", {"reason": "Mẹ của em: 0912 345 678"}, "personal_data"),
    "an email in a reference": (
        "a05",
        {"evidence": [{"kind": "other", "reference": "mail to mai@school.example"}]},
        "personal_data",
    ),
    "nothing known of the basis": ("a05", {"basis": {"kind": "a_hunch"}}, "invalid"),
}


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_bad_item_costs_only_itself(hub: TestedHub) -> None:
    for name, (slug, more, code) in REJECTED.items():
        bad, good = await ask(hub, slug, item(**more), item(f"https://{len(name)}.example/{slug}"))
        assert (bad["status"], codes(bad), bad["id"]) == ("rejected", [code], None), name
        assert bad["errors"][0]["pointer"].startswith("/items/0/"), name
        assert good["status"] in ("opened", "unchanged"), name


@pytest.mark.parametrize(("engine_name", "count"), [("sqlite", 10_000), ("postgresql", 2_000)])
async def test_ten_thousand_at_once(hub: TestedHub, count: int) -> None:
    items = [item(f"https://shop-{n}.example/pay") for n in range(count)]
    began = time.monotonic()
    results = await ask(hub, "chongluadao", *items)
    asked = time.monotonic() - began
    assert Counter(one["status"] for one in results) == {"opened": count}
    http = hub.client_as("tiktok")
    page = (await http.get("/v1/takedowns", params={"limit": count})).json()
    assert [one["value"] for one in page["takedowns"]] == [one["target"]["url"] for one in items]
    said = [{"takedown": one["id"], "state": "removed", "outcome": REMOVED} for one in results]
    began = time.monotonic()
    answer = await http.post("/v1/takedowns/answers", json={"items": said})
    answered = time.monotonic() - began
    assert Counter(one["status"] for one in answer.json()["results"]) == {"answered": count}
    # Under two seconds of one core each, 2026-11-22.
    assert max(asked, answered) < 30


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_items_times_platforms_are_bounded(hub: TestedHub) -> None:
    items = [item(f"https://{n}.example/", "tiktok", "meta") for n in range(5_001)]
    answer = await hub.client_as("a05").post("/v1/takedowns", json={"items": items})
    assert answer.status_code == 413, answer.text


async def test_who_asks_does_not_hear_that_another_stopped_its_own_clock(hub: TestedHub) -> None:
    case = await opened(hub, "chongluadao")
    await ask(hub, "a05", item(basis=ORDER))
    for who, listeners in (("a05", {"a05", "tiktok"}), ("secretariat", {"a05", "tiktok", "chongluadao"})):
        since = (await hub.client_as("a05").get("/v1/events")).json()["next"]
        stopped = await hub.client_as(who).put(f"/v1/takedowns/{case}/pause", json={"reason": "They fetch the papers."})
        assert stopped.status_code == 200, stopped.text
        heard = set()
        for slug in ("a05", "tiktok", "chongluadao"):
            query = {"after": since, "types": "takedown.paused"}
            if (await hub.client_as(slug).get("/v1/events", params=query)).json()["events"]:
                heard.add(slug)
        assert heard == listeners
