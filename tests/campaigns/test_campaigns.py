"""Campaigns: founded once, read by all, changed by few."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

ClientAs = Callable[..., httpx.AsyncClient]
CAMPAIGN: dict[str, Any] = {
    "title": {"vi": "Không Một Mình – Đừng nghe máy", "en": "Not Alone"},
    "summary": "Bắt cóc trực tuyến",
    "starts": "2026-09-01",
    "ends": "2026-12-31",
    "state": "active",
}


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return ()


async def found(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await client.post("/v1/campaigns", json=CAMPAIGN | more)


async def test_a_campaign_is_read_by_every_partner_that_may(client_as: ClientAs) -> None:
    made = await found(client_as("chongluadao"))
    assert made.status_code == 201
    assert made.headers["location"] == "/v1/campaigns/khong-mot-minh-dung-nghe-may"
    for slug in ("creator-mai", "tiktok", "a05"):
        read = await client_as(slug).get(made.headers["location"])
        assert read.json() == made.json()
        assert read.headers["etag"] == made.headers["etag"] == '"1"'
    assert made.json()["owner"] == "chongluadao"
    assert {name: made.json()[name] for name in CAMPAIGN} == CAMPAIGN


async def test_a_slug_is_taken_once(client_as: ClientAs) -> None:
    clients = [client_as(slug) for slug in ("chongluadao", "a05", "digital-trust-alliance")]
    answers = await asyncio.gather(*(found(client, slug="one-slug") for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_what_cannot_hold_is_refused_by_name(client_as: ClientAs) -> None:
    more: dict[str, Any]
    for more, pointer in ({"ends": "2026-08-31"}, "/ends"), ({"title": {"vi": "???"}}, "/slug"):
        refused = await found(client_as("a05"), **more)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, pointer)


async def test_the_founder_and_the_operator_change_it_and_no_one_else(client_as: ClientAs) -> None:
    path = (await found(client_as("chongluadao"))).headers["location"]
    assert (await client_as("a05").patch(path, json={"state": "ended"})).status_code == 403
    assert (await client_as("creator-mai").patch(path, json={"state": "ended"})).status_code == 403
    changed = await client_as("secretariat").patch(path, json={"ends": None})
    assert changed.json() | {"updated": ""} == ((await client_as("a05").get(path)).json() | {"updated": ""})
    assert (changed.json()["ends"], changed.json()["version"], changed.headers["etag"]) == (None, 2, '"2"')
    assert changed.json()["title"] == CAMPAIGN["title"]


async def test_a_change_that_changes_nothing_keeps_the_version(client_as: ClientAs) -> None:
    client = client_as("chongluadao")
    path = (await found(client)).headers["location"]
    before = (await client.get("/health")).json()["position"]
    same = await client.patch(path, json={"summary": CAMPAIGN["summary"], "title": CAMPAIGN["title"]})
    assert same.headers["etag"] == '"1"'
    assert (await client.get("/health")).json()["position"] == before
    await client.patch(path, json={"summary": "Khác"})
    assert (await client.get("/health")).json()["position"] == before + 1


async def test_a_change_made_meanwhile_is_noticed(client_as: ClientAs) -> None:
    client = client_as("chongluadao")
    path = (await found(client)).headers["location"]
    answers = await asyncio.gather(
        *(client.patch(path, json={"summary": text}, headers={"If-Match": '"1"'}) for text in ("a", "b", "c"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    unquoted = await client.patch(path, json={"summary": "d"}, headers={"If-Match": "2"})
    assert (unquoted.status_code, unquoted.json()["errors"][0]["pointer"]) == (400, "/If-Match")
    assert (await client.patch(path, json={"summary": "d"}, headers={"If-Match": '"1", "2"'})).status_code == 200
    assert (await client.patch(path, json={"summary": "e"}, headers={"If-Match": "*"})).status_code == 200


async def test_an_address_of_nothing_is_not_found(client_as: ClientAs) -> None:
    client = client_as("a05")
    for slug in ("missing", "a", "A-B", "%00", "a%20b", "x" * 65, "%ED%A0%80"):
        for answer in (
            await client.get(f"/v1/campaigns/{slug}"),
            await client.patch(f"/v1/campaigns/{slug}", json={}),
            await client.get(f"/v1/campaigns/{slug}/activities"),
            await client.post(f"/v1/campaigns/{slug}/activities", json={"activities": []}),
        ):
            assert answer.status_code == 404, (slug, answer.request.method)


async def test_the_list_pages_without_loss(client_as: ClientAs) -> None:
    client = client_as("chongluadao")
    for number in range(5):
        assert (await found(client, slug=f"campaign-{number}")).status_code == 201
    slugs, path = [], "/v1/campaigns?limit=2"
    while path:
        answer = await client.get(path)
        slugs += [one["slug"] for one in answer.json()["campaigns"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert slugs == [f"campaign-{number}" for number in range(5)]
