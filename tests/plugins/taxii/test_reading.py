"""Collections as they are read: whole, in the order of the log, and what is withdrawn reaches whoever may hold it."""

from uuid import uuid5

import pytest
import stix2
from sqlalchemy import update

from core.auth.models import Partner
from core.testing import TestedHub
from plugins.taxii.reading import pages
from plugins.taxii.stix.markings import EXTENSION, NAMESPACE, PREFACE
from tests.plugins.taxii.posts import Poster, indicator, own_id, retract, submit
from tests.plugins.taxii.walks import COLLECTIONS, Walker, walked

RING = uuid5(NAMESPACE, "group:ring")
LATER = "2026-02-01T00:00:00.000Z"


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


async def test_what_is_too_much_for_a_page_comes_on_the_next(hub: TestedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    await Poster(hub, "tiktok").post(*(indicator(f"h{n}", description="x" * 8_000) for n in range(7)))
    monkeypatch.setattr(pages, "_HEAVY", 20_000)
    monkeypatch.setattr(pages, "_AT_ONCE", 2)
    reader = Walker(hub, "meta")
    sizes = [len((body := await reader.page())["objects"])]
    while body.get("more"):
        sizes.append(len((body := await reader.page(next=body["next"]))["objects"]))
    assert max(sizes[1:]) < 5
    assert len(reader.given) == 7 + len(PREFACE) == sum(sizes)


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


async def test_the_newest_stix_of_an_object_is_what_is_told_unasked(hub: TestedHub) -> None:
    name = {"id": "indicator--00000000-0000-4000-8000-000000000000"}
    before = {key: one for key, one in indicator("a", labels=["x"]).items() if key != "spec_version"} | name
    since, other = indicator("a", LATER) | name, before | {"id": name["id"][:-1] + "1"}
    await Poster(hub, "tiktok").post(before, since, other)
    reader = Walker(hub, "meta")
    for query in ({}, {"match[type]": "indicator"}, {"match[id]": f"{name['id']},{other['id']}"}):
        asked = query | {"match[version]": "all"}
        told = (await reader.get(**asked)).json()["objects"]
        assert [one for one in told if one["type"] == "indicator"] == [since, other]
        assert (await reader.get(**asked, **{"match[spec_version]": "2.0"})).json()["objects"] == [before, other]
    (version,) = (await reader.get(f"objects/{name['id']}/versions")).json()["versions"]
    assert version.startswith(LATER[:10])


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


async def test_invisible_is_absent_everywhere(hub: TestedHub) -> None:
    (shown,) = await submit(hub, "tiktok", "all.example")
    (hidden,) = await submit(hub, "tiktok", "own.example", tlp=None)
    await Poster(hub, "tiktok").post(indicator("held", tlp="GREEN"))
    walker = Walker(hub, "meta")
    listed = (await walker.get("manifest")).json()["objects"]
    assert len(listed) == len(PREFACE) + 2
    name, other = (own_id(hub, one["id"]) for one in (shown, hidden))
    for below in ("", "/versions"):
        assert (await walker.get(f"objects/{name}{below}")).status_code == 200
        assert (await walker.get(f"objects/{other}{below}")).status_code == 404
    assert (await walker.get(**{"match[id]": other})).json() == {}
