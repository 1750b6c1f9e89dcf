"""Sharing groups: consent, sight, and that a group does not exist for those outside."""

import itertools
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.auth.audiences import memberships
from core.auth.models import Sight
from core.log import head
from core.wire.signals import Tlp
from tests.auth.conftest import Room, assert_problem, audience


async def found(room: Room, founder: str = "platform-a", slug: str = "bank-desk") -> httpx.AsyncClient:
    client = await room.client_as(founder)
    answer = await client.post("/v1/groups", json={"slug": slug, "name": "Bank desk"})
    assert answer.status_code == 201, answer.text
    return client


async def invite(client: httpx.AsyncClient, partner: str, slug: str = "bank-desk") -> httpx.Response:
    return await client.post(f"/v1/groups/{slug}/invitations", json={"partner": partner})


def members(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {member["partner"]: member["state"] for member in answer.json()["members"]}


async def sight(room: Room, slug: str) -> set[int]:
    partner = (await room.acting(slug)).partner
    async with room.db.writer() as session:
        return set(await session.scalars(select(Sight.audience).where(Sight.partner == partner)))


async def share(room: Room, owner: str, group: str = "bank-desk") -> int:
    async with head.writing(room.db, "test", "Intern") as session:
        partner = (await room.acting(owner)).partner
        named = (await memberships(session, partner))[group]
        return await audience(session, partner, Tlp.AMBER, named)


async def test_founded_invited_accepted_left(room: Room) -> None:
    a, b = await found(room), await room.client_as("platform-b")
    assert members(await invite(a, "platform-b")) == {"platform-a": "member", "platform-b": "invited"}
    assert [group["state"] for group in (await b.get("/v1/groups")).json()["groups"]] == ["invited"]
    assert members(await b.put("/v1/groups/bank-desk/membership"))["platform-b"] == "member"
    assert members(await b.put("/v1/groups/bank-desk/membership"))["platform-b"] == "member"
    assert (await b.delete("/v1/groups/bank-desk/membership")).status_code == 204
    assert members(await a.get("/v1/groups/bank-desk")) == {"platform-a": "member"}
    assert_problem(await b.get("/v1/groups/bank-desk"), 404)
    assert (await b.get("/v1/groups")).json() == {"groups": [], "next": None}


async def test_joining_and_leaving_move_sight_and_view(room: Room) -> None:
    a, b = await found(room), await room.client_as("platform-b")
    shared = await share(room, "platform-a")
    views = [await room.view("platform-b")]
    await invite(a, "platform-b")
    assert await room.view("platform-b") == views[0]
    assert shared not in await sight(room, "platform-b")
    await b.put("/v1/groups/bank-desk/membership")
    views.append(await room.view("platform-b"))
    assert shared in await sight(room, "platform-b")
    await b.put("/v1/groups/bank-desk/membership")
    assert await room.view("platform-b") == views[1]
    await b.delete("/v1/groups/bank-desk/membership")
    views.append(await room.view("platform-b"))
    assert shared not in await sight(room, "platform-b")
    assert views == sorted(set(views))


async def test_who_shares_keeps_seeing_its_own_after_leaving(room: Room) -> None:
    a = await found(room)
    shared = await share(room, "platform-a")
    await a.delete("/v1/groups/bank-desk/membership")
    assert shared in await sight(room, "platform-a")


async def test_joining_a_group_that_shares_nothing_leaves_the_feed_alone(room: Room) -> None:
    a, b = await found(room), await room.client_as("platform-b")
    before = await room.view("platform-b")
    await invite(a, "platform-b")
    await b.put("/v1/groups/bank-desk/membership")
    assert await room.view("platform-b") == before


async def test_declining_is_leaving(room: Room) -> None:
    a, b = await found(room), await room.client_as("platform-b")
    await invite(a, "platform-b")
    assert (await b.delete("/v1/groups/bank-desk/membership")).status_code == 204
    assert_problem(await b.put("/v1/groups/bank-desk/membership"), 404)


async def test_only_members_invite(room: Room) -> None:
    a, b = await found(room), await room.client_as("platform-b")
    await invite(a, "platform-b")
    assert_problem(await invite(b, "agency-a"), 403)
    await b.put("/v1/groups/bank-desk/membership")
    assert (await invite(b, "agency-a")).status_code == 200


async def test_an_unknown_guest_is_named_in_the_fault(room: Room) -> None:
    body = assert_problem(await invite(await found(room), "nobody-here"), 409)
    assert body["errors"][0]["pointer"] == "/partner"


@pytest.mark.parametrize("slug", ["bank-desk", "no-such-group", "BAD%20SLUG", "%00", "x" * 200, "🙂", "%ff"])
async def test_a_group_of_others_answers_as_one_that_is_not_there(room: Room, slug: str) -> None:
    await found(room)
    outsider = await room.client_as("agency-a")
    path = f"/v1/groups/{slug}"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}),
        ("POST", f"{path}/invitations", {"json": {"partner": "platform-b"}}),
        ("PUT", f"{path}/membership", {}),
        ("DELETE", f"{path}/membership", {}),
    ]
    bodies = [assert_problem(await outsider.request(method, url, **more), 404) for method, url, more in calls]
    assert len({body["detail"] for body in bodies}) == 1


async def test_a_slug_is_taken_once(room: Room) -> None:
    await found(room)
    other = await room.client_as("platform-b")
    assert_problem(await other.post("/v1/groups", json={"slug": "bank-desk", "name": "Mine"}), 409)


async def test_a_list_comes_in_pages(room: Room) -> None:
    client = await found(room, slug="group-0")
    for index in range(1, 5):
        await client.post("/v1/groups", json={"slug": f"group-{index}", "name": "G"})
    seen: list[str] = []
    url: str | None = "/v1/groups?limit=2"
    for _ in itertools.count():
        answer = await client.get(url or "")
        seen += [group["slug"] for group in answer.json()["groups"]]
        url = answer.links.get("next", {}).get("url")
        if url is None:
            break
    assert seen == [f"group-{index}" for index in range(5)]


@pytest.mark.parametrize("slug", ["creator-a"])
async def test_a_kind_without_the_scope_founds_nothing(room: Room, slug: str) -> None:
    client = await room.client_as(slug)
    assert_problem(await client.post("/v1/groups", json={"slug": "fans", "name": "Fans"}), 403)
