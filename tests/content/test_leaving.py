"""What leaves the hub, for whom, and what never does again."""

from datetime import UTC, datetime, timedelta

import httpx
from litestar.routes import HTTPRoute
from sqlalchemy import update

from core.content.models import Review
from core.testing import TestedHub
from core.wire.content import MaterialState
from tests.content.conftest import Studio, material


def hours(count: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=count)).isoformat()


async def seen(client: httpx.AsyncClient, version: str) -> tuple[int, int, bool]:
    """What a client gets of a version: status of its material, status of its bytes, whether it is listed."""
    listed = (await client.get("/v1/materials")).json()["materials"]
    return (
        (await client.get(material(version))).status_code,
        (await client.get(f"{version}/assets/poster.png")).status_code,
        any(one["id"] in version for one in listed),
    )


OPEN, HIDDEN, GONE = (200, 200, True), (404, 404, False), (410, 410, False)


async def test_who_sees_which_state(studio: Studio) -> None:
    states = {
        "draft": (OPEN, HIDDEN),
        "in_review": (OPEN, HIDDEN),
        "approved": (OPEN, HIDDEN),
        "published": (OPEN, OPEN),
        "withdrawn": (GONE, GONE),
    }
    assert states.keys() == set(MaterialState)
    for state, (inside, outside) in states.items():
        version = await getattr(studio, state)()
        for client in (studio.author, studio.reviewer, studio.operator):
            assert await seen(client, version) == inside, state
        for client in (studio.creator, studio.stranger):
            assert await seen(client, version) == outside, state


async def test_the_window_holds_for_those_outside(studio: Studio) -> None:
    windows: list[tuple[dict[str, str], tuple[int, int, bool]]] = [
        ({"opens": hours(1)}, HIDDEN),
        ({"opens": hours(-1)}, OPEN),
        ({"closes": hours(1)}, OPEN),
        ({"opens": hours(-2), "closes": hours(-1)}, GONE),
    ]
    for window, outside in windows:
        version = await studio.published(window=window)
        assert await seen(studio.creator, version) == outside, window
        assert await seen(studio.author, version) == OPEN


async def test_a_draft_that_was_dropped_stays_unknown_to_those_who_never_saw_it(studio: Studio) -> None:
    version = await studio.draft()
    done = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "A mistake."})
    assert done.status_code == 204
    assert await seen(studio.creator, version) == HIDDEN
    assert await seen(studio.reviewer, version) == GONE


async def test_what_lost_its_approval_is_not_served(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    async with hub.parts.db.edge(0) as session:
        await session.execute(update(Review).values(digest="0" * 64))
    assert await seen(studio.creator, version) == HIDDEN


async def test_nothing_of_a_withdrawn_material_leaves_by_any_route(studio: Studio, hub: TestedHub) -> None:
    version = await studio.withdrawn()
    asked = 0
    for route in hub.app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/v1/materials/{id") or "recall" in route.path:
            continue
        path = route.path_format.format(id=material(version)[14:], version=1, name="poster.png", recipe="thumbnail")
        for client in (studio.author, studio.reviewer, studio.operator, studio.creator, studio.stranger):
            for method in route.methods & {"GET", "HEAD"}:
                for headers in ({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}):
                    answer = await client.request(method, path, headers=headers)
                    assert answer.status_code == 410, (method, path, headers)
                    asked += 1
            for method in route.methods - {"GET", "HEAD", "OPTIONS"}:
                answer = await client.request(method, path, json={"reason": "Again."})
                assert answer.is_client_error, (method, path)
    # At least the material once, its bytes by GET and HEAD: five clients, three sets of headers.
    assert asked >= 45


async def test_a_withdrawal_says_why_and_what_to_use_instead(studio: Studio) -> None:
    good, bad = await studio.published(), await studio.published()
    recall = {"reason": "The number is wrong.", "replacement": material(good)[14:]}
    assert (await studio.author.post(f"{material(bad)}/withdrawal", json=recall)).status_code == 204
    answer = await studio.creator.get(f"{bad}/assets/poster.png")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["link"] == f'<{material(good)}>; rel="successor-version"'
    assert recall["reason"] in answer.json()["detail"]
    assert material(good) in answer.json()["detail"]


async def test_only_what_is_published_replaces(studio: Studio) -> None:
    version, draft = await studio.published(), await studio.draft()
    for replacement in (material(version), material(draft), "/v1/materials/mat_" + "a" * 26):
        recall = {"reason": "Old.", "replacement": replacement[14:]}
        refused = await studio.author.post(f"{material(version)}/withdrawal", json=recall)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/replacement")


async def test_author_reviewer_and_operator_may_recall_and_no_one_else(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    path, recall = f"{material(version)}/withdrawal", {"reason": "Wrong."}
    for client in (studio.creator, studio.stranger, hub.client_as("chongluadao", "content:read")):
        assert (await client.post(path, json=recall)).status_code == 403
    assert (await studio.reviewer.post(path, json=recall)).status_code == 204
    assert (await studio.operator.post(path, json=recall)).status_code == 409


NOWHERE = [
    "/v1/materials/mat_" + "a" * 26,
    "/v1/materials/mat_",
    "/v1/materials/%00",
    "/v1/materials/mat_" + "a" * 26 + "/versions/1/assets/poster.png",
    "/v1/materials/{id}/versions/0/assets/poster.png",
    "/v1/materials/{id}/versions/2/assets/poster.png",
    "/v1/materials/{id}/versions/99999999999999999999/assets/poster.png",
    "/v1/materials/{id}/versions/١/assets/poster.png",
    "/v1/materials/{id}/versions/1/assets/other.png",
    "/v1/materials/{id}/versions/1/assets/%00.png",
    "/v1/materials/{id}/versions/1/assets/..%2F..%2Fhub.db",
]


async def test_addresses_of_nothing_are_not_found(studio: Studio) -> None:
    version = await studio.published()
    for place in NOWHERE:
        answer = await studio.creator.get(place.format(id=material(version)[14:]))
        assert answer.status_code == 404, place


async def test_the_list_pages_without_loss(studio: Studio) -> None:
    made = [await studio.draft(title={"vi": f"Bài {number}"}) for number in range(5)]
    found, path = [], "/v1/materials?limit=2&state=draft&kind=poster"
    while path:
        answer = await studio.author.get(path)
        found += [f"/v1/materials/{one['id']}/versions/1" for one in answer.json()["materials"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == made
    for query in ("kind=video", "state=published"):
        assert (await studio.author.get(f"/v1/materials?{query}")).json() == {"materials": [], "next": None}
