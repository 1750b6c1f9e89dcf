"""Something of everything, so that each journey of the demo has what to show. Sent through the API like anyone's."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import httpx
import msgspec

FOLDER = files("core").joinpath("data", "demo")
PICTURE = "Không Một Mình: the digest of this sentence stands for a picture in the demonstration."
"""What the one SHA-256 in content.json is made of (UTF-8), so that it is the digest of no file anywhere."""


async def fill(client_as: Callable[[str], httpx.AsyncClient]) -> None:
    """Send the content of core/data/demo. What an earlier start sent already stays as it is."""
    content = msgspec.json.decode(FOLDER.joinpath("content.json").read_bytes())
    await _found_group(client_as, content["group"], content["members"])
    async with client_as("digital-trust-alliance") as alliance:
        await _send(alliance, "POST", "/v1/campaigns", content["campaign"])
        await _send(
            alliance,
            "POST",
            f"/v1/campaigns/{content['campaign']['slug']}/activities",
            {"activities": content["activities"]},
        )
    for slug, signals in content["signals"].items():
        async with client_as(slug) as partner:
            await _send(partner, "POST", "/v1/signals", {"signals": signals})
    async with (
        client_as("digital-trust-alliance") as author,
        client_as("child-protection-network") as protection,
        client_as("a05") as agency,
    ):
        await _publish(author, (protection, agency), content["material"], content["assets"])


async def _found_group(
    client_as: Callable[[str], httpx.AsyncClient], group: dict[str, str], members: list[str]
) -> None:
    founder, *invited = members
    async with client_as(founder) as first:
        await _send(first, "POST", "/v1/groups", group)
        for slug in invited:
            await _send(first, "POST", f"/v1/groups/{group['slug']}/invitations", {"partner": slug})
    for slug in invited:
        async with client_as(slug) as guest:
            await _send(guest, "PUT", f"/v1/groups/{group['slug']}/membership")


async def _publish(
    author: httpx.AsyncClient, reviewers: Iterable[httpx.AsyncClient], words: dict[str, Any], assets: list[str]
) -> None:
    # A start that was cut short may have left a draft.
    if (await _send(author, "GET", "/v1/materials?state=published")).json()["materials"]:
        return
    material = (await _send(author, "POST", "/v1/materials", words)).json()
    version = f"/v1/materials/{material['id']}/versions/1"
    for name in assets:
        answer = await author.put(
            f"{version}/assets/{name}",
            content=FOLDER.joinpath(name).read_bytes(),
            headers={"Content-Type": "text/plain"},
        )
        answer.raise_for_status()
    await _send(author, "POST", f"{version}/submission")
    for reviewer in reviewers:
        await _send(reviewer, "POST", f"{version}/approval", {"decision": "approve"})
    await _send(author, "POST", f"{version}/publication")


async def _send(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> httpx.Response:
    answer = await client.request(method, path, json=body)
    # 409: it is there from an earlier start.
    if answer.status_code != HTTPStatus.CONFLICT:
        answer.raise_for_status()
    return answer
