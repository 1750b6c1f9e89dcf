"""NCMEC's hash sharing beyond what its client asks: what is submitted, refused, and not to be had any more."""

from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from core.sdk import AT_ONCE
from core.testing import TestedHub
from core.wire.feed_keys import FeedFormat
from plugins.compat.ncmec_entries import KINDS, read
from tests.plugins.compat.keys import issue

ENTRIES = "/compat/ncmec/v2/entries"
XML = {"Content-Type": "application/xml"}
NAMESPACE = "{https://hashsharing.ncmec.org/hashsharing/v2}"
MD5, SHA1, FILM = "c" * 32, "d" * 40, "f" * 32


def entries(*inside: str) -> str:
    return f'<entries xmlns="{NAMESPACE[1:-1]}"><images>{"".join(inside)}</images></entries>'


def entry(name: str, fingerprints: str, tag: str = "image", classification: str = "") -> str:
    return (
        f'<{tag}><member id="9">M</member><id>{name}</id>{classification}'
        f"<fingerprints>{fingerprints}</fingerprints></{tag}>"
    )


async def login(hub: TestedHub, slug: str, **asked: object) -> httpx.BasicAuth:
    key = await issue(hub, slug, FeedFormat.NCMEC, **asked)
    return httpx.BasicAuth(key.key, key.subscription_key)


async def listed(hub: TestedHub, slug: str, **query: str) -> list[Element]:
    answer = await hub.client_as(slug).get(ENTRIES, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    images, videos, *_ = fromstring(answer.content)
    return [*images, *videos]


async def test_what_is_submitted_is_pulled_and_taken_back(hub: TestedHub) -> None:
    anonymous, auth = hub.anonymous(), await login(hub, "meta", writes=True, tlp="GREEN")
    body = entries(
        entry("1", f"<md5>{MD5}</md5>", classification="<classification>A1</classification>"),
        entry("2", f"<sha1>{SHA1}</sha1><md5>{MD5}</md5>"),
        entry("3", "<netclean>1</netclean>"),
        entry("4", f"<sha1>{'e' * 40}</sha1><md5>{FILM}</md5>", tag="video"),
        entry("", f"<md5>{MD5}</md5>"),
    )
    taken = (await anonymous.post(ENTRIES, content=body, headers=XML, auth=auth)).json()
    assert (taken["count"], taken["accepted"]) == (5, 3)
    assert [(one["pointer"], one["code"]) for one in taken["errors"]] == [
        ("/2/fingerprints", "no_fingerprint"),
        ("/4", "missing"),
    ]
    found = await listed(hub, "google")
    values = {(one.tag.removeprefix(NAMESPACE), one[3][0].tag.removeprefix(NAMESPACE), one[3][0].text) for one in found}
    assert values == {("video", "md5", MD5), ("image", "sha1", SHA1), ("video", "md5", FILM)}
    page = (await hub.client_as("google").get("/v1/signals")).json()["signals"]
    assert {one["value"]: one["category"] for one in page} == {MD5: "csam_hash", SHA1: "other", FILM: "other"}
    gone = entries('<deletedImage><member id="9">M</member><id>2</id></deletedImage>')
    assert (await anonymous.post(ENTRIES, content=gone, headers=XML, auth=auth)).json()["accepted"] == 1
    assert [one.tag for one in await listed(hub, "google")] == [f"{NAMESPACE}video"] * 2


async def test_a_key_without_writing_is_told_what_it_lacks(hub: TestedHub) -> None:
    auth = await login(hub, "meta")
    answer = await hub.anonymous().post(ENTRIES, content=entries(), headers=XML, auth=auth)
    assert (answer.status_code, "signals:write" in answer.text) == (403, True)


async def test_too_many_entries_and_reasons_of_others_are_refused(hub: TestedHub) -> None:
    client = hub.client_as("meta")
    many = entries("<image/>" * (AT_ONCE + 1))
    assert (await client.post(ENTRIES, content=many, headers=XML)).status_code == 413
    assert (await client.get("/compat/ncmec/v2/feedback/TMK/reasons")).status_code == 404
    (hash_,) = (await client.post("/v1/signals", json={"signals": [{"kind": "md5", "value": MD5}]})).json()["results"]
    said = "<feedback><negative><reasonIds><guid>1</guid></reasonIds></negative></feedback>"
    answer = await client.put(f"{ENTRIES}/1/{hash_['id']}/MD5/feedback", content=said, headers=XML)
    assert [one["code"] for one in answer.json()["errors"]] == ["unknown_reason"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "{}", "<a>", "<a>" * 30 + "</a>" * 30, "<a>\0</a>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        *(f'<?xml version="1.0" encoding="{codec}"?><a/>' for codec in ("none-such", "zip", "idna")),
    ],
)
async def test_what_is_no_plain_xml_is_refused(hub: TestedHub, body: str) -> None:
    client = hub.client_as("meta")
    assert (await client.post(ENTRIES, content=body, headers=XML)).status_code == 400
    (hash_,) = (await client.post("/v1/signals", json={"signals": [{"kind": "md5", "value": MD5}]})).json()["results"]
    feedback = await client.put(f"{ENTRIES}/1/{hash_['id']}/MD5/feedback", content=body, headers=XML)
    assert feedback.status_code == 400


async def test_who_left_a_group_has_to_begin_anew(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    await tiktok.post("/v1/signals", json={"signals": [{"kind": "md5", "value": MD5, "tlp": "GREEN"}]})
    await tiktok.post("/v1/groups", json={"slug": "ring", "name": "Ring"})
    await tiktok.post("/v1/groups/ring/invitations", json={"partner": "meta"})
    await meta.put("/v1/groups/ring/membership")
    shared = {"kind": "sha1", "value": SHA1, "tlp": "AMBER", "groups": ["ring"]}
    await tiktok.post("/v1/signals", json={"signals": [shared]})
    times = {one[1].text or "" for one in await listed(hub, "meta")}
    assert len(await listed(hub, "meta", **{"from": "2020-01-01T00:00:00Z"})) == 2
    assert await listed(hub, "meta", **{"from": "2020-01-01T00:00:00Z", "to": min(times)}) == []
    await meta.delete("/v1/groups/ring/membership")
    answer = await meta.get(ENTRIES, params={"from": min(times)})
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:kmm:problem:resync")
    (left,) = await listed(hub, "meta", **{"from": "2020-01-01T00:00:00Z"})
    assert left[3][0].text == MD5
    assert (await meta.get(ENTRIES, params={"from": "2026-13-01T00:00:00Z"})).status_code == 400


def test_a_page_is_read_as_it_was_written() -> None:
    """What the hub gives out, another hub takes in: all that the format carries."""
    body = entries(*[entry(str(at), f"<{kind}>{at}</{kind}>") for at, kind in enumerate(KINDS)])
    assert [(one.kind, one.value) for one in read(body.encode())] == [  # type: ignore[union-attr]
        (kind, str(at)) for at, kind in enumerate(KINDS)
    ]
