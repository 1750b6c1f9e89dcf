"""What was withdrawn is called back from those who fetched it, until each of them says that it is down."""

from collections.abc import Sequence
from typing import Any

import httpx

from core.testing import TestedHub
from tests.content.conftest import PNG, WORDS, Studio, material

WRONG = {"reason": "The number is wrong."}


async def fetch(version: str, *clients: httpx.AsyncClient) -> None:
    for client in clients:
        assert (await client.get(f"{version}/assets/poster.png")).status_code == 200


async def waiting(client: httpx.AsyncClient, version: str) -> list[str]:
    answer = await client.get(f"{material(version)}/recall?waiting=true")
    assert answer.status_code == 200, answer.text
    return [one["partner"] for one in answer.json()["partners"]]


async def told(client: httpx.AsyncClient, kind: str) -> list[dict[str, Any]]:
    events = (await client.get("/v1/events")).json()["events"]
    return [one["data"] for one in events if one["type"] == kind]


async def test_those_who_fetched_are_told_and_asked_until_they_confirm(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    await fetch(version, studio.creator, studio.stranger, studio.author)
    assert (await studio.author.post(f"{material(version)}/withdrawal", json=WRONG)).status_code == 204
    recalled = {"material": material(version)[14:], "version": 1}
    for client, count in ((studio.creator, 1), (studio.stranger, 1), (hub.client_as("meta"), 0)):
        assert await told(client, "material.recalled") == [recalled] * count
    for client in (studio.author, studio.reviewer, studio.agency):
        assert await waiting(client, version) == ["creator-mai", "tiktok"]
    place = f"{material(version)}/recall/acknowledgements"
    posts = [{"url": "https://video.example/1", "done": "removed"}]
    done = await studio.creator.post(place, json={"done": "removed", "posts": posts})
    assert done.status_code == 200
    assert await waiting(studio.author, version) == ["tiktok"]
    whole = (await studio.author.get(f"{material(version)}/recall")).json()
    assert (whole["fetched"], whole["acknowledged"]) == (2, 1)
    assert whole["partners"][0]["acknowledged"]["posts"] == posts
    assert (await studio.stranger.post(place, json={"done": "never_used"})).status_code == 200
    assert await waiting(studio.author, version) == []
    again = await studio.creator.post(place, json={"done": "replaced", "note": "Posted the new one."})
    assert again.status_code == 200
    mine = (await studio.creator.get(f"{material(version)}/recall")).json()["partners"]
    assert [(one["partner"], one["acknowledged"]["done"]) for one in mine] == [("creator-mai", "replaced")]


async def test_who_fetched_nothing_is_asked_nothing_and_told_nothing(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    await fetch(version, studio.creator)
    newcomer, place = hub.client_as("meta"), f"{material(version)}/recall"
    # Before the recall there is nothing to confirm for those who did, either.
    for client in (newcomer, studio.creator):
        assert (await client.get(place)).status_code == 404
        assert (await client.post(f"{place}/acknowledgements", json={"done": "removed"})).status_code == 404
    assert (await studio.author.get(place)).json()["partners"] == []
    await studio.author.post(f"{material(version)}/withdrawal", json=WRONG)
    assert (await newcomer.get(place)).status_code == 404
    assert (await newcomer.post(f"{place}/acknowledgements", json={"done": "removed"})).status_code == 404


async def second_version(studio: Studio, first: str) -> str:
    made = await studio.author.post(f"{material(first)}/versions", json=WORDS | {"summary": "Corrected."})
    assert made.status_code == 201, made.text
    second = f"{material(first)}/versions/{made.json()['versions'][-1]['version']}"
    await studio.upload(second, content=PNG)
    for move in ("submission", "approval", "publication"):
        assert (await studio.move(second, move)).status_code == 200
    return second


async def test_one_version_is_recalled_by_any_approver_and_a_new_one_follows(studio: Studio) -> None:
    first = await studio.published()
    await fetch(first, studio.creator)
    assert (await studio.creator.post(f"{first}/withdrawal", json=WRONG)).status_code == 403
    assert (await studio.agency.post(f"{first}/withdrawal", json=WRONG)).status_code == 204
    assert (await studio.agency.post(f"{first}/withdrawal", json=WRONG)).status_code == 409
    gone = await studio.creator.get(f"{first}/assets/poster.png")
    assert (gone.status_code, "link" in gone.headers, WRONG["reason"] in gone.text) == (410, False, True)
    assert (await studio.creator.get(material(first))).status_code == 410
    assert await waiting(studio.author, first) == ["creator-mai"]
    await second_version(studio, first)
    gone = await studio.creator.get(f"{first}/assets/poster.png")
    assert gone.headers["link"] == f'<{material(first)}>; rel="successor-version"'


async def test_what_was_replaced_can_be_recalled_later(studio: Studio) -> None:
    first = await studio.published()
    await fetch(first, studio.creator)
    second = await second_version(studio, first)
    # Replaced is not recalled: nobody has to take anything down.
    assert await waiting(studio.author, first) == []
    assert (await studio.reviewer.post(f"{first}/withdrawal", json=WRONG)).status_code == 204
    assert await waiting(studio.author, first) == ["creator-mai"]
    assert (await studio.creator.get(f"{second}/assets/poster.png")).status_code == 200


async def test_a_version_that_is_recalled_later_asks_again(studio: Studio) -> None:
    first = await studio.published()
    await fetch(first, studio.creator)
    await studio.author.post(f"{first}/withdrawal", json=WRONG)
    place = f"{material(first)}/recall/acknowledgements"
    assert (await studio.creator.post(place, json={"done": "removed"})).status_code == 200
    second = await second_version(studio, first)
    await fetch(second, studio.creator)
    await studio.author.post(f"{material(first)}/withdrawal", json=WRONG)
    assert await waiting(studio.author, first) == ["creator-mai"]
    assert (await studio.creator.post(place, json={"done": "removed"})).status_code == 200
    assert await waiting(studio.author, first) == []


async def test_a_draft_is_dropped_without_a_recall(studio: Studio) -> None:
    version = await studio.draft()
    assert (await studio.author.post(f"{version}/withdrawal", json=WRONG)).status_code == 204
    assert (await studio.creator.get(material(version))).status_code == 404
    assert await told(studio.creator, "material.withdrawn") == []


async def test_a_long_list_comes_in_pages(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    slugs: Sequence[str] = ("creator-mai", "google", "meta", "tiktok")
    clients = [hub.client_as(slug) for slug in slugs]
    await studio.accept(*clients)
    await fetch(version, *clients)
    await studio.author.post(f"{material(version)}/withdrawal", json=WRONG)
    found, path = [], f"{material(version)}/recall?limit=3"
    while path:
        answer = await studio.author.get(path)
        found += [one["partner"] for one in answer.json()["partners"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == list(slugs)
