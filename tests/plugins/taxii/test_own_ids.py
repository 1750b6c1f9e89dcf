"""Ids of the hub's indicators: whoever was told of one, in whatever process, nobody else can post by it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid5

import msgspec
import stix2

from core.testing import TestedHub, run_hub
from plugins.taxii.collections import COMMUNITY
from tests.plugins.taxii.posts import HEADERS, Poster, indicator, retract, rows, stix_object, submit
from tests.plugins.taxii.test_reading import RING, ring
from tests.plugins.taxii.walks import Walker, walked

LATER = "2030-01-01T00:00:00.000Z"


async def told(hub: TestedHub, slug: str, collection: Any = COMMUNITY.id) -> list[str]:
    """Ids of the indicators that it is told of."""
    return sorted((await walked(hub, slug, collection)).held())


async def taken(poster: Poster, *names: str) -> list[bool]:
    """Whether it is refused to speak by each of these ids."""
    status = await poster.post(*(indicator("x", LATER, revoked=True) | {"id": name} for name in names))
    refused = {one["id"] for one in status["failures"] if one["message"].startswith("id_taken: it is the hub")}
    return [name in refused for name in names]


async def test_what_one_process_told_another_knows(hub: TestedHub) -> None:
    await submit(hub, "tiktok", "a.example")
    (name,) = await told(hub, "meta")
    async with run_hub(hub.parts.settings, cast=hub.accounts) as other:
        assert (await Walker(other, "google").get(f"objects/{name}")).json()["objects"][0]["id"] == name
        assert await taken(Poster(other, "google"), name) == [True]
        await retract(other, "tiktok", "a.example")
        assert (await Walker(other, "google").get(f"objects/{name}")).status_code == 404
        assert await taken(Poster(other, "google"), name) == [True], "some have it still"


async def test_an_id_of_one_collection_is_the_hubs_in_every_other(hub: TestedHub) -> None:
    await ring(hub)
    await submit(hub, "tiktok", "ring.example", tlp="AMBER", groups=["ring"])
    (name,) = await told(hub, "meta", RING)
    assert await taken(Poster(hub, "google"), name) == [True]
    assert (await Walker(hub, "meta").get(f"objects/{name}")).status_code == 404


async def test_ids_are_learned_from_answers_alone(hub: TestedHub) -> None:
    """One that is made of what partners know is nobody's, and can be had."""
    (said,) = await submit(hub, "tiktok", "a.example")
    (name,) = await told(hub, "meta")
    computed = f"indicator--{uuid5(COMMUNITY.id, said['id'])}"
    assert name != computed
    assert UUID(name.removeprefix("indicator--")).version == 5
    twin = f"{name[:-1]}{'0' if name[-1] != '0' else '1'}"
    assert await taken(Poster(hub, "google"), computed, twin, name) == [False, True, True], "as good as the id itself"
    assert (await Poster(hub, "google").post(indicator("x") | {"id": computed}))["success_count"] == 1


async def test_ids_of_bundles_are_the_hubs_before_anybody_was_told(hub: TestedHub) -> None:
    """Whoever knows a signal can work them out."""
    await submit(hub, "tiktok", "a.example")
    accept = {"Accept": "application/stix+json;version=2.1"}
    bundle = stix2.parse((await hub.client_as("google").get("/v1/signals", headers=accept)).json())
    (name,) = (one.id for one in bundle.objects if one.type == "indicator")
    assert await taken(Poster(hub, "google"), name, f"{name[:25]}5{name[26:]}") == [True, False]


async def test_who_reads_while_he_posts_is_refused_as_well(hub: TestedHub) -> None:
    """His snapshot began before the id was told."""
    thief, sent = Poster(hub, "google"), indicator("a")
    learned: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        yield b'{"objects":['
        await submit(hub, "tiktok", "b.example")
        await Poster(hub, "tiktok").post(sent)
        learned.extend(await told(hub, "google"))
        forged = [indicator("x", LATER) | {"id": name} for name in learned]
        yield msgspec.json.encode(forged)[1:-1] + b"]}"

    answer = await thief.client.post(thief.objects, content=body(), headers=HEADERS)
    assert (len(learned), answer.json()["failure_count"]) == (2, 2)
    assert [row.id for row in await rows(hub)] == [sent["id"]]


async def test_opinions_refer_to_them(hub: TestedHub) -> None:
    (said,) = await submit(hub, "tiktok", "a.example")
    (name,) = await told(hub, "meta")
    doubt = stix_object("opinion", "o", opinion="disagree", explanation="No.", object_refs=[name, "indicator--", "x"])
    assert (await Poster(hub, "meta").post(doubt))["successes"][0]["message"] == ""
    (given,) = (await hub.client_as("tiktok").get(f"/v1/signals/{said['id']}/opinions")).json()["opinions"]
    assert given["stance"] == "disagree"
