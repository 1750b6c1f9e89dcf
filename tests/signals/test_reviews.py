"""What waits for reviewers, and what their decisions do: through HTTP, as they meet it."""

import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.log.models import Audit, EventRow
from core.signals.jobs import Opine, Voice
from core.signals.keys import parse_id
from core.testing import TestedHub
from core.wire.opinions import OpinionStatus, Stance
from core.wire.scopes import PartnerKind, Scope
from tests.people import principal_of

OPERATOR = "secretariat"
PHONE = {"kind": "phone", "value": "+84 91 000 0001", "category": "impersonation", "tlp": "GREEN"}


@pytest.fixture
def operator(hub: TestedHub) -> httpx.AsyncClient:
    return hub.client_as(OPERATOR)


async def submit(hub: TestedHub, slug: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def dispute(hub: TestedHub, slug: str, signal: str) -> None:
    principal = await principal_of(hub, slug)
    said = Voice(parse_id(signal), Stance.FALSE_POSITIVE, "It is a school's own number.", 0)
    job = Opine(principal.partner, [said], hub.parts.kinds.half_lives)
    await hub.parts.writer.write(job, principal.client, "GiveOpinions")
    assert job.results == [OpinionStatus.GIVEN]


async def waiting(client: httpx.AsyncClient, what: str, **more: Any) -> dict[str, Any]:
    answer = await client.get("/v1/reviews", params={"what": what, **more})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def decide(client: httpx.AsyncClient, *decisions: Any) -> list[dict[str, Any]]:
    answer = await client.post("/v1/reviews", json={"decisions": decisions})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def seen_by(hub: TestedHub, slug: str) -> set[str]:
    return {one["id"] for one in (await hub.client_as(slug).get("/v1/signals")).json()["signals"]}


async def limit(hub: TestedHub, slug: str, most: int) -> None:
    answer = await hub.client_as(OPERATOR).patch(f"/v1/partners/{slug}", json={"burst_per_hour": most})
    assert answer.status_code == 200, answer.text


def judgement(signal: str, author: str, verdict: str) -> dict[str, Any]:
    return {"what": "dispute", "id": signal, "author": author, "verdict": verdict, "reason": "Asked the school."}


def clearing(partner: str, clearance: str, ids: list[str] | None = None) -> dict[str, Any]:
    common = {"what": "quarantine", "partner": partner, "clearance": clearance, "reason": "A list it announced."}
    return common if ids is None else common | {"ids": ids}


def phones(count: int) -> list[dict[str, Any]]:
    return [PHONE | {"value": f"+8491{number:07}"} for number in range(count)]


async def test_a_dispute_waits_until_it_is_judged(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    (done,) = await submit(hub, "tiktok", PHONE | {"confidence": 40})
    await dispute(hub, "a05", done["id"])
    (review,) = (await waiting(operator, "dispute"))["reviews"]
    assert review["id"] == done["id"]
    assert (review["partner"], review["stance"]) == ("a05", "false_positive")
    assert review["reason"] == "It is a school's own number."
    assert [(one["partner"], one["confidence"], one["held"]) for one in review["claims"]] == [("tiktok", 40, "")]
    assert sum(term["points"] for term in review["score"]["terms"]) == pytest.approx(review["score"]["value"])
    assert done["id"] not in await seen_by(hub, "meta")
    (outcome,) = await decide(operator, judgement(done["id"], "a05", "dismissed"))
    assert (outcome["status"], outcome["done"]) == ("done", 1)
    assert (await waiting(operator, "dispute"))["reviews"] == []
    assert done["id"] in await seen_by(hub, "meta")


async def test_an_upheld_dispute_leaves_the_queue_and_stays_suspended(
    hub: TestedHub, operator: httpx.AsyncClient
) -> None:
    (done,) = await submit(hub, "tiktok", PHONE)
    await dispute(hub, "a05", done["id"])
    assert (await decide(operator, judgement(done["id"], "a05", "upheld")))[0]["status"] == "done"
    assert (await waiting(operator, "dispute"))["reviews"] == []
    assert done["id"] not in await seen_by(hub, "meta")


async def test_nobody_decides_about_its_own(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    (done,) = await submit(hub, "tiktok", PHONE)
    await submit(hub, OPERATOR, PHONE)
    await dispute(hub, "a05", done["id"])
    assert (await decide(operator, judgement(done["id"], "a05", "dismissed")))[0]["status"] == "involved"
    await limit(hub, OPERATOR, 0)
    await submit(hub, OPERATOR, PHONE | {"value": "+84910000002"})
    (outcome,) = await decide(operator, clearing(OPERATOR, "release"))
    assert (outcome["status"], outcome["left"]) == ("involved", 1)


async def test_a_burst_is_released_as_a_whole(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await limit(hub, "tiktok", 2)
    before = await seen_by(hub, "meta")
    results = await submit(hub, "tiktok", *phones(5))
    assert [one["status"] for one in results].count("quarantined") == 3
    page = await waiting(operator, "quarantine")
    assert [(one["partner"], one["reason"], one["claims"]) for one in page["held"]] == [("tiktok", "burst", 3)]
    assert len(await seen_by(hub, "meta") - before) == 2
    (outcome,) = await decide(operator, clearing("tiktok", "release"))
    assert outcome == {"index": 0, "status": "done", "done": 3, "left": 0, "errors": []}
    assert len(await seen_by(hub, "meta") - before) == 5
    (again,) = await decide(operator, clearing("tiktok", "release"))
    assert again["status"] == "not_found"


async def test_some_are_released_and_some_refused(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await limit(hub, "tiktok", 0)
    good, bad, left = (one["id"] for one in await submit(hub, "tiktok", *phones(3)))
    nobody = "sig_" + "a" * 26
    outcomes = await decide(
        operator, clearing("tiktok", "release", [good, nobody]), clearing("tiktok", "refuse", [bad])
    )
    assert [(one["status"], one["done"], one["left"]) for one in outcomes] == [("done", 1, 2), ("done", 1, 1)]
    assert good in await seen_by(hub, "meta")
    own = await hub.client_as("tiktok").get(f"/v1/signals/{bad}")
    assert own.status_code == 404
    assert [one["id"] for one in (await waiting(operator, "quarantine", partner="tiktok"))["reviews"]] == [left]
    assert (await waiting(operator, "quarantine", partner="meta"))["reviews"] == []


async def test_the_queue_comes_in_pages(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    for slug in ("tiktok", "meta"):
        await limit(hub, slug, 0)
        await submit(hub, slug, *phones(3))
    seen: list[tuple[str, str]] = []
    url: str | None = "/v1/reviews?what=quarantine&limit=2"
    while url:
        answer = await operator.get(url)
        seen += [(one["partner"], one["id"]) for one in answer.json()["reviews"]]
        url = answer.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 6


async def test_a_bad_decision_costs_only_itself(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    (done,) = await submit(hub, "tiktok", PHONE)
    await dispute(hub, "a05", done["id"])
    outcomes = await decide(
        operator,
        {"what": "dispute"},
        {"what": "elsewhere"},
        17,
        judgement(done["id"], "no-such-partner", "upheld"),
        judgement("sig_" + "a" * 26, "a05", "upheld"),
        clearing("no-such-partner", "release"),
        judgement(done["id"], "a05", "upheld"),
    )
    assert [one["status"] for one in outcomes] == ["rejected"] * 3 + ["not_found"] * 3 + ["done"]
    assert outcomes[0]["errors"][0]["pointer"].startswith("/decisions/0")


async def test_decisions_are_written_down_with_their_reasons(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await limit(hub, "tiktok", 0)
    (held,) = await submit(hub, "tiktok", PHONE)
    await decide(operator, clearing("tiktok", "release", [held["id"]]))
    async with hub.parts.db.survey() as session:
        noted = [row.detail for row in await session.scalars(select(Audit).where(Audit.what == "DecideReviews"))]
        told = list(await session.scalars(select(EventRow.body).where(EventRow.type == "review.decided")))
    assert len(noted) == len(told) == 1
    assert "A list it announced." in noted[0]
    assert PHONE["value"] not in noted[0]


async def test_a_decision_said_again_in_one_request_is_the_same(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    """Ten thousand times, as a request may hold: else each would take its own turn at the log."""
    began = time.monotonic()
    answer = await operator.post("/v1/reviews", json={"decisions": [clearing("tiktok", "release")] * 10_000})
    assert {one["status"] for one in answer.json()["results"]} == {"not_found"}
    assert [one["index"] for one in answer.json()["results"]] == list(range(10_000))
    assert time.monotonic() - began < 8


async def test_reviewers_see_what_they_may_see(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    """The scope alone shows a partner nothing that was not shared with it."""
    await limit(hub, "tiktok", 0)
    await submit(hub, "tiktok", PHONE)
    kinds = {one["kind"]: one["scopes"] for one in (await operator.get("/v1/kinds")).json()["kinds"]}
    await operator.put("/v1/kinds/agency", json={"scopes": [*kinds["agency"], Scope.SIGNALS_REVIEW]})
    await hub.admit(("b06", PartnerKind.AGENCY))
    reviewer = hub.client_as("b06")
    page = await waiting(reviewer, "quarantine")
    assert (page["reviews"], page["held"]) == ([], [])
    assert (await decide(reviewer, clearing("tiktok", "release")))[0]["status"] == "not_found"


async def test_a_partner_reads_what_it_has_left(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    partner = hub.client_as("tiktok")
    first = (await partner.get("/v1/me/limits")).json()
    assert first == {"burst_per_hour": 200_000, "opened": 0, "held": 0, "bulk_until": None, "quality": None}
    await limit(hub, "tiktok", 2)
    await submit(hub, "tiktok", *phones(3))
    second = (await partner.get("/v1/me/limits")).json()
    assert (second["burst_per_hour"], second["opened"], second["held"]) == (2, 3, 1)
    await operator.patch("/v1/partners/tiktok", json={"bulk_until": "2999-01-01T00:00:00Z", "quality": 90})
    third = (await partner.get("/v1/me/limits")).json()
    assert (third["bulk_until"], third["quality"]) == ("2999-01-01T00:00:00Z", 90)
    assert (await submit(hub, "tiktok", *phones(5)))[-1]["status"] == "created"


async def test_policy_changes_under_its_etag(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    first = await hub.client_as("tiktok").get("/v1/signal-policy")
    wanted = first.json() | {"burst_per_hour": {"value": 1, "source": "A quiet week."}}
    assert (await hub.client_as("tiktok").put("/v1/signal-policy", json=wanted)).status_code == 403
    match = {"If-Match": first.headers["etag"]}
    changed = await operator.put("/v1/signal-policy", json=wanted, headers=match)
    assert (changed.status_code, changed.json()) == (200, wanted)
    assert (await operator.put("/v1/signal-policy", json=first.json(), headers=match)).status_code == 412
    assert (await hub.client_as("meta").get("/v1/signal-policy")).headers["etag"] == changed.headers["etag"]
    statuses = [one["status"] for one in await submit(hub, "tiktok", *phones(2))]
    assert statuses == ["created", "quarantined"]


async def test_a_claim_that_is_gone_waits_for_nobody(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await limit(hub, "tiktok", 0)
    (held,) = await submit(hub, "tiktok", PHONE | {"external_id": "one"})
    await hub.client_as("tiktok").post("/v1/signals/retractions", json={"external_ids": ["one"]})
    assert (await waiting(operator, "quarantine"))["reviews"] == []
    assert (await decide(operator, clearing("tiktok", "release", [held["id"]])))[0]["status"] == "not_found"


async def test_more_than_a_transaction_is_released_in_one_decision(hub: TestedHub, operator: httpx.AsyncClient) -> None:
    await limit(hub, "tiktok", 0)
    await submit(hub, "tiktok", *phones(2_500))
    (outcome,) = await decide(operator, clearing("tiktok", "release"))
    assert (outcome["done"], outcome["left"]) == (2_500, 0)
    assert len((await waiting(operator, "quarantine"))["reviews"]) == 0
