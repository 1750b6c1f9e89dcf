"""The terms come before the first download, and again when they change."""

from core.testing import TestedHub
from tests.content.conftest import LICENCE, Studio

TERMS = {"vi": "Điều khoản mới.", "en": "New terms."}


async def test_a_download_says_what_to_accept_and_where(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    newcomer = hub.client_as("meta")
    for ask in (newcomer.get, newcomer.head):
        for headers in ({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}):
            refused = await ask(f"{version}/assets/poster.png", headers=headers)
            assert refused.status_code == 403
            assert refused.headers["link"] == f'<{LICENCE}>; rel="license"'
    problem = (await newcomer.get(f"{version}/assets/poster.png")).json()
    read = (await newcomer.get(LICENCE)).json()
    assert problem["type"] == "urn:kmm:problem:licence_not_accepted"
    assert read["digest"] in problem["detail"]
    assert (read["version"], read["accepted"]) == (1, None)
    wrong = await newcomer.post(f"{LICENCE}/acceptances", json={"digest": "0" * 64})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (409, "/digest")
    first = await newcomer.post(f"{LICENCE}/acceptances", json={"digest": read["digest"]})
    second = await newcomer.post(f"{LICENCE}/acceptances", json={"digest": read["digest"]})
    assert first.json() == second.json()
    assert (await newcomer.get(LICENCE)).json()["accepted"] == first.json()["accepted"]
    assert (await newcomer.get(f"{version}/assets/poster.png")).status_code == 200


async def test_author_and_reviewers_judge_without_it(studio: Studio) -> None:
    version = await studio.published()
    for client in (studio.author, studio.reviewer, studio.operator):
        assert (await client.get(f"{version}/assets/poster.png")).status_code == 200


async def test_a_change_asks_again(studio: Studio) -> None:
    version = await studio.published()
    assert (await studio.creator.put(LICENCE, json=TERMS)).status_code == 403
    assert (await studio.reviewer.put(LICENCE, json=TERMS)).status_code == 403
    changed = await studio.operator.put(LICENCE, json=TERMS)
    assert (changed.json()["version"], changed.json()["vi"]) == (2, TERMS["vi"])
    assert (await studio.operator.put(LICENCE, json=TERMS)).status_code == 409
    assert (await studio.creator.get(f"{version}/assets/poster.png")).status_code == 403
    (listed,) = (await studio.creator.get("/v1/licences")).json()["licences"]
    assert listed["accepted"] is None
    await studio.accept(studio.creator)
    assert (await studio.creator.get(f"{version}/assets/poster.png")).status_code == 200
    (listed,) = (await studio.creator.get("/v1/licences")).json()["licences"]
    assert listed["accepted"] is not None


async def test_one_client_does_not_accept_for_another(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    issued = await studio.operator.post("/v1/partners/creator-mai/clients", json={"scopes": ["content:read"]})
    account = hub.accounts["creator-mai"]
    hub.accounts["creator-mai"] = type(account)(
        account.kind, issued.json()["id"], issued.json()["client_secret"], account.scopes
    )
    assistant = hub.client_as("creator-mai", "content:read")
    assert (await assistant.get(f"{version}/assets/poster.png")).status_code == 403
    assert (await studio.creator.get(f"{version}/assets/poster.png")).status_code == 200


async def test_a_public_licence_asks_nothing_and_an_own_one_needs_a_text(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published(licence="CC-BY-4.0")
    assert (await hub.client_as("meta").get(f"{version}/assets/poster.png")).status_code == 200
    for ref in ("CC-BY-4.0", "LicenseRef-Other", "a" * 70, "%00"):
        assert (await studio.creator.get(f"/v1/licences/{ref}")).status_code == 404
    assert (await studio.operator.put("/v1/licences/CC-BY-4.0", json=TERMS)).status_code == 404
    assert (await studio.operator.put("/v1/licences/LicenseRef-Other", json=TERMS)).status_code == 200
    assert (await studio.creator.get("/v1/licences/LicenseRef-Other")).json()["version"] == 1
