"""What partners post is kept as it came, in one transaction with the claims and opinions that it means."""

import asyncio

import msgspec
import pytest
from sqlalchemy import delete, select, update

from core.signals.models import SignalPolicy
from core.testing import TestedHub
from plugins.taxii.errors import MEDIA_TYPE
from plugins.taxii.models import TaxiiObject
from plugins.taxii.posting import versions
from tests.people import principal_of
from tests.plugins.taxii.posts import Json, Poster, indicator, rows, stix_object

URL = "https://a.example/gift"
LATER, LAST = "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"


async def feed(hub: TestedHub, slug: str) -> dict[str, Json]:
    """What a partner reads in the native feed, by value."""
    answer = (await hub.client_as(slug).get("/v1/signals")).json()
    return {one["value"]: one for one in answer["signals"] if "value" in one}


async def test_an_indicator_is_a_claim_and_stays_as_it_came(hub: TestedHub) -> None:
    sent = indicator("a", confidence=70, labels=["phishing"])
    status = await Poster(hub, "tiktok").post(sent)
    assert (status["status"], status["success_count"], status["failure_count"]) == ("complete", 1, 0)
    claim = (await feed(hub, "meta"))[URL]
    assert (claim["tlp"], claim["confidence"], claim["category"]) == ("GREEN", 70, "phishing")
    (row,) = await rows(hub)
    assert row.bytes == msgspec.json.encode(sent)
    # A reader meets the object and its claim at one place.
    assert row.position == row.covers == claim["position"]
    assert row.is_first
    assert row.is_last


async def test_a_status_is_for_its_poster(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    status = await poster.post(indicator("a"), {"type": "indicator"})
    path = f"/taxii2/hub/status/{status['id']}/"
    mine = await poster.client.get(path, headers={"accept": MEDIA_TYPE})
    assert mine.json() == status
    assert mine.headers["content-type"] == MEDIA_TYPE
    assert status["total_count"] == len(status["successes"]) + len(status["failures"]) == 2
    assert (await hub.client_as("meta").get(path)).status_code == 404


async def test_versions_of_one_envelope(hub: TestedHub) -> None:
    """The newest is what is claimed, in whatever order they come; the same again is not kept twice."""
    poster = Poster(hub, "tiktok")
    await poster.post(indicator("a", LATER, confidence=20), indicator("a", LAST, confidence=30), indicator("a"))
    assert (await feed(hub, "meta"))[URL]["confidence"] == 30
    stored = {row.version[:10]: (row.is_first, row.is_last) for row in await rows(hub)}
    assert stored == {"2026-01-01": (True, False), "2026-02-01": (False, False), "2026-03-01": (False, True)}
    before = await rows(hub)
    again = await poster.post(indicator("a", LAST, confidence=30), indicator("a", LATER, confidence=99))
    assert [one["message"] for one in again["successes"]] == ["already there"]
    assert again["failure_count"] == 1
    assert [row.position for row in await rows(hub)] == [row.position for row in before]
    assert (await feed(hub, "meta"))[URL]["confidence"] == 30


async def test_versions_of_an_object_come_to_an_end(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    many = [stix_object("tool", "t", f"2026-01-01T00:00:00.{n:06}Z", name="Tool") for n in range(versions.MOST + 2)]
    assert (await poster.post(*many))["failure_count"] == 2
    assert await poster.delete(many[0]["id"]) == 200
    assert (await poster.post(many[-1]))["failure_count"] == 1


async def test_a_new_version_may_mean_another_signal(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    await poster.post(indicator("a"))
    await poster.post(indicator("a", LATER, url="https://b.example/gift"))
    assert set(await feed(hub, "meta")) == {"https://b.example/gift"}
    kept = await poster.post(indicator("a", LAST, pattern="[url:value LIKE 'b%'] FOLLOWEDBY [file:size > 3]"))
    assert "not a signal" in kept["successes"][0]["message"]
    assert not await feed(hub, "meta")


async def test_two_objects_of_one_signal_are_one_claim(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    await poster.post(indicator("a"), indicator("b", url=URL))
    assert len(await feed(hub, "meta")) == 1
    first, second = await rows(hub)
    assert first.covers == second.covers == first.position != second.position
    assert await poster.delete(indicator("a")["id"]) == 200
    assert len(await feed(hub, "meta")) == 1
    assert await poster.delete(indicator("b")["id"]) == 200
    assert not await feed(hub, "meta")


async def test_revoked_takes_the_claim_back(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    await poster.post(indicator("a"))
    await poster.post(indicator("a", LATER, revoked=True))
    assert not await feed(hub, "meta")
    first, last = await rows(hub)
    assert (last.revoked, last.is_last, last.signal) == (True, True, first.signal)


async def test_the_same_id_of_two_partners(hub: TestedHub) -> None:
    for slug in ("tiktok", "google"):
        await Poster(hub, slug).post(indicator("a"))
    assert (await feed(hub, "meta"))[URL]["claims"] == 2
    assert all(row.is_first and row.is_last for row in await rows(hub))
    assert await Poster(hub, "google").delete(indicator("a")["id"]) == 200
    assert (await feed(hub, "meta"))[URL]["claims"] == 1


@pytest.fixture
async def groups(hub: TestedHub) -> TestedHub:
    """With TikTok's groups `one`, where Meta is, and `two`, where Google is as well."""
    tiktok = hub.client_as("tiktok")
    for slug, members in (("one", ["meta"]), ("two", ["meta", "google"])):
        await tiktok.post("/v1/groups", json={"slug": slug, "name": slug.title()})
        for member in members:
            await tiktok.post(f"/v1/groups/{slug}/invitations", json={"partner": member})
            assert (await hub.client_as(member).put(f"/v1/groups/{slug}/membership")).is_success
    return hub


async def test_a_group_hears_what_is_posted_to_it(groups: TestedHub) -> None:
    await Poster(groups, "tiktok", "one").post(indicator("a"), indicator("b", tlp="RED"))
    assert (await feed(groups, "meta"))[URL]["tlp"] == "AMBER"
    assert not await feed(groups, "google")
    assert (await Poster(groups, "google", "one").send(indicator("a"))).status_code == 404


async def test_one_claim_for_two_collections(groups: TestedHub) -> None:
    one, two = Poster(groups, "tiktok", "one"), Poster(groups, "tiktok", "two")
    await one.post(indicator("a", tlp="GREEN"))
    await two.post(indicator("a", tlp="AMBER"))
    assert (await feed(groups, "google"))[URL]["tlp"] == "AMBER"
    assert (await feed(groups, "meta"))[URL]["tlp"] == "AMBER"
    everybody = Poster(groups, "tiktok")
    await everybody.post(indicator("a"))
    assert URL in await feed(groups, "chongluadao")
    refused = await one.post(indicator("a", LATER))
    assert "community" in refused["failures"][0]["message"]
    assert URL in await feed(groups, "chongluadao")


async def test_posts_that_share_a_transaction(groups: TestedHub) -> None:
    """Neither takes from the other whom it shares the claim with, nor its place in the log."""
    one, two = Poster(groups, "tiktok", "one"), Poster(groups, "tiktok", "two")
    done = await asyncio.gather(*(at.post(indicator(name, url=URL)) for name in "abc" for at in (one, two)))
    assert [status["success_count"] for status in done] == [1] * 6
    assert {row.signal for row in await rows(groups)} == {(await rows(groups))[0].signal}
    assert await feed(groups, "google") == await feed(groups, "meta") != {}


async def test_versions_that_share_a_transaction(hub: TestedHub) -> None:
    poster = Poster(hub, "meta")
    await poster.post(indicator("a"))
    sent = [indicator("a", f"2026-01-0{day}T00:00:00.000Z") for day in range(2, 6)]
    await asyncio.gather(*(poster.post(one) for one in sent))
    assert sorted((row.version[:10], row.is_first, row.is_last) for row in await rows(hub)) == [
        (f"2026-01-0{day}", day == 1, day == 5) for day in range(1, 6)
    ]


async def test_sightings_and_opinions_are_heard(hub: TestedHub) -> None:
    await Poster(hub, "tiktok").post(indicator("a"), indicator("b"))
    seen = {name: indicator(name)["id"] for name in ("a", "b")}
    meta = Poster(hub, "meta")
    status = await meta.post(
        stix_object("sighting", "s", sighting_of_ref=seen["a"]),
        stix_object("opinion", "o", object_refs=[seen["b"]], opinion="strongly-disagree", explanation="It is ours."),
        stix_object("opinion", "n", object_refs=[seen["b"]], opinion="neutral"),
        stix_object("opinion", "u", object_refs=[indicator("unknown")["id"]], opinion="agree"),
        stix_object("opinion", "w", object_refs=[seen["b"]], opinion="disagree"),
    )
    assert (status["success_count"], status["failure_count"]) == (4, 1)
    told = await feed(hub, "google")
    assert told[URL]["opinions"]["agree"] == 1
    assert told["https://b.example/gift"]["opinions"]["false_positive"] == 1
    poster = Poster(hub, "meta")
    poster.client = hub.client_as("meta", "signals:write")
    assert (await poster.post(stix_object("sighting", "t", sighting_of_ref=seen["a"])))["failure_count"] == 1


async def test_an_opinion_that_is_revoked_is_withdrawn(hub: TestedHub) -> None:
    await Poster(hub, "tiktok").post(indicator("a"))
    meta, refs = Poster(hub, "meta"), [indicator("a")["id"]]
    given = stix_object("opinion", "o", object_refs=refs, opinion="disagree", explanation="It is ours.")
    revoked = given | {"modified": LATER, "revoked": True}
    await meta.post(given)
    assert (await feed(hub, "google"))[URL]["opinions"]["disagree"] == 1
    # Whichever comes first, and when the old version is sent once more.
    for sent in ((revoked, given), (given,)):
        assert (await meta.post(*sent))["failure_count"] == 0
        assert (await feed(hub, "google"))[URL]["opinions"]["disagree"] == 0


async def test_what_is_revoked_takes_back_its_own_words(hub: TestedHub) -> None:
    """A sighting that lapses leaves the doubt be that came after it."""
    await Poster(hub, "tiktok").post(indicator("a"))
    meta, name = Poster(hub, "meta"), indicator("a")["id"]
    seen = stix_object("sighting", "s", sighting_of_ref=name)
    doubt = stix_object("opinion", "o", object_refs=[name], opinion="disagree", explanation="It is ours.")
    await meta.post(seen)
    await meta.post(doubt)
    await meta.post(seen | {"modified": LATER, "revoked": True})
    await meta.post(stix_object("opinion", "never", LATER, revoked=True, object_refs=[name]))
    assert (await feed(hub, "google"))[URL]["opinions"]["disagree"] == 1
    await meta.post(doubt | {"modified": LATER, "revoked": True})
    assert (await feed(hub, "google"))[URL]["opinions"]["disagree"] == 0


async def test_delete_drops_versions_and_bytes(hub: TestedHub) -> None:
    poster, name = Poster(hub, "tiktok"), indicator("a")["id"]
    await poster.post(indicator("a"), indicator("a", LATER), indicator("a", LAST))
    assert await Poster(hub, "meta").delete(name) == 403
    assert await Poster(hub, "meta").delete(indicator("unknown")["id"]) == 404
    assert await poster.delete(name, **{"match[version]": "2027-01-01T00:00:00Z"}) == 404
    assert await poster.delete(name, **{"match[version]": LATER}) == 200
    assert await poster.delete(name, **{"match[version]": "first"}) == 200
    left = [row for row in await rows(hub) if row.removed is None]
    assert [(row.version[:10], row.is_first, row.is_last) for row in left] == [("2026-03-01", True, True)]
    assert URL in await feed(hub, "meta")
    assert await poster.delete(name) == 200
    assert not await feed(hub, "meta")
    assert all(row.bytes == b"" for row in await rows(hub))
    assert await poster.delete(name) == 404
    await poster.post(indicator("a", LAST))
    assert URL in await feed(hub, "meta")


async def test_names_that_nothing_has(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    for name in ("%00", "indicator--%00", "%F0%9F%98%80"):
        assert await poster.delete(name) == 404
        assert (await poster.client.get(f"/taxii2/hub/status/{name}/")).status_code == 404


async def test_what_is_left_says_again_what_it_said(hub: TestedHub) -> None:
    poster, name = Poster(hub, "tiktok"), indicator("a")["id"]
    await poster.post(
        indicator("a", confidence=10), indicator("a", LATER, confidence=20), indicator("a", LAST, revoked=True)
    )
    for confidence in (20, 10):
        assert await poster.delete(name, **{"match[version]": "last"}) == 200
        claim = (await feed(hub, "meta"))[URL]
        assert claim["confidence"] == confidence
        (last,) = [row for row in await rows(hub) if row.is_last]
        assert last.covers == claim["position"]


async def test_what_is_held_is_kept_and_said(hub: TestedHub) -> None:
    async with hub.parts.db.writer() as session:
        await session.execute(update(SignalPolicy).where(SignalPolicy.name == "burst_per_hour").values(value=2))
    status = await Poster(hub, "tiktok").post(*(indicator(name) for name in "abcd"))
    assert [one["message"][:4] for one in status["successes"]] == ["No T", "No T", "held", "held"]
    assert len(await feed(hub, "meta")) == 2


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_the_database_itself_hides_objects(groups: TestedHub) -> None:
    """From a statement that forgets visible(), and from one that writes, as it does with claims."""
    await Poster(groups, "tiktok", "one").post(indicator("a"), indicator("b", tlp="RED"))
    told = {}
    for slug in ("tiktok", "meta", "google"):
        async with groups.parts.db.edge((await principal_of(groups, slug)).partner) as session:
            told[slug] = len((await session.scalars(select(TaxiiObject.id))).all())
            await session.execute(update(TaxiiObject).values(bytes=b""))
            await session.execute(delete(TaxiiObject))
    assert told == {"tiktok": 2, "meta": 1, "google": 0}
    assert all(row.bytes for row in await rows(groups))
