"""Opinions over HTTP: what becomes of each, who counts them, and who reads whose."""

from typing import Any

import httpx
import pytest

from core.testing import TestedHub

Json = dict[str, Any]

PHONE = {"kind": "phone", "value": "+84900000001", "tlp": "GREEN", "confidence": 100}


async def submit(http: httpx.AsyncClient, *items: Json) -> list[str]:
    done = (await http.post("/v1/signals", json={"signals": items})).json()
    assert done["rejected"] == 0
    return [result["id"] for result in done["results"]]


async def opine(http: httpx.AsyncClient, *items: Any) -> list[Json]:
    answer = await http.post("/v1/signals/opinions", json={"items": items})
    assert answer.status_code == 200, answer.text
    results: list[Json] = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(len(items)))
    return results


async def statuses(http: httpx.AsyncClient, *items: Any) -> list[str]:
    return [result["status"] for result in await opine(http, *items)]


def opinion(signal: str, stance: str | None, reason: str = "") -> Json:
    return {"id": signal, "stance": stance, "reason": reason}


async def listed(http: httpx.AsyncClient, signal: str) -> list[tuple[str, str, str]]:
    answer = await http.get(f"/v1/signals/{signal}/opinions")
    assert answer.status_code == 200, answer.text
    return [(one["partner"], one["stance"], one["reason"]) for one in answer.json()["opinions"]]


async def item(http: httpx.AsyncClient, after: str = "0") -> Json:
    (signal,) = (await http.get("/v1/signals", params={"after": after})).json()["signals"]
    found: Json = signal
    return found


async def test_an_opinion_is_given_changed_and_withdrawn(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE)
    agree, doubt = opinion(one, "agree"), opinion(one, "disagree", "It is a shop.")
    assert await statuses(meta, agree, agree, doubt, doubt) == ["given", "unchanged", "changed", "unchanged"]
    assert await listed(tiktok, one) == [("meta", "disagree", "It is a shop.")]
    assert await statuses(meta, opinion(one, None), opinion(one, None)) == ["withdrawn", "not_found"]
    assert await listed(tiktok, one) == []
    assert await statuses(tiktok, agree) == ["own_claim"]


async def test_an_outcome_comes_back_to_the_submitter_and_weighs(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE)

    async def told() -> list[str | None]:
        opinions = (await tiktok.get(f"/v1/signals/{one}/opinions")).json()["opinions"]
        return [said["outcome"] for said in opinions]

    async def scored() -> float:
        return float((await tiktok.get(f"/v1/signals/{one}")).json()["score"]["value"])

    assert await statuses(meta, opinion(one, "agree")) == ["given"]
    words = await scored()
    removed = opinion(one, "agree") | {"outcome": "removed"}
    assert await statuses(meta, removed, removed) == ["changed", "unchanged"]
    assert (await told(), await scored() > words) == (["removed"], True)
    (refused,) = await opine(meta, opinion(one, "false_positive", "A shop.") | {"outcome": "removed"})
    assert (refused["status"], refused["errors"][0]["pointer"]) == ("rejected", "/items/0/outcome")
    assert await statuses(meta, opinion(one, "disagree", "A shop.") | {"outcome": "no_action"}) == ["changed"]
    assert (await told(), await scored() < words) == (["no_action"], True)


async def test_pain_4_feedback_does_not_flow_back(hub: TestedHub) -> None:
    """Who disagrees, and why, is read by the submitter; the item says that it is disputed, and moves."""
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    (one,) = await submit(tiktok, PHONE)
    page = (await google.get("/v1/signals")).json()
    await opine(meta, opinion(one, "false_positive", "Our own support line."))
    assert await listed(tiktok, one) == [("meta", "false_positive", "Our own support line.")]
    assert await listed(meta, one) == [("meta", "false_positive", "Our own support line.")]
    assert await listed(hub.client_as("secretariat"), one) == [("meta", "false_positive", "Our own support line.")]
    assert await listed(google, one) == []
    moved = await item(google, page["next"])
    assert (moved["state"], moved["position"] > page["signals"][0]["position"]) == ("disputed", True)
    assert moved["opinions"] == {"agree": 0, "disagree": 0, "false_positive": 1}
    assert "meta" not in str(moved)


async def test_a_fault_costs_its_own_item_only(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE)
    (hidden,) = await submit(tiktok, PHONE | {"value": "+84900000002", "tlp": "RED"})
    results = await opine(
        meta,
        opinion(one, "disagree", " "),
        opinion(one, "maybe"),
        {"id": one},
        None,
        opinion("sig_" + "a" * 26, "agree"),
        opinion("sig_" + "b" * 26, "agree"),
        opinion(hidden, "agree"),
        opinion(hidden, None),
        opinion(one, "agree"),
    )
    rejected = [(result["errors"][0]["pointer"], result["errors"][0]["code"]) for result in results[:4]]
    assert rejected == [
        ("/items/0/reason", "reason_missing"),
        ("/items/1/stance", "invalid"),
        ("/items/2/stance", "missing"),
        ("/items/3", "invalid"),
    ]
    assert [result["status"] for result in results] == ["rejected"] * 4 + ["not_found"] * 4 + ["given"]


async def test_it_concerns_the_claims_that_its_author_can_see(hub: TestedHub) -> None:
    """One who cannot see a claim has not spoken of it: its submitter hears nothing, and its readers count nothing."""
    tiktok, google, meta = hub.client_as("tiktok"), hub.client_as("google"), hub.client_as("meta")
    (one,) = await submit(tiktok, PHONE)
    await submit(google, PHONE | {"tlp": "RED"})
    await opine(meta, opinion(one, "disagree", "Not so."))
    assert await listed(tiktok, one) == [("meta", "disagree", "Not so.")]
    assert await listed(google, one) == []
    await tiktok.post("/v1/signals/retractions", json={"ids": [one]})
    left = await item(google)
    assert (left["state"], left["opinions"]["disagree"]) == ("active", 0)
    assert (await meta.get(f"/v1/signals/{one}/opinions")).status_code == 404


async def test_who_cannot_see_the_signal_finds_no_list(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (hidden,) = await submit(tiktok, PHONE | {"tlp": "RED"})
    answers = [await meta.get(f"/v1/signals/{one}/opinions") for one in (hidden, "sig_" + "a" * 26, "7")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_agreement_raises_the_score_and_doubt_lowers_it(hub: TestedHub) -> None:
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    (one,) = await submit(tiktok, PHONE)
    values = []
    for stance in (None, "agree", "disagree", "false_positive"):
        if stance:
            await opine(meta, opinion(one, stance, "Because."))
        detail = (await google.get(f"/v1/signals/{one}")).json()
        score = detail["score"]
        assert round(sum(term["points"] for term in score["terms"]), 3) == score["value"]
        assert [term["kind"] for term in score["terms"]] == ["claim"] + ([stance] if stance else [])
        assert [term["kind"] for term in detail["signal"]["terms"]] == [term["kind"] for term in score["terms"]]
        values.append(round(score["value"]))
    assert values == [60, 72, 45, 30]


async def test_a_claim_of_ones_own_takes_the_place_of_the_opinion(hub: TestedHub) -> None:
    tiktok, meta, google = hub.client_as("tiktok"), hub.client_as("meta"), hub.client_as("google")
    (one,) = await submit(tiktok, PHONE)
    await opine(meta, opinion(one, "agree"))
    await submit(meta, PHONE | {"confidence": 50})
    shown = await item(google)
    assert (shown["claims"], shown["opinions"]["agree"]) == (2, 0)
    assert [term["kind"] for term in shown["terms"]] == ["claim", "claim"]


async def test_what_is_suspended_is_left_to_its_owner_and_to_who_doubts_it(hub: TestedHub) -> None:
    tiktok, google = hub.client_as("tiktok"), hub.client_as("google")
    agency = hub.client_as("a05")
    (one,) = await submit(tiktok, PHONE | {"confidence": 40})
    before = (await google.get("/v1/signals")).json()
    await opine(agency, opinion(one, "false_positive", "The ministry's own line."))
    assert (await item(google, before["next"]))["state"] == "gone"
    assert (await google.get(f"/v1/signals/{one}")).status_code == 404
    assert (await google.get(f"/v1/signals/{one}/opinions")).status_code == 404
    detail = (await tiktok.get(f"/v1/signals/{one}")).json()
    assert (detail["signal"]["state"], detail["score"]) == ("gone", None)
    (claim,) = detail["claims"]
    assert (claim["state"], claim["original"]) == ("suspended", PHONE["value"])
    told = [("a05", "false_positive", "The ministry's own line.")]
    assert await listed(tiktok, one) == await listed(agency, one) == told


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_opinions_take_their_scope_and_ten_thousand_at_once(hub: TestedHub) -> None:
    reader = hub.client_as("meta", "signals:read")
    assert (await reader.post("/v1/signals/opinions", json={"items": []})).status_code == 403
    items = [opinion("sig_" + "a" * 26, "agree")] * 10_001
    meta = hub.client_as("meta")
    answer = await meta.post("/v1/signals/opinions", json={"items": items})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/items")
    assert await statuses(meta, *items[:-1]) == ["not_found"] * 10_000
