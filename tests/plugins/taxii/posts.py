"""Objects to post, all made up, a partner that posts them, and one that speaks by the native route."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import msgspec
from sqlalchemy import select

from core.sdk import Tlp
from core.testing import TestedHub
from plugins.taxii.collections import COMMUNITY
from plugins.taxii.errors import MEDIA_TYPE
from plugins.taxii.models import TaxiiObject
from plugins.taxii.stix.indicators import indicator_id
from plugins.taxii.stix.markings import MARKINGS, NAMESPACE

Json = dict[str, Any]
HEADERS = {"content-type": MEDIA_TYPE, "accept": MEDIA_TYPE}
CREATED = "2026-01-01T00:00:00.000Z"


def stix_object(kind: str, named: str, modified: str = CREATED, /, **more: Any) -> Json:
    """One of this type whose id is made of its name."""
    made = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid5(NAMESPACE_URL, named)}", "created": CREATED}
    return made | {"modified": modified} | more


def indicator(name: str, modified: str = CREATED, /, *, url: str = "", tlp: str = "", **more: Any) -> Json:
    """That `https://<name>.example/gift` is bad, or another URL."""
    said = {
        "indicator_types": ["malicious-activity"],
        "pattern": f"[url:value = '{url or f'https://{name}.example/gift'}']",
        "pattern_type": "stix",
        "valid_from": CREATED,
    }
    marked = {"object_marking_refs": [MARKINGS[Tlp(tlp)]]} if tlp else {}
    return stix_object("indicator", name, modified, **(said | marked | more))


def own_id(hub: TestedHub, signal: str, collection: UUID | str = COMMUNITY.id) -> str:
    """Of the indicator that the hub makes of a signal there."""
    return indicator_id(signal, hub.parts.keys.namespace(f"taxii {collection}"))


class Poster:
    """A partner at a collection: the community's, or that of a group."""

    def __init__(self, hub: TestedHub, slug: str, group: str = "") -> None:
        self.client = hub.client_as(slug)
        collection = uuid5(NAMESPACE, f"group:{group}") if group else COMMUNITY.id
        self.objects = f"/taxii2/hub/collections/{collection}/objects/"

    async def send(self, *objects: Json) -> httpx.Response:
        body = msgspec.json.encode({"objects": objects})
        return await self.client.post(self.objects, content=body, headers=HEADERS)

    async def post(self, *objects: Json) -> Json:
        """The status of a post that was taken."""
        answer = await self.send(*objects)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def delete(self, name: str, **query: str) -> int:
        return (await self.client.delete(f"{self.objects}{name}/", params=query, headers=HEADERS)).status_code


async def submit(hub: TestedHub, slug: str, *values: str, **more: Any) -> list[Json]:
    """Say of hosts by the native route."""
    items = [{"kind": "domain", "value": value, "tlp": "GREEN", "external_id": value} | more for value in values]
    answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
    assert answer.is_success, answer.text
    results: list[Json] = answer.json()["results"]
    return results


async def retract(hub: TestedHub, slug: str, *external_ids: str) -> None:
    body = {"external_ids": external_ids}
    assert (await hub.client_as(slug).post("/v1/signals/retractions", json=body)).is_success


async def rows(hub: TestedHub) -> list[TaxiiObject]:
    """Whatever is stored."""
    async with hub.parts.db.survey() as session:
        return list(await session.scalars(select(TaxiiObject).order_by(TaxiiObject.position)))
