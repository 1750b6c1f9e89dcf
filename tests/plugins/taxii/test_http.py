"""What TAXII 2.1 says of HTTP: forms, errors, filters, pages."""

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import stix2

from core.testing import TestedHub
from plugins.taxii.collections import COMMUNITY
from plugins.taxii.errors import MEDIA_TYPE
from plugins.taxii.stix import indicators
from plugins.taxii.stix.markings import PREFACE
from tests.plugins.taxii.posts import Poster, indicator, stix_object
from tests.plugins.taxii.walks import COLLECTIONS, Walker

OBJECTS = f"{COLLECTIONS}{COMMUNITY.id}/objects/"
VERSIONS = ("2026-01-01", "2026-02-01", "2026-03-01")


async def test_accept(hub: TestedHub) -> None:
    for accept, status in (
        (MEDIA_TYPE, 200),
        ('Application/TAXII+JSON ; Version="2.1"', 200),
        ("application/taxii+json", 200),
        ("text/html, application/*;q=0.1", 200),
        ("*/*", 200),
        ("", 200),
        ("application/taxii+json;version=2.0", 406),
        ("application/taxii+json;q=0", 406),
        ("application/json", 406),
        ("text/html", 406),
    ):
        answer = await hub.client_as("meta").get("/taxii2/", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), accept


def _basic(name: str, secret: str) -> Mapping[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


async def test_errors_have_the_shape_of_taxii(hub: TestedHub) -> None:
    nobody, account = "0" * 8 + "-0000-4000-8000-" + "0" * 12, hub.accounts["meta"]
    assert account.client_secret is not None
    signed = _basic(account.client_id, account.client_secret)
    cases: tuple[tuple[str, Mapping[str, str], int], ...] = (
        ("/taxii2/", {}, 401),
        (OBJECTS, _basic(account.client_id, "wrong"), 401),
        (OBJECTS, signed, 200),
        ("/taxii2/other/", signed, 404),
        ("/taxii2/hub/other/", signed, 404),
        (f"{COLLECTIONS}{nobody}/", signed, 404),
        (f"{COLLECTIONS}community/", signed, 404),
        (f"{COLLECTIONS}{nobody}/manifest/", signed, 404),
        (f"{OBJECTS}indicator--{nobody}/", signed, 404),
        (f"{OBJECTS}%00/", signed, 404),
        (f"{OBJECTS}?limit=0", signed, 400),
        (f"{OBJECTS}?limit=x", signed, 400),
        (f"{OBJECTS}?next=x", signed, 400),
        (f"{OBJECTS}?added_after=yesterday", signed, 400),
        (f"{OBJECTS}?match[version]=newest", signed, 400),
        (f"{OBJECTS}?match[version]=9999-12-31T23:59:59-23:59", signed, 400),
        (f"{OBJECTS}?match[type]={','.join(map(str, range(2_000)))}", signed, 400),
        (f"{OBJECTS}?match[spec_version]={'2.1,' * 2_400}2.1", signed, 200),
        (f"{OBJECTS}?match[id]=%00", signed, 200),
        (f"{OBJECTS}?match[id]=nothing", signed, 200),
        (f"{OBJECTS}?limit=99999", signed, 200),
    )
    for path, headers, status in cases:
        answer = await hub.anonymous().get(path, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), (path, answer.text)
        if status != 200:
            assert answer.json()["http_status"] == str(status)
            assert answer.json()["title"]
        if status == 401:
            assert answer.headers["www-authenticate"] == 'Bearer, Basic realm="kmm"'


async def test_who_may_not_read_is_told_so(hub: TestedHub) -> None:
    answer = await hub.client_as("meta", "signals:write").get(OBJECTS)
    assert (answer.status_code, answer.json()["http_status"]) == (403, "403")


async def test_resources(hub: TestedHub) -> None:
    client = hub.client_as("meta")
    discovery = (await client.get("/taxii2/")).json()
    assert discovery["default"] in discovery["api_roots"]
    root = (await client.get(discovery["default"])).json()
    assert MEDIA_TYPE in root["versions"]
    assert root["max_content_length"] == 32 * 1024 * 1024
    (listed,) = (await client.get(f"{discovery['default']}collections/")).json()["collections"]
    assert (await client.get(f"{discovery['default']}collections/{listed['id']}")).json() == listed
    assert (listed["id"], listed["can_read"], listed["can_write"]) == (str(COMMUNITY.id), True, True)
    (readable,) = (await hub.client_as("meta", "signals:read").get(COLLECTIONS)).json()["collections"]
    assert (readable["can_read"], readable["can_write"]) == (True, False)


async def found(walker: Walker, what: str = "objects", /, **query: Any) -> list[Any]:
    answer: httpx.Response = await walker.get(what, **query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return list(body.get("versions" if what.endswith("versions") else "objects", []))


async def test_versions_and_what_matches(hub: TestedHub) -> None:
    sent = [indicator("a", f"{day}T00:00:00.000Z") for day in VERSIONS]
    malware = stix_object("malware", "m", "2026-01-01T00:00:00.000Z", is_family=False)
    await Poster(hub, "tiktok").post(*sent, malware)
    reader, name = Walker(hub, "meta"), sent[0]["id"]
    days = [f"{day}T00:00:00.000000Z" for day in VERSIONS]
    for match, expected in (
        ({}, [2]),
        ({"match[version]": "last"}, [2]),
        ({"match[version]": "first"}, [0]),
        ({"match[version]": "all"}, [0, 1, 2]),
        ({"match[version]": "first,last"}, [0, 2]),
        ({"match[version]": "2026-02-01T00:00:00Z"}, [1]),
        ({"match[version]": "2026-02-01T07:00:00+07:00,last"}, [1, 2]),
        ({"match[version]": "2027-01-01T00:00:00Z"}, []),
        ({"match[version]": "all", "match[spec_version]": "2.1"}, [0, 1, 2]),
        ({"match[spec_version]": "2.0"}, []),
    ):
        shown = await found(reader, f"objects/{name}", **match)
        assert sorted(one["modified"] for one in shown) == [sent[n]["modified"] for n in expected], match
        assert sorted(await found(reader, "objects", **match, **{"match[id]": name}), key=str) == sorted(shown, key=str)
    assert sorted(await found(reader, f"objects/{name}/versions")) == days
    assert await found(reader, "objects", **{"match[type]": "malware"}) == [malware]
    assert await found(reader, "objects", **{"match[type]": "malware,indicator", "match[id]": name}) == [sent[2]]
    assert len(await found(reader, "manifest", **{"match[type]": "identity,malware"})) == 2
    assert await found(reader, "objects", **{"match[spec_version]": "2.0"}) == []


async def test_pages_tell_their_dates(hub: TestedHub) -> None:
    await Poster(hub, "tiktok").post(*[indicator(f"n{n}") for n in range(4)])
    reader = Walker(hub, "meta", limit=3)
    manifest = await found(reader, "manifest")
    assert len(manifest) == len(PREFACE) + 4
    for what in ("objects", "manifest"):
        seen: list[Any] = []
        query: dict[str, str] = {}
        while True:
            answer = await reader.get(what, limit=3, **query)
            body, headers = answer.json(), answer.headers
            of = [one for one in manifest if one["id"] in {shown["id"] for shown in body["objects"]}]
            dates = headers["x-taxii-date-added-first"], headers["x-taxii-date-added-last"]
            assert dates == (of[0]["date_added"], of[-1]["date_added"])
            seen += of
            assert body["more"] == (len(seen) < len(manifest)) == ("next" in body)
            if not body["more"]:
                break
            query = {"next": body["next"]}
        assert seen == manifest
    last = manifest[-1]["date_added"]
    answer = await reader.get(added_after=last)
    assert (answer.json(), "x-taxii-date-added-last" in answer.headers) == ({}, False)
    assert len(await found(reader, added_after=manifest[-2]["date_added"])) == 1
    assert len(await found(reader, added_after=manifest[1]["date_added"])) == len(manifest) - 2


async def test_reading_counts_as_holding(hub: TestedHub) -> None:
    """Who reads a collection is named among the holders of what is retracted."""
    await Poster(hub, "tiktok").post(indicator("a"))
    reader = Walker(hub, "meta", limit=3)
    await reader.catch_up()
    await hub.parts.readers.flush()
    readers = (await hub.client_as("meta").get("/v1/readers")).json()["readers"]
    assert any("community" in one["filter"] for one in readers)


async def test_the_feed_as_a_bundle(hub: TestedHub) -> None:
    """And what may not leave the hub is no part of it."""
    items = [{"kind": "domain", "value": f"{tlp.lower()}.example", "tlp": tlp} for tlp in ("GREEN", "AMBER", "RED")]
    tiktok = hub.client_as("tiktok")
    assert (await tiktok.post("/v1/signals", json={"signals": items})).is_success
    answer = await tiktok.get("/v1/signals", headers={"Accept": indicators.FORMAT.media_type})
    assert answer.headers["content-type"] == indicators.FORMAT.media_type
    bundle = stix2.parse(answer.content.decode(), allow_custom=False)
    patterns = [one["pattern"] for one in bundle.objects if one["type"] == "indicator"]
    assert patterns == [f"[domain-name:value = '{tlp}.example']" for tlp in ("green", "amber")]
