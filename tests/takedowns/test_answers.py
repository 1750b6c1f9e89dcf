"""Answering: what a decision has to say, how it is corrected, what it says of the signal, who may read what."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, update

from core.auth.access import HUB
from core.takedowns import repeats
from core.takedowns.models import Takedown
from core.testing import TestedHub
from core.times import DAY, SECOND, now
from tests.takedowns.asked import NO_ACTION, ORDER, REMOVED, ask, codes, item, move, opened, say, shown


async def test_what_the_platform_was_shown_it_is_notified_of(hub: TestedHub) -> None:
    name = await opened(hub)
    for slug in ("chongluadao", "secretariat"):
        assert (await shown(hub, name, slug))["state"] == "requested"
    queue = (await hub.client_as("tiktok").get("/v1/takedowns")).json()["takedowns"]
    assert [(one["id"], one["state"]) for one in queue] == [(name, "requested")]
    case = await shown(hub, name)
    assert (case["state"], case["steps"][0]["by"], case["steps"][0]["partner"]) == ("notified", "hub", None)


async def test_a_correction_keeps_the_version_before(hub: TestedHub) -> None:
    name = await opened(hub)
    locked = REMOVED | {"decision_account": "DECISION_ACCOUNT_SUSPENDED", "end_date_account_restriction": "2027-01-15"}
    assert (await say(hub, name, "acknowledged"))["status"] == "moved"
    assert (await say(hub, name, "acknowledged"))["status"] == "unchanged"
    assert (await say(hub, name, "restricted", outcome=locked))["status"] == "answered"
    assert (await say(hub, name, "restricted", outcome=locked))["status"] == "unchanged"
    assert codes(await say(hub, name, "no_action")) == ["reason_missing"]
    assert (await say(hub, name, "no_action", reason="Another account was meant."))["status"] == "corrected"
    case = await shown(hub, name, "chongluadao")
    first, second = case["outcomes"]
    assert (first["version"], first["state"], first["ends"]) == (1, "restricted", "2027-01-15T17:00:00Z")
    assert first["outcome"] == locked
    assert (second["version"], second["state"], second["outcome"]) == (2, "no_action", NO_ACTION)
    assert second["correction"] == "Another account was meant."
    answer = await hub.client_as("chongluadao").get(f"/v1/takedowns/{name}/outcomes")
    assert answer.json() == {"outcomes": case["outcomes"]}
    assert [step["state"] for step in case["steps"]] == ["acknowledged", "restricted", "no_action"]
    positions = [step["position"] for step in case["steps"]]
    assert positions == sorted(set(positions))


INCOMPLETE: dict[str, tuple[str, Mapping[str, Any], str]] = {
    "no statement": ("removed", {}, "missing"),
    "no decision": ("removed", REMOVED | {"decision_visibility": []}, "missing"),
    "no ground": ("restricted", {key: REMOVED[key] for key in REMOVED if key != "decision_ground"}, "missing"),
    "acted and did not": ("removed", REMOVED | NO_ACTION, "contradictory"),
    "did not act and acted": ("not_found", REMOVED, "contradictory"),
    "no action for no reason": ("no_action", {}, "missing"),
    "an outcome before the decision": ("in_review", NO_ACTION, "no_decision"),
    "a person in the facts": ("removed", REMOVED | {"decision_facts": "CCCD 079205001234"}, "personal_data"),
    "a person in the explanation": (
        "removed",
        REMOVED | {"illegal_content_explanation": "CCCD 079205001234"},
        "personal_data",
    ),
    "a word that is none": ("removed", REMOVED | {"decision_account": "BANNED"}, "invalid"),
    "an end that never comes": ("removed", REMOVED | {"end_date_account_restriction": "9999-12-31"}, "out_of_range"),
}


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_decision_says_enough_or_is_refused(hub: TestedHub) -> None:
    name = await opened(hub)
    http = hub.client_as("tiktok")
    for what, (state, outcome, code) in INCOMPLETE.items():
        result = await say(hub, name, state, outcome=outcome)
        assert (result["status"], set(codes(result))) == ("rejected", {code}), what
        alone = await move(http, name, state, outcome=outcome)
        status = 400 if code == "invalid" else 409
        assert (alone.status_code, alone.json()["errors"][0]["code"]) == (status, code), what
    assert (await shown(hub, name))["state"] == "requested"
    stale = await http.post(f"/v1/takedowns/{name}/moves", json={"state": "in_review"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    bank = {key: REMOVED[key] for key in REMOVED if key != "decision_visibility"}
    bank |= {"decision_identifier": "KMM_DECISION_ACCOUNT_FROZEN"}
    assert (await say(hub, name, "restricted", outcome=bank))["status"] == "answered"


async def test_what_was_done_counts_as_an_opinion_where_the_platform_sees_the_signal(hub: TestedHub) -> None:
    signal = {"kind": "url", "value": "https://gift.example/claim", "category": "phishing", "tlp": "GREEN"}
    hidden = signal | {"value": "https://hidden.example/claim", "tlp": "RED"}
    sent = await hub.client_as("chongluadao").post("/v1/signals", json={"signals": [signal, hidden]})
    ids = [one["id"] for one in sent.json()["results"]]
    cases = [await opened(hub, "a05", item(one["value"])) for one in (signal, hidden)]
    for case in cases:
        assert (await say(hub, case, "removed"))["status"] == "answered"
    http = hub.client_as("chongluadao")
    said, silent = [(await http.get(f"/v1/signals/{name}/opinions")).json()["opinions"] for name in ids]
    assert [(one["partner"], one["stance"], one["outcome"]) for one in said] == [("tiktok", "agree", "removed")]
    assert silent == []
    await say(hub, cases[0], "no_action", reason="It was the shop's own page.")
    (said,) = (await http.get(f"/v1/signals/{ids[0]}/opinions")).json()["opinions"]
    assert (said["stance"], said["outcome"]) == ("disagree", "no_action")
    await say(hub, cases[0], "not_found", reason="It was gone before we looked.")
    assert (await http.get(f"/v1/signals/{ids[0]}/opinions")).json()["opinions"] == []


async def test_strangers_see_nothing_and_those_who_ask_nothing_of_each_other(hub: TestedHub) -> None:
    reason = "Theo đơn của nhà trường"
    name = await opened(hub, "a05", item(basis=ORDER, reason=reason, category="impersonation", external_id="A05-9"))
    await ask(hub, "chongluadao", item())
    await hub.client_as("a05").post(f"/v1/takedowns/{name}/withdrawal", json={"reason": reason})
    for stranger in ("meta", "child-protection-network", "digital-trust-alliance"):
        http = hub.client_as(stranger)
        assert (await http.get("/v1/takedowns")).json() == {"takedowns": [], "next": None}
        for path in ("", "/outcomes"):
            assert (await http.get(f"/v1/takedowns/{name}{path}")).status_code == 404
        assert (await move(http, name, "closed")).status_code == 404
        assert "takedown." not in (await http.get("/v1/events")).text
    assert (await say(hub, name, "acknowledged", slug="meta"))["status"] == "not_found"
    other = hub.client_as("chongluadao")
    read = [(await other.get(path)).text for path in (f"/v1/takedowns/{name}", "/v1/takedowns", "/v1/events")]
    assert all(name in text for text in read)
    for secret in (ORDER["order_number"], ORDER["issuer"], reason, "a05", "A05-9"):
        assert not [text for text in read if secret in text], secret
    assert (await shown(hub, name))["requests"][0]["basis"] == ORDER
    assert (await shown(hub, name, "secretariat"))["requests"][0]["external_id"] is None
    assert [one["external_id"] for one in (await shown(hub, name, "a05"))["requests"]] == ["A05-9"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_queue_is_read_by_state_priority_and_deadline(hub: TestedHub) -> None:
    names = [
        await opened(hub, "a05", item(f"https://{n}.example/", basis=ORDER, priority=priority))
        for n, priority in enumerate(("normal", "urgent", "normal"))
    ]
    await say(hub, names[0], "in_review")
    due = (await shown(hub, names[1]))["due"]
    http = hub.client_as("tiktok")

    async def found(**query: Any) -> list[str]:
        answer = await http.get("/v1/takedowns", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["takedowns"]]

    assert await found() == names
    assert await found(state="in_review") == names[:1]
    assert await found(priority="urgent") == names[1:2]
    assert await found(due_before=due) == []
    assert await found(due_before=due.replace("2026", "2036")) == names
    first = await http.get("/v1/takedowns", params={"limit": 2})
    assert [one["id"] for one in first.json()["takedowns"]] == names[:2]
    rest = await http.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert [one["id"] for one in rest.json()["takedowns"]] == names[2:]


async def test_repeats_are_counted_over_days_on_one_account_at_one_platform(hub: TestedHub) -> None:
    account = {"kind": "social_account", "value": "tiktok:thay_giao.example"}
    asked = [item(f"https://{n}.example/", "tiktok", "meta", account=account) for n in range(8)]
    results = await ask(hub, "chongluadao", *asked, item("https://else.example/"))
    mine = [one["id"] for one in results if one["platform"] == "tiktok"]
    *same, other = mine
    for name in mine:
        await say(hub, name, "removed")
    await say(hub, next(one["id"] for one in results if one["platform"] == "meta"), "removed", slug="meta")
    at = now()
    # One a day apart and a second less, and two that count for nothing: one was not acted on, one was undone.
    await _decided(hub, {name: at - n * 10 * DAY + SECOND for n, name in enumerate(same)})
    await say(hub, same[0], "no_action", reason="Not this one.")
    assert (await move(hub.client_as("chongluadao"), same[1], "appealed", reason="It is ours.")).status_code == 200
    assert (await move(hub.client_as("tiktok"), same[1], "reversed")).status_code == 200
    for days_later, expected in ((0, (2, 6)), (10, (1, 6)), (30, (0, 5)), (60, (0, 2)), (90, (0, 0))):
        assert await _violations(hub, same[0], at + days_later * DAY) == expected, days_later
    assert await _violations(hub, other, at) == (1, 1)
    shown_to_requester = (await shown(hub, same[0], "chongluadao"))["repeats"]
    assert [(one["days"], one["reached"]) for one in shown_to_requester] == [(30, False), (90, False)]
    assert all("147/2024" in one["legal_basis"] for one in shown_to_requester)


async def test_what_others_had_acted_on_is_not_told_to_who_names_the_account(hub: TestedHub) -> None:
    account = {"kind": "phone", "value": "0910000001"}
    secret = await opened(hub, "a05", item("https://secret.example/", basis=ORDER, account=account))
    await say(hub, secret, "removed")
    probe = await opened(hub, "chongluadao", item("https://probe.example/", account=account))
    for who, counts in (("chongluadao", [0, 0]), ("tiktok", [1, 1]), ("secretariat", [1, 1])):
        assert [one["violations"] for one in (await shown(hub, probe, who))["repeats"]] == counts


async def test_who_joins_may_name_the_account_that_the_first_one_did_not_know(hub: TestedHub) -> None:
    case = await opened(hub, "chongluadao")
    account = {"kind": "phone", "value": "0910000001"}
    (joined,) = await ask(hub, "a05", item(basis=ORDER, account=account))
    (other,) = await ask(hub, "child-protection-network", item(account=account | {"value": "0910000002"}))
    assert {joined["id"], other["id"]} == {case}
    found = await shown(hub, case)
    assert found["account"] != found["target"]
    (known,) = await ask(hub, "a05", item("https://second.example/", basis=ORDER, account=account))
    assert (await shown(hub, known["id"]))["account"] == found["account"]


async def test_what_was_filed_as_a_statement_of_reasons_is_taken_as_it_is(hub: TestedHub) -> None:
    filed = REMOVED | {
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_OTHER"],
        "decision_visibility_other": "No longer suggested to others.",
        "illegal_content_legal_ground": "Decree 147/2024/ND-CP, article 23",
        "illegal_content_explanation": "It asks for the deposit of a scholarship that does not exist.",
        "category_addition": ["STATEMENT_CATEGORY_PROTECTION_OF_MINORS"],
        "category_specification": ["KEYWORD_PHISHING"],
        "content_type": ["CONTENT_TYPE_VIDEO", "CONTENT_TYPE_SYNTHETIC_MEDIA"],
        "source_type": "KMM_SOURCE_AUTHORITY_ORDER",
    }
    case = await opened(hub)
    assert (await say(hub, case, "removed", outcome=filed))["status"] == "answered"
    (version,) = (await shown(hub, case))["outcomes"]
    assert version["outcome"] == filed


async def _decided(hub: TestedHub, when: Mapping[str, int]) -> None:
    async with hub.parts.db.edge(0) as session:
        for name, at in when.items():
            await session.execute(update(Takedown).where(Takedown.id == name).values(decided=at))


async def _violations(hub: TestedHub, name: str, at: int) -> tuple[int, ...]:
    async with hub.parts.db.snapshot(0) as session:
        case = (await session.scalars(select(Takedown).where(Takedown.id == name))).one()
        return tuple(one.violations for one in await repeats.of(session, HUB, case, at))
