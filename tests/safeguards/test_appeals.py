"""Appeals: one call for all who acted, and no weapon against what is right."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from core.log.models import Addressee, EventRow
from core.safeguards import appeals
from core.safeguards.models import Appeal
from core.signals.keys import parse_id
from core.signals.models import Claim, Signal
from core.testing import TestedHub
from core.wire.scopes import PartnerKind, Scope
from tests.takedowns.asked import ORDER, ask, item, say

WEAK = {"kind": "domain", "value": "shop.example", "tlp": "GREEN", "confidence": 50, "category": "phishing"}
STRONG = WEAK | {"value": "bait.example", "confidence": 100}
REASON = "The shop's own page since 2019; the look-alike is shop-gift.example."


async def submit(hub: TestedHub, item: dict[str, Any], *slugs: str) -> str:
    for slug in slugs:
        answer = await hub.client_as(slug).post("/v1/signals", json={"signals": [item]})
        (result,) = answer.json()["results"]
    return str(result["id"])


async def appealed(hub: TestedHub, signal: str, who: str = "google") -> httpx.Response:
    return await hub.client_as(who).post("/v1/appeals", json={"signal": signal, "reason": REASON})


async def taken_down(hub: TestedHub, signal: str, *platforms: str) -> list[str]:
    """Ids of the cases, each answered with a removal."""
    asked = item(target={"signal": signal}, basis=ORDER) | {"platforms": platforms}
    results = await ask(hub, "a05", asked)
    for result in results:
        said = await say(hub, result["id"], "removed", result["platform"])
        assert said["status"] == "answered", said
    return [result["id"] for result in results]


async def answer(hub: TestedHub, platform: str, case: str, state: str) -> None:
    moved = await hub.client_as(platform).post(
        f"/v1/takedowns/{case}/moves", json={"state": state, "reason": "Looked."}
    )
    assert moved.status_code == 200, moved.text


async def seen(hub: TestedHub, who: str, signal: str) -> bool:
    return (await hub.client_as(who).get(f"/v1/signals/{signal}")).status_code == 200


async def rule(hub: TestedHub, path: str, decision: str, **more: Any) -> httpx.Response:
    body = {"decision": decision, "reason": "Looked at.", **more}
    return await hub.client_as("secretariat").post(f"{path}/ruling", json=body)


@pytest.fixture
async def acted_on(hub: TestedHub) -> tuple[str, list[str], str]:
    """A wrong signal that two platforms acted on: its id, the cases, the path of the appeal."""
    signal = await submit(hub, WEAK, "a05")
    cases = await taken_down(hub, signal, "tiktok", "meta")
    made = await appealed(hub, signal)
    assert made.status_code == 201, made.text
    return signal, cases, str(made.headers["Location"])


async def test_one_appeal_reaches_everyone_who_acted(hub: TestedHub, acted_on: tuple[str, list[str], str]) -> None:
    signal, cases, path = acted_on
    operator = hub.client_as("secretariat")
    shown = (await operator.get(path)).json()
    assert [(task["takedown"], task["decision"]) for task in shown["tasks"]] == [(case, None) for case in cases]
    assert (await hub.client_as("tiktok").get(f"/v1/takedowns/{cases[0]}")).json()["state"] == "appealed"
    await answer(hub, "tiktok", cases[0], "reversed")
    early = await rule(hub, path, "reversed")
    assert (early.status_code, "meta" in early.json()["detail"]) == (409, True)
    await answer(hub, "meta", cases[1], "upheld")
    done = await rule(hub, path, "reversed")
    assert (done.status_code, done.json()["state"]) == (200, "reversed"), done.text

    # The signal is gone everywhere, and who stood by its decision is asked again.
    assert not await seen(hub, "chongluadao", signal)
    assert [task["decision"] for task in done.json()["tasks"]] == ["reversed", None]
    tombs = (await hub.client_as("chongluadao").get("/v1/signals", params={"after": 11})).json()["signals"]
    assert signal not in {one["id"] for one in tombs if one["state"] == "active"}
    await answer(hub, "meta", cases[1], "reversed")
    assert [task["decision"] for task in (await operator.get(path)).json()["tasks"]] == ["reversed", "reversed"]
    async with hub.parts.db.survey() as session:
        told = select(EventRow.type, Addressee.partner).join(Addressee, Addressee.position == EventRow.position)
        rows = (await session.execute(told.where(EventRow.type == "appeal.decided"))).all()
    # Who brought it, both platforms, the operator.
    assert len(rows) == 4


async def test_what_scores_low_is_withheld_at_once_and_comes_back(hub: TestedHub) -> None:
    signal = await submit(hub, WEAK, "chongluadao")
    made = (await appealed(hub, signal)).json()
    assert (made["state"], made["suspended"], made["look_due"]) == ("gathering", True, None)
    assert not await seen(hub, "tiktok", signal)
    assert (await rule(hub, f"/v1/appeals/{made['id']}", "upheld")).json()["state"] == "upheld"
    assert await seen(hub, "tiktok", signal)
    # Said once and judged: the same voice does not withhold it again.
    again = (await appealed(hub, signal)).json()
    assert (again["state"], again["suspended"]) == ("first_look", False)
    assert await seen(hub, "tiktok", signal)


async def test_an_appeal_is_no_weapon_against_what_is_well_supported(hub: TestedHub) -> None:
    signal = await submit(hub, STRONG, "chongluadao", "child-protection-network", "a05")
    made = (await appealed(hub, signal)).json()
    path = f"/v1/appeals/{made['id']}"
    assert (made["state"], made["suspended"]) == ("first_look", False)
    assert await seen(hub, "tiktok", signal)
    operator = hub.client_as("secretariat")
    looked = await operator.post(f"{path}/look", json={"suspend": True, "reason": "Documents of the owner."})
    assert (looked.status_code, looked.json()["suspended"]) == (200, True)
    assert not await seen(hub, "tiktok", signal)
    assert (await operator.post(f"{path}/look", json={"suspend": False, "reason": "Again"})).status_code == 409
    back = await hub.client_as("google").post(f"{path}/withdrawal")
    assert back.json()["state"] == "withdrawn"
    assert await seen(hub, "tiktok", signal)


async def test_one_is_open_at_a_time_however_many_try(hub: TestedHub) -> None:
    signal = await submit(hub, WEAK, "chongluadao")
    tried = await asyncio.gather(*(appealed(hub, signal, who) for who in ("google", "meta", "tiktok")))
    assert sorted(one.status_code for one in tried) == [201, 409, 409]


async def test_the_reviewer_is_never_involved(hub: TestedHub) -> None:
    await hub.admit(("second-desk", PartnerKind.OPERATOR))
    signal = await submit(hub, WEAK, "second-desk")
    made = (await appealed(hub, signal)).json()
    path, body = f"/v1/appeals/{made['id']}", {"decision": "upheld", "reason": "Mine."}
    assert (await hub.client_as("second-desk").post(f"{path}/ruling", json=body)).status_code == 403
    assert (await hub.client_as("google").post(f"{path}/ruling", json=body)).status_code == 403
    assert (await rule(hub, path, "upheld")).status_code == 200
    # Neither one's own claim, nor what one cannot see, nor without a reason.
    assert (await appealed(hub, signal, "second-desk")).status_code == 409
    hidden = await submit(hub, WEAK | {"value": "hidden.example", "tlp": "AMBER"}, "chongluadao")
    assert (await appealed(hub, hidden)).status_code == 409
    named = "Call 0910 000 001"
    personal = {"signal": signal, "reason": named, "evidence": [{"kind": "other", "reference": named}]}
    refused = await hub.client_as("google").post("/v1/appeals", json=personal)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/reason", "/evidence/0/reference"]
    for end, said in (("look", {"suspend": False}), ("ruling", {"decision": "upheld"})):
        refused = await hub.client_as("secretariat").post(f"{path}/{end}", json=said | {"reason": named})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/reason")


async def test_others_learn_nothing_and_platforms_what_they_are_asked(
    hub: TestedHub, acted_on: tuple[str, list[str], str]
) -> None:
    _, cases, path = acted_on
    missing = "/v1/appeals/apl_" + "a" * 26
    there, nowhere = [await hub.client_as("chongluadao").get(one) for one in (path, missing)]
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert there.status_code == 404
    assert (await hub.client_as("chongluadao").get("/v1/appeals")).json()["appeals"] == []
    (asked,) = (await hub.client_as("tiktok").get("/v1/appeals")).json()["appeals"]
    assert (asked["reason"], [task["takedown"] for task in asked["tasks"]]) == (REASON, [cases[0]])
    assert Scope.APPEALS_REVIEW not in hub.accounts["tiktok"].scopes


async def test_nobody_looked_is_told_once(hub: TestedHub) -> None:
    signal = await submit(hub, STRONG, "chongluadao", "child-protection-network", "a05")
    await appealed(hub, signal)
    async with hub.parts.db.edge(0) as session:
        await session.execute(update(Appeal).values(look_due=1))
    await appeals.watch(hub.parts.db, hub.parts.writer)
    await appeals.watch(hub.parts.db, hub.parts.writer)
    async with hub.parts.db.survey() as session:
        told = list(await session.scalars(select(EventRow.position).where(EventRow.type == "appeal.overdue")))
    assert len(told) == 1


async def test_a_decision_that_was_cut_short_is_carried_out(
    hub: TestedHub, acted_on: tuple[str, list[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signal, _, path = acted_on

    async def dies(*_: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as cut:
        cut.setattr(appeals, "_carry_out", dies)
        assert (await rule(hub, path, "reversed", without_platforms=True)).status_code == 500
    assert not (await hub.client_as("secretariat").get(path)).json().get("closed")
    async with asyncio.timeout(30):
        while not (await hub.client_as("secretariat").get(path)).json().get("closed"):  # noqa: ASYNC110  (over HTTP)
            await asyncio.sleep(0.5)
    assert not await seen(hub, "chongluadao", signal)


async def test_a_look_says_what_it_could_not_withhold(hub: TestedHub) -> None:
    hidden = {"kind": "url", "value": "https://bait.example/live", "tlp": "AMBER", "category": "phishing"}
    signal = await submit(hub, hidden, "chongluadao")
    (result,) = await ask(hub, "a05", item("https://bait.example/live"))
    await say(hub, result["id"], "removed")
    path = (await appealed(hub, signal, "tiktok")).headers["Location"]
    looked = await hub.client_as("secretariat").post(f"{path}/look", json={"suspend": True, "reason": "Papers."})
    # A dispute reaches what its partner sees, and this one sees no claim.
    assert (looked.json()["state"], looked.json()["suspended"]) == ("gathering", False)
    assert await states(hub, signal) == {"active"}


async def test_a_look_that_was_cut_short_is_carried_out(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    signal = await submit(hub, STRONG, "chongluadao", "child-protection-network", "a05")
    path = (await appealed(hub, signal)).headers["Location"]
    operator = hub.client_as("secretariat")

    async def dies(*_: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as cut:
        cut.setattr(appeals, "_withhold", dies)
        answer = await operator.post(f"{path}/look", json={"suspend": True, "reason": "Papers."})
        assert answer.status_code == 500
        assert not (await operator.get(path)).json()["suspended"]
    await appeals.watch(hub.parts.db, hub.parts.writer)
    shown = (await operator.get(path)).json()
    assert (shown["suspended"], shown["look_due"], await states(hub, signal)) == (True, None, {"suspended"})


async def test_what_ended_before_it_was_heard_withholds_nothing(
    hub: TestedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal = await submit(hub, WEAK, "chongluadao")
    speak = appeals._speak

    async def late(*given: Any) -> None:
        async with hub.parts.db.survey() as session:
            (name,) = await session.scalars(select(Appeal.id))
        assert (await hub.client_as("google").post(f"/v1/appeals/{name}/withdrawal")).status_code == 200
        await speak(*given)

    monkeypatch.setattr(appeals, "_speak", late)
    assert (await appealed(hub, signal)).json()["state"] == "withdrawn"
    assert await states(hub, signal) == {"active"}


async def states(hub: TestedHub, signal: str) -> set[str]:
    """Of the claims that stand on it."""
    async with hub.parts.db.survey() as session:
        standing = select(Claim.state).join(Signal, Signal.id == Claim.signal).where(Claim.closed == 0)
        return set(await session.scalars(standing.where(Signal.key == parse_id(signal))))
