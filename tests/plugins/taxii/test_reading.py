"""Collections as they are read: whole, in the order of the log, and what is withdrawn reaches whoever may hold it."""

import asyncio
import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import uuid5

import pytest
import stix2
from sqlalchemy import update

from core.auth.models import Partner
from core.demo import Account
from core.settings import Settings
from core.testing import TestedHub, run_hub
from plugins.taxii import names
from plugins.taxii.collections import COMMUNITY
from plugins.taxii.markings import EXTENSION, NAMESPACE, PREFACE
from plugins.taxii.stix import indicator_id
from tests.plugins.taxii.posts import Json, Poster, indicator
from tests.plugins.taxii.walks import COLLECTIONS, Walker, walked

RING = uuid5(NAMESPACE, "group:ring")
LATER = "2026-02-01T00:00:00.000Z"


async def submit(hub: TestedHub, slug: str, *values: str, **more: Any) -> list[Json]:
    """Say of hosts by the native route."""
    items = [{"kind": "domain", "value": value, "tlp": "GREEN", "external_id": value} | more for value in values]
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    assert answer.is_success, answer.text
    results: list[Json] = answer.json()["results"]
    return results


async def retract(hub: TestedHub, slug: str, *external_ids: str) -> None:
    body = {"external_ids": external_ids}
    assert (await hub.client_as(slug).post("/v1/signals/retractions", json=body)).is_success


async def ring(hub: TestedHub) -> None:
    """A group of TikTok and Meta."""
    assert (await hub.client_as("tiktok").post("/v1/groups", json={"slug": "ring", "name": "Ring"})).is_success
    path = "/v1/groups/ring/invitations"
    assert (await hub.client_as("tiktok").post(path, json={"partner": "meta"})).is_success
    assert (await hub.client_as("meta").put("/v1/groups/ring/membership")).is_success


def patterns(walker: Walker) -> list[str]:
    return sorted(one["pattern"].removeprefix("[").removesuffix("]") for one in walker.held().values())


def hosts(*values: str) -> list[str]:
    return sorted(f"domain-name:value = '{value}'" for value in values)


async def test_preface_first(hub: TestedHub) -> None:
    await submit(hub, "tiktok", "a.example")
    walker = await walked(hub, "meta")
    types = [one["type"] for one in walker.given]
    assert types == [*["marking-definition"] * 3, "identity", "extension-definition", "indicator"]
    (shown,) = walker.held().values()
    assert {shown["created_by_ref"], *shown["object_marking_refs"], *shown["extensions"]} <= {
        one["id"] for one in walker.given
    }


async def test_collections_of_each_partner(hub: TestedHub) -> None:
    await ring(hub)
    for slug, expected in (
        ("tiktok", {"community", "ring"}),
        ("meta", {"community", "ring"}),
        ("google", {"community"}),
        ("secretariat", {"community", "ring"}),
    ):
        found = (await hub.client_as(slug).get(COLLECTIONS)).json()["collections"]
        assert {one["alias"] for one in found} == expected
        assert [one["id"] for one in found] == sorted(one["id"] for one in found)
        ring_of = await hub.client_as(slug).get(f"{COLLECTIONS}{RING}/")
        assert ring_of.status_code == (200 if "ring" in expected else 404)


async def test_each_collection_holds_its_own(hub: TestedHub) -> None:
    await ring(hub)
    await submit(hub, "tiktok", "all.example")
    await submit(hub, "tiktok", "ring.example", tlp="AMBER", groups=["ring"])
    await submit(hub, "tiktok", "red.example", tlp="RED", groups=["ring"])
    await submit(hub, "tiktok", "own.example", tlp=None)
    await submit(hub, "google", "ring.example")
    assert patterns(await walked(hub, "meta")) == hosts("all.example", "ring.example")
    ringed = await walked(hub, "meta", RING)
    assert patterns(ringed) == hosts("ring.example")
    (shown,) = ringed.held().values()
    # Google's claim is not for the group alone, so it is no part of its collection.
    assert shown["extensions"][EXTENSION]["claims"] == 1


async def test_what_is_retracted_is_revoked_for_who_may_hold_it(hub: TestedHub) -> None:
    await submit(hub, "tiktok", "a.example", "b.example")
    follower = await walked(hub, "meta")
    await retract(hub, "tiktok", "a.example")
    await follower.catch_up()
    assert patterns(follower) == hosts("b.example")
    gone = follower.given[-1]
    assert gone["revoked"]
    assert gone["modified"] > gone["created"]
    assert "labels" not in gone
    # A new copy needs no tombstones.
    fresh = await walked(hub, "meta")
    assert not any(one.get("revoked") for one in fresh.given)
    assert fresh.held() == follower.held()


async def test_a_posted_object_carries_its_signal_alone(hub: TestedHub) -> None:
    sent = indicator("a")
    await Poster(hub, "tiktok").post(sent)
    follower = await walked(hub, "meta")
    assert follower.held() == {sent["id"]: sent}
    await retract(hub, "tiktok", sent["id"])
    await follower.catch_up()
    gone = follower.given[-1]
    assert gone == sent | {"modified": gone["modified"], "revoked": True}
    assert follower.held() == {}
    assert len(follower.given) == len(PREFACE) + 2


async def test_a_poster_withdraws_by_its_own_version(hub: TestedHub) -> None:
    await Poster(hub, "tiktok").post(indicator("a"))
    follower = await walked(hub, "meta")
    revoked = indicator("a", LATER, revoked=True)
    await Poster(hub, "tiktok").post(revoked)
    await follower.catch_up()
    assert follower.given[-1] == revoked
    assert (await walked(hub, "meta")).held() == {}


async def test_what_is_deleted_is_revoked_for_who_may_hold_it(hub: TestedHub) -> None:
    poster, name = Poster(hub, "tiktok"), indicator("a")["id"]
    await poster.post(indicator("a"), indicator("a", LATER), indicator("b"))
    await Poster(hub, "google").post(indicator("b"))
    follower = await walked(hub, "meta")
    assert await poster.delete(indicator("b")["id"]) == 200
    await follower.catch_up()
    assert len(follower.held()) == 2, "another partner stands by it"
    assert await poster.delete(name) == 200
    fresh = await walked(hub, "meta")
    await follower.catch_up()
    assert (follower.given[-1]["id"], follower.given[-1]["revoked"]) == (name, True)
    assert stix2.parse(follower.given[-1])
    assert follower.held().keys() == fresh.held().keys() == {indicator("b")["id"]}
    assert name not in {one["id"] for one in fresh.given}


async def test_what_is_deleted_is_revoked_when_its_claim_goes_later(hub: TestedHub) -> None:
    poster, sent = Poster(hub, "tiktok"), indicator("a")
    await poster.post(sent)
    await submit(hub, "tiktok", "https://a.example/gift", kind="url")
    follower = await walked(hub, "meta")
    assert await poster.delete(sent["id"]) == 200
    await follower.catch_up()
    assert sent["id"] in follower.held(), "it is claimed as before, by another name"
    await retract(hub, "tiktok", "https://a.example/gift")
    await follower.catch_up()
    assert follower.held() == {}


async def test_who_asks_for_objects_of_stix_2_0_is_told_what_is_withdrawn(hub: TestedHub) -> None:
    sent = {name: one for name, one in indicator("a", labels=["x"]).items() if name != "spec_version"}
    sent |= {"id": "indicator--00000000-0000-4000-8000-000000000000"}
    await Poster(hub, "tiktok").post(sent)
    reader, query = Walker(hub, "meta"), {"match[spec_version]": "2.0"}
    assert (await reader.page(**query))["objects"] == [sent]
    await retract(hub, "tiktok", sent["id"])
    (gone,) = (await reader.page(added_after=reader.dates[-1], **query))["objects"]
    assert (gone["id"], gone["revoked"], "spec_version" in gone) == (sent["id"], True, False)


async def test_a_native_voice_beside_a_posted_one_is_rendered(hub: TestedHub) -> None:
    sent = indicator("a")
    await Poster(hub, "tiktok").post(sent)
    follower = await walked(hub, "meta")
    await submit(hub, "google", "https://a.example/gift", kind="url")
    await follower.catch_up()
    assert len(follower.held()) == 2
    twin = next(one for name, one in follower.held().items() if name != sent["id"])
    assert twin["extensions"][EXTENSION]["claims"] == 2
    await retract(hub, "google", "https://a.example/gift")
    await follower.catch_up()
    assert follower.held() == {sent["id"]: sent} == (await walked(hub, "meta")).held()


async def test_what_stands_again_comes_as_a_new_version(hub: TestedHub) -> None:
    """Its object was withdrawn for those who held it."""
    sent = indicator("a")
    await Poster(hub, "tiktok").post(sent)
    follower = await walked(hub, "meta")
    await retract(hub, "tiktok", sent["id"])
    await follower.catch_up()
    await submit(hub, "tiktok", "https://a.example/gift", kind="url")
    await follower.catch_up()
    (shown,) = follower.held().values()
    assert shown["id"] == sent["id"]
    assert (await walked(hub, "meta")).held().keys() == {sent["id"]}


async def test_what_is_held_comes_when_it_is_released(hub: TestedHub) -> None:
    async with hub.parts.db.writer() as session:
        await session.execute(update(Partner).values(burst_per_hour=1))
    one, held = (indicator(name) for name in "ab")
    await Poster(hub, "tiktok").post(one, held)
    await submit(hub, "google", "later.example")
    follower = await walked(hub, "meta")
    before = follower.held().keys()
    assert held["id"] not in before
    secretariat = hub.client_as("secretariat")
    waiting = (await secretariat.get("/v1/reviews", params={"what": "quarantine"})).json()["reviews"]
    release = {"what": "quarantine", "partner": "tiktok", "clearance": "release", "reason": "A list it announced."}
    decisions = [release | {"ids": [review["id"] for review in waiting]}]
    decided = (await secretariat.post("/v1/reviews", json={"decisions": decisions})).json()
    assert decided["results"][0]["done"] == 1, decided
    await follower.catch_up()
    fresh = await walked(hub, "meta")
    assert follower.held().keys() == fresh.held().keys() == before | {held["id"]}
    assert fresh.held()[held["id"]] == held


@pytest.mark.parametrize("seed", [3, 60])
async def test_followers_hold_what_a_new_copy_holds(hub: TestedHub, seed: int) -> None:
    """Random histories: by `next` and by dates alone, in small pages and at once, each ends with the same."""
    chance = random.Random(seed)
    followers = [Walker(hub, "meta", limit=limit) for limit in (3, 3, 1_000)]
    for _ in range(14):
        for _ in range(3):
            await _do_something(hub, chance)
        for number, follower in enumerate(followers):
            if chance.random() < 0.5:
                await follower.catch_up(by_dates=number == 1)
    fresh = await walked(hub, "meta")
    for number, follower in enumerate(followers):
        await follower.catch_up(by_dates=number == 1)
        assert _said(follower) == _said(fresh), number
        assert follower.dates == sorted(follower.dates)
    feed = (await hub.client_as("meta").get("/v1/signals")).json()["signals"]
    assert {one["pattern"] for one in fresh.held().values()} == {f"[url:value = '{one['value']}']" for one in feed}


async def _do_something(hub: TestedHub, chance: random.Random) -> None:
    slug, name = chance.choice(("tiktok", "google", "a05")), f"h{chance.randint(0, 5)}"
    posted = indicator(f"{name}-{slug}", datetime.now(UTC).isoformat(), url=_url(name))
    turn = chance.random()
    if turn < 0.3:
        mark = chance.choice(["GREEN", "GREEN", "RED"])
        await submit(hub, slug, _url(name), kind="url", tlp=mark, confidence=chance.choice([30, 70]))
    elif turn < 0.55:
        await Poster(hub, slug).post(posted)
    elif turn < 0.65:
        await Poster(hub, slug).post(posted | {"revoked": True})
    elif turn < 0.8:
        doubt = {"id": await _id(hub, slug, name), "stance": "disagree", "reason": "Not so."}
        await hub.client_as(slug).post("/v1/signals/opinions", json={"items": [doubt]})
    elif turn < 0.9:
        await retract(hub, slug, _url(name))
    else:
        await retract(hub, slug, posted["id"])


def _url(name: str) -> str:
    return f"https://{name}.example/gift"


async def _id(hub: TestedHub, slug: str, name: str) -> str:
    body = {"items": [{"kind": "url", "value": _url(name)}]}
    (result,) = (await hub.client_as(slug).post("/v1/signals/lookup", json=body)).json()["results"]
    return str(result["signal"]["id"]) if result["known"] else "sig_" + "a" * 26


def _said(walker: Walker) -> dict[str, Any]:
    """What is held, but for times that differ between who has followed and who has come."""
    own = {name: one["extensions"][EXTENSION] for name, one in walker.held().items() if "extensions" in one}
    return {name: own.get(name, one["pattern"]) for name, one in walker.held().items()}


async def test_dates_rise_strictly_with_four_writers(hub: TestedHub) -> None:
    follower = Walker(hub, "meta", limit=5)

    async def write(slug: str, number: int) -> None:
        for n in range(6):
            if number % 2:
                await submit(hub, slug, f"w{number}-{n}.example")
            else:
                await Poster(hub, slug).post(indicator(f"w{number}-{n}"))

    writers = [asyncio.create_task(write(slug, n)) for n, slug in enumerate(("tiktok", "google", "a05", "tiktok"))]
    while not all(task.done() for task in writers):
        await follower.catch_up(by_dates=True)
        await asyncio.sleep(0)
    await asyncio.gather(*writers)
    await follower.catch_up(by_dates=True)
    assert len(follower.held()) == 24
    assert len(follower.given) == 24 + len(PREFACE), "nothing twice"
    manifest = (await follower.get("manifest")).json()["objects"]
    assert all(one["date_added"] < other["date_added"] for one, other in pairwise(manifest))


async def test_next_is_repeatable_and_stateless(
    hub: TestedHub, hub_settings: Settings, hub_cast: dict[str, Account] | None
) -> None:
    await submit(hub, "tiktok", *[f"n{n}.example" for n in range(9)])
    first = await Walker(hub, "meta", limit=4).page()
    answers = [await Walker(hub, "meta", limit=4).page(next=first["next"]) for _ in range(2)]
    async with run_hub(hub_settings, cast=hub.accounts) as other:
        answers.append(await Walker(other, "meta", limit=4).page(next=first["next"]))
    assert answers[0] == answers[1] == answers[2]
    assert not {one["id"] for one in answers[0]["objects"]} & {one["id"] for one in first["objects"]}
    # It is its own partner's alone, and of this collection under these filters.
    assert (await Walker(hub, "google").get(next=first["next"])).status_code == 400
    for more in ({"match[type]": "indicator"}, {"match[version]": "all"}):
        assert (await Walker(hub, "meta").get(next=first["next"], **more)).status_code == 400


async def test_who_sends_a_date_beside_next_goes_on_from_the_later(hub: TestedHub) -> None:
    await submit(hub, "tiktok", *[f"n{n}.example" for n in range(9)])
    walker = Walker(hub, "meta", limit=8)
    first = await walker.page()
    behind = await walker.get(next=first["next"], added_after="2022-10-01T00:00:00Z", limit=8)
    beyond = await walker.get(next=first["next"], added_after="2099-01-01T00:00:00Z", limit=8)
    assert len(behind.json()["objects"]) == 6
    assert beyond.json() == {}


async def test_invisible_is_absent_everywhere(hub: TestedHub) -> None:
    (shown,) = await submit(hub, "tiktok", "all.example")
    (hidden,) = await submit(hub, "tiktok", "own.example", tlp=None)
    await Poster(hub, "tiktok").post(indicator("held", tlp="GREEN"))
    walker = Walker(hub, "meta")
    listed = (await walker.get("manifest")).json()["objects"]
    assert len(listed) == len(PREFACE) + 2
    name, other = (indicator_id(one["id"], COMMUNITY.id) for one in (shown, hidden))
    for below in ("", "/versions"):
        assert (await walker.get(f"objects/{name}{below}")).status_code == 200
        assert (await walker.get(f"objects/{other}{below}")).status_code == 404
    assert (await walker.get(**{"match[id]": other})).json() == {}


async def test_an_id_is_found_by_a_process_that_did_not_give_it(hub: TestedHub) -> None:
    (shown,) = await submit(hub, "tiktok", "all.example")
    names.note({f"indicator--{n}": "sig_x" for n in range(100_001)})
    name = indicator_id(shown["id"], COMMUNITY.id)
    assert (await Walker(hub, "meta").get(f"objects/{name}")).json()["objects"][0]["id"] == name
