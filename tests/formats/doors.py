"""How a partner says signals in each format, and how another pulls them: over HTTP, as its programs do."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import msgspec

from core.sdk import Format
from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat, IssuedFeedKey
from core.wire.signals import Category, SignalIn, SignalOut, Tlp
from plugins.compat import graph_updates, gse_reports, ncmec_entries, stopncii_records
from plugins.exports import tables
from plugins.taxii.stix import indicators
from plugins.taxii.stix.meaning import Meant, meaning
from tests.formats import samples
from tests.formats.samples import FIELDS, KEPT
from tests.plugins.compat.keys import issue

SAYS, PULLS = "meta", "google"


class Post(NamedTuple):
    """The hub, and the keys of who says; who pulls has a token, which every format takes."""

    hub: TestedHub
    keys: dict[FeedFormat, IssuedFeedKey]

    @property
    def says(self) -> httpx.AsyncClient:
        return self.hub.client_as(SAYS)

    @property
    def pulls(self) -> httpx.AsyncClient:
        return self.hub.client_as(PULLS)


class Door(NamedTuple):
    name: str
    title: str
    kinds: frozenset[str]
    loses: frozenset[str]
    """What it says that it cannot carry."""
    say: Callable[[Post, Sequence[SignalIn]], Awaitable[None]]
    pull: Callable[[Post], Awaitable[list[SignalIn]]]


async def open_post(hub: TestedHub) -> Post:
    keys = {form: await issue(hub, SAYS, form, writes=True, tlp="GREEN") for form in FeedFormat}
    return Post(hub, keys)


def submitted(form: Format, said: Sequence[SignalIn]) -> bytes:
    """A body of this form that says these signals: what it would show, in the members that those who say it send."""
    body = form.render(samples.page(*said))
    if form is stopncii_records.FORMAT:
        records = msgspec.json.decode(body)["hashRecords"]
        return msgspec.json.encode({"count": len(records), "hashRecords": records})
    if form is gse_reports.FORMAT:
        return msgspec.json.encode(_as_reports(msgspec.json.decode(body)))
    return body


def _as_reports(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sent = gse_reports.SignalReport.__struct_fields__
    return [{name: one[name] for name in sent if name in one} for one in records]


def _good(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer


def _signals(heard: Sequence[object]) -> list[SignalIn]:
    """Of what a format read: everything has to be a signal."""
    assert all(isinstance(one, SignalIn) for one in heard), heard
    return [one for one in heard if isinstance(one, SignalIn)]


# Native.


async def _say_native(post: Post, said: Sequence[SignalIn]) -> None:
    answer = _good(await post.says.post("/v1/signals", json={"signals": msgspec.to_builtins(said)}))
    assert answer.json()["created"] == len(said), answer.text


async def _pull_native(post: Post) -> list[SignalIn]:
    items = _good(await post.pulls.get("/v1/signals")).json()["signals"]
    return [_as_said(msgspec.convert(item, SignalOut)) for item in items]


def _as_said(item: SignalOut) -> SignalIn:
    told: dict[str, Any] = {name: getattr(item, name) for name in FIELDS}
    return SignalIn(kind=str(item.kind), value=str(item.value), **told)


# Tables.


async def _say_csv(post: Post, said: Sequence[SignalIn]) -> None:
    body = submitted(tables.FORMAT, said)
    answer = _good(await post.says.post("/v1/connect", content=body, headers={"Content-Type": "text/csv"}))
    assert answer.json()["rejected"] == 0, answer.text


async def _pull_csv(post: Post) -> list[SignalIn]:
    answer = _good(await post.pulls.get("/v1/signals", headers={"Accept": "text/csv"}))
    return _signals(tables.read(answer.content))


# STIX over TAXII.

_TAXII = "application/taxii+json;version=2.1"


async def _objects(http: httpx.AsyncClient) -> str:
    found = _good(await http.get("/taxii2/hub/collections/", headers={"Accept": _TAXII})).json()["collections"]
    (community,) = [one["id"] for one in found if one.get("alias") == "community"]
    return f"/taxii2/hub/collections/{community}/objects/"


async def _say_stix(post: Post, said: Sequence[SignalIn]) -> None:
    bundle = msgspec.json.decode(submitted(indicators.FORMAT, said))
    # The ids are the hub's own.
    objects = [one | {"id": f"indicator--{uuid4()}"} for one in bundle["objects"] if one["type"] == "indicator"]
    body = {"objects": objects}
    headers = {"Accept": _TAXII, "Content-Type": _TAXII}
    answer = _good(await post.says.post(await _objects(post.says), content=msgspec.json.encode(body), headers=headers))
    assert answer.json()["success_count"] == len(said), answer.text


async def _pull_stix(post: Post) -> list[SignalIn]:
    answer = _good(await post.pulls.get(await _objects(post.pulls), headers={"Accept": _TAXII}))
    meant = [meaning(msgspec.json.encode(one)) for one in answer.json()["objects"] if one["type"] == "indicator"]
    return _signals([one.signal if isinstance(one, Meant) else one for one in meant])


# StopNCII.


async def _say_stopncii(post: Post, said: Sequence[SignalIn]) -> None:
    key = post.keys[FeedFormat.STOPNCII]
    secrets = {"x-functions-key": key.key, "Ocp-Apim-Subscription-Key": key.subscription_key}
    headers = secrets | {"Content-Type": "application/json"}
    body = submitted(stopncii_records.FORMAT, said)
    answer = _good(await _anyone(post).post("/compat/stopncii/v1/SubmitHashes", content=body, headers=headers))
    assert answer.json()["accepted"] == len(said), answer.text


async def _pull_stopncii(post: Post) -> list[SignalIn]:
    page = _good(await post.pulls.get("/compat/stopncii/v1/FetchHashes", params={"startTimestamp": 10})).json()
    assert not page["hasMoreRecords"]
    return _signals(stopncii_records.read(msgspec.json.encode({"hashRecords": page["hashRecords"]})))


# Graph.


async def _say_graph(post: Post, said: Sequence[SignalIn]) -> None:
    for one in said:
        asked = {
            "access_token": post.keys[FeedFormat.GRAPH].key,
            "indicator": one.value,
            "type": graph_updates.KINDS[one.kind],
            "status": "UNKNOWN",
            "tags": one.category or "",
            "severity": graph_updates.SEVERITIES[one.severity],
            "share_level": graph_updates.SHARING[one.tlp or Tlp.GREEN],
            "confidence": one.confidence,
            "first_active": _written(one.first_seen),
            "last_active": _written(one.last_seen),
            "expired_on": _written(one.valid_until),
        }
        query = {name: value for name, value in asked.items() if value is not None}
        assert _good(await _anyone(post).post("/compat/graph/v1/threat_descriptors/", params=query)).json()["success"]


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


async def _pull_graph(post: Post) -> list[SignalIn]:
    page = _good(await post.pulls.get("/compat/graph/v1/1/threat_updates/", params={"limit": 1_000})).json()
    assert "paging" not in page
    return [_of_update(one) for one in page["data"] if not one["should_delete"]]


def _of_update(update: dict[str, Any]) -> SignalIn:
    (descriptor,) = update["descriptors"]["data"]
    tags = [tag["text"] for tag in descriptor["tags"]["data"]]
    kinds = {word: kind for kind, word in graph_updates.KINDS.items()}
    levels = {word: tlp for tlp, word in graph_updates.SHARING.items()}
    severities = {word: severity for severity, word in graph_updates.SEVERITIES.items()}
    return SignalIn(
        kind=kinds[update["type"]],
        value=update["indicator"],
        category=next(Category(tag) for tag in tags if tag in set(Category)),
        confidence=descriptor.get("confidence"),
        severity=severities[descriptor["severity"]],
        tlp=levels[descriptor["share_level"]],
        first_seen=_read(descriptor.get("first_active")),
        last_seen=_read(descriptor.get("last_active")),
        valid_until=_read(descriptor.get("expired_on")),
    )


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


# NCMEC.


async def _say_ncmec(post: Post, said: Sequence[SignalIn]) -> None:
    key = post.keys[FeedFormat.NCMEC]
    body = submitted(ncmec_entries.FORMAT, said)
    auth, headers = (key.key, key.subscription_key), {"Content-Type": "application/xml"}
    answer = _good(await _anyone(post).post("/compat/ncmec/v2/entries", content=body, headers=headers, auth=auth))
    assert answer.json()["accepted"] == len(said), answer.text


async def _pull_ncmec(post: Post) -> list[SignalIn]:
    return _signals(ncmec_entries.read(_good(await post.pulls.get("/compat/ncmec/v2/entries")).content))


# Global Signal Exchange.


async def _say_gse(post: Post, said: Sequence[SignalIn]) -> None:
    key = post.keys[FeedFormat.GSE]
    headers = {"API-KEY": key.key, "API-SECRET": key.subscription_key, "Content-Type": "application/json"}
    body = submitted(gse_reports.FORMAT, said)
    answer = _good(await _anyone(post).post("/compat/gse/report/signal", content=body, headers=headers))
    assert answer.json()["adds"] == len(said), answer.text


async def _pull_gse(post: Post) -> list[SignalIn]:
    records = _good(await post.pulls.get("/compat/gse/feed/24hr")).json()
    return _signals(gse_reports.meanings([msgspec.Raw(msgspec.json.encode(one)) for one in _as_reports(records)]))


def _anyone(post: Post) -> httpx.AsyncClient:
    """Who says it by a feed key, not by a token."""
    return post.hub.anonymous()


_ALL = frozenset(samples.VALUES)
_EVERYWHERE = frozenset(KEPT)

DOORS = (
    Door("native", "Native", _ALL, _EVERYWHERE, _say_native, _pull_native),
    Door("csv", "CSV", _ALL, tables.FORMAT.loses, _say_csv, _pull_csv),
    Door("stix", "STIX/TAXII", _ALL, indicators.FORMAT.loses, _say_stix, _pull_stix),
    Door(
        *("stopncii", "StopNCII", frozenset(stopncii_records.KINDS), stopncii_records.FORMAT.loses),
        *(_say_stopncii, _pull_stopncii),
    ),
    Door("graph", "Graph", frozenset(graph_updates.KINDS), graph_updates.LOSES, _say_graph, _pull_graph),
    Door("ncmec", "NCMEC", frozenset(ncmec_entries.KINDS), ncmec_entries.FORMAT.loses, _say_ncmec, _pull_ncmec),
    Door("gse", "Global Signal Exchange", frozenset(gse_reports.KINDS), gse_reports.FORMAT.loses, _say_gse, _pull_gse),
)
