"""Who follows a collection holds what a new copy holds, by whatever it goes on: nothing twice, nothing missed."""

import asyncio
import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from core.demo import Account
from core.settings import Settings
from core.testing import TestedHub, run_hub
from plugins.taxii.stix.markings import EXTENSION, PREFACE
from tests.plugins.taxii.posts import Poster, indicator, retract, submit
from tests.plugins.taxii.walks import Walker, walked


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


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_was_posted_ahead_of_the_clock_is_withdrawn_as_well(hub: TestedHub) -> None:
    """Clients believe the latest version."""
    poster, ahead = Poster(hub, "tiktok"), "9998-12-31T23:59:59.999999Z"
    sent = [indicator(name, ahead) for name in "ab"]
    assert (await poster.post(*sent, indicator("c", "9999-01-01T00:00:00Z")))["failure_count"] == 1
    follower = await walked(hub, "meta")
    assert len(follower.held()) == 2
    await retract(hub, "tiktok", sent[0]["id"])
    assert await poster.delete(sent[1]["id"]) == 200
    await follower.catch_up()
    assert not follower.held()
    await submit(hub, "tiktok", _url("a"), kind="url")
    await follower.catch_up()
    assert follower.held().keys() == (await walked(hub, "meta")).held().keys() == {sent[0]["id"]}


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
