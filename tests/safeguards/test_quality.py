"""The mirror: good and bad partners rank as they are, little evidence says little, and only its owner looks into it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth.models import Partner
from core.safeguards import quality
from core.safeguards.quality import measured
from core.takedowns.models import Takedown
from core.testing import TestedHub
from core.times import SECOND, now

PRIOR, WEIGHT = 100, 20
counts = st.integers(0, 5_000)


@given(counts, counts)
def test_what_is_measured_lies_between_the_prior_and_the_share(upheld: int, wrong: int) -> None:
    judged = upheld + wrong
    share = 100 * upheld / judged if judged else PRIOR
    assert round(share) <= measured(upheld, wrong, PRIOR, WEIGHT) <= PRIOR


@given(counts, counts)
def test_one_more_mistake_never_helps_and_one_more_hit_never_harms(upheld: int, wrong: int) -> None:
    now = measured(upheld, wrong, PRIOR, WEIGHT)
    assert measured(upheld, wrong + 1, PRIOR, WEIGHT) <= now <= measured(upheld + 1, wrong, PRIOR, WEIGHT)


def test_little_evidence_says_little() -> None:
    assert measured(0, 0, PRIOR, WEIGHT) == PRIOR
    assert measured(0, 1, PRIOR, WEIGHT) >= 95
    assert measured(0, 500, PRIOR, WEIGHT) <= 4
    assert measured(300, 300, PRIOR, WEIGHT) <= 52


async def _submit(hub: TestedHub, slug: str, count: int) -> list[str]:
    items = [{"kind": "domain", "value": f"{slug}-{n}.example", "tlp": "GREEN", "confidence": 80} for n in range(count)]
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    return [result["id"] for result in answer.json()["results"]]


async def _say(hub: TestedHub, slug: str, ids: list[str], **said: Any) -> None:
    answer = await hub.client_as(slug).post("/v1/signals/opinions", json={"items": [{"id": one} | said for one in ids]})
    assert {result["status"] for result in answer.json()["results"]} == {"given"}, answer.text


async def _judge(hub: TestedHub, ids: list[str], author: str, verdict: str) -> None:
    decisions = [
        {"what": "dispute", "id": one, "author": author, "verdict": verdict, "reason": "Looked at."} for one in ids
    ]
    answer = await hub.client_as("secretariat").post("/v1/reviews", json={"decisions": decisions})
    assert {result["status"] for result in answer.json()["results"]} == {"done"}, answer.text


async def test_good_and_bad_partners_rank_as_they_are(hub: TestedHub) -> None:
    good, bad, new = (
        await _submit(hub, "chongluadao", 30),
        await _submit(hub, "google", 30),
        await _submit(hub, "meta", 1),
    )
    assert await quality.refresh(hub.parts.db) == 9
    await _say(hub, "tiktok", good, stance="agree", outcome="removed")
    await _say(hub, "a05", [*bad, *new], stance="false_positive", reason="A shop's own page.")
    await _judge(hub, [*bad[:25], *new], "a05", "upheld")
    await _judge(hub, bad[25:28], "a05", "dismissed")
    assert await quality.refresh(hub.parts.db) == 2

    mirror = {
        slug: (await hub.client_as(slug).get("/v1/me/quality")).json() for slug in ("chongluadao", "google", "meta")
    }
    assert mirror["chongluadao"]["submitted"] == {"claims": 30, "upheld": 30, "reversed": 0, "disputed": 0}
    assert mirror["google"]["submitted"] == {"claims": 30, "upheld": 3, "reversed": 25, "disputed": 2}
    assert mirror["chongluadao"]["measured"] == 100
    assert mirror["google"]["measured"] == measured(3, 25, PRIOR, WEIGHT) < 50
    assert mirror["meta"]["measured"] == measured(0, 1, PRIOR, WEIGHT) == 95

    # The same thing said by each weighs as each was borne out.
    reader, again = hub.client_as("meta"), (await _submit(hub, "google", 31))[30]
    strong, weak = [(await reader.get(f"/v1/signals/{one}")).json()["score"]["value"] for one in (good[0], again)]
    assert weak < strong / 2


async def test_who_repeats_what_was_judged_earns_and_learns_nothing(hub: TestedHub) -> None:
    ids = await _submit(hub, "chongluadao", 3)
    await _say(hub, "tiktok", ids[:2], stance="agree", outcome="removed")
    await _say(hub, "a05", ids[2:], stance="false_positive", reason="A shop's own page.")
    names = [f"chongluadao-{n}.example" for n in range(3)]
    own = {"signals": [{"kind": "domain", "value": name, "tlp": "RED"} for name in names]}
    assert (await hub.client_as("google").post("/v1/signals", json=own)).json()["created"] == 3
    await quality.refresh(hub.parts.db)
    mirror = (await hub.client_as("google").get("/v1/me/quality")).json()["submitted"]
    assert mirror == {"claims": 3, "upheld": 0, "reversed": 0, "disputed": 0}


async def test_what_the_operator_stated_counts_instead(hub: TestedHub) -> None:
    (signal,) = await _submit(hub, "google", 1)
    await quality.refresh(hub.parts.db)
    reader = hub.client_as("tiktok")
    before = (await reader.get(f"/v1/signals/{signal}")).json()["score"]["value"]
    await hub.client_as("secretariat").patch("/v1/partners/google", json={"quality": 10})
    assert (await reader.get(f"/v1/signals/{signal}")).json()["score"]["value"] < before / 5
    assert (await hub.client_as("google").get("/v1/me/quality")).json()["stated"] == 10


async def test_only_the_partner_and_the_operator_look_into_it(hub: TestedHub) -> None:
    assert (await hub.client_as("google").get("/v1/me/quality")).status_code == 404
    await quality.refresh(hub.parts.db)
    shown = {
        slug: (await hub.client_as(slug).get("/v1/partners/google/quality")).status_code
        for slug in ("secretariat", "digital-trust-alliance", "google", "tiktok")
    }
    assert shown == {"secretariat": 200, "digital-trust-alliance": 403, "google": 403, "tiktok": 403}
    assert (await hub.client_as("google").get("/v1/me/quality")).status_code == 200


async def test_how_a_platform_answered(hub: TestedHub) -> None:
    """Ten cases: acknowledged after 1 to 10 minutes, nine decided after an hour, one of them late, one not at all."""
    minute = 60 * SECOND
    async with hub.parts.db.edge(0) as session:
        ids = dict((await session.execute(select(Partner.slug, Partner.id))).all())
        opened = now() - 1_000 * minute
        for n in range(1, 11):
            case = Takedown(
                id=f"tkd_{n}",
                target=f"sig_{n}",
                kind="url",
                value="x",
                account=f"sig_{n}",
                platform=ids["tiktok"],
                state="requested",
                category="phishing",
                basis="protection_notice",
                priority="normal",
                opened=opened,
                due=opened + 60 * minute,
                acknowledged=opened + n * minute,
                decided=None if n == 10 else opened + (61 if n == 9 else 60) * minute,
                breached=opened + 60 * minute if n >= 9 else None,
            )
            session.add(case)
    await quality.refresh(hub.parts.db)
    found = (await hub.client_as("tiktok").get("/v1/me/quality")).json()["answered"]
    assert (found["cases"], found["in_time"], found["breached"]) == (10, 8, 2)
    assert found["to_acknowledge"] == {"median": 330, "p90": 546}
    assert found["to_act"] == {"median": 3_600, "p90": 3_612}
