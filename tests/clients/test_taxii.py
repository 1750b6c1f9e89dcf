"""The unmodified `taxii2-client` and `stix2` at a hub on a real socket, and what medallion's own tests ask of a server.

TikTok says what the others read: more than two pages for everybody, something for its group with Meta alone, and what
may not leave the hub. Each test that posts does so as Google, in its own names.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
import requests
import stix2
from stix2.datastore.taxii import TAXIICollectionSink, TAXIICollectionSource
from taxii2client.v21 import Collection, Server, as_pages

from plugins.taxii.errors import MEDIA_TYPE
from plugins.taxii.stix.markings import EXTENSION
from tests.clients.served import Served
from tests.plugins.taxii.posts import Json, indicator, own_id, stix_object

SIGNALS = 2_100
OWN, RED = "https://own.example/gift", "https://red.example/gift"
LATER, LAST = "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def hub(ring: Served) -> Served:
    shared = [said(f"https://lure-{n}.example/gift", tlp="GREEN") for n in range(SIGNALS)]
    in_group = [said(f"https://ring-{n}.example/gift", tlp="AMBER", groups=["ring"]) for n in range(9)]
    hidden = [said(OWN), said(RED, tlp="RED", groups=["ring"])]
    ring.ask("tiktok", "POST", "/v1/signals", {"signals": [*shared, *in_group, *hidden]})
    return ring


def said(value: str, **more: Any) -> Json:
    return {"kind": "url", "value": value, **more}


def collections(hub: Served, slug: str) -> dict[str, Collection]:
    """As the client finds them from the address alone; by alias."""
    account = hub.hub.accounts[slug]
    server = Server(f"{hub.base_url}/taxii2/", user=account.client_id, password=account.client_secret)
    return {one.alias: one for one in server.default.collections}


def feed(hub: Served, slug: str) -> list[Json]:
    """What the partner reads in the native feed."""
    return list(hub.ask(slug, "GET", "/v1/signals?limit=10000")["signals"])


def walked(what: Any, noun: str = "objects", **asked: Any) -> list[Json]:
    pages = list(as_pages(what, **asked))
    assert all(page[noun] for page in pages if page["more"])
    return [one for page in pages for one in page.get(noun, [])]


def values(objects: Sequence[Json]) -> set[str]:
    """What indicators mean, whether the hub rendered them or a test that came before has posted them."""
    return {_value(one) for one in objects if one["type"] == "indicator"}


def _value(one: Json) -> str:
    ours = one.get("extensions", {}).get(EXTENSION)
    return str(ours["value"] if ours else one["pattern"].split("'")[1])


@pytest.mark.parametrize("slug", ["meta", "google"])
def test_taxii2_client_reads_everything_it_may_see(hub: Served, slug: str) -> None:
    found = collections(hub, slug)
    assert found.keys() == {"community", *(["ring"] if slug == "meta" else [])}
    may_leave = {one["value"] for one in feed(hub, slug) if one.get("tlp") in ("CLEAR", "GREEN", "AMBER")}
    assert len(may_leave) >= SIGNALS
    for at, one in found.items():
        objects = walked(one.get_objects, per_request=1_000)
        assert values(objects) == {value for value in may_leave if ("ring-" in value) == (at == "ring")}
        ids = [entry["id"] for entry in walked(one.get_manifest, per_request=700)]
        assert ids == [entry["id"] for entry in objects]


def test_what_may_not_leave_is_nowhere(hub: Served) -> None:
    mine = {one["value"]: one["id"] for one in feed(hub, "tiktok")}
    for one in collections(hub, "tiktok").values():
        for value in (OWN, RED):
            name = own_id(hub.hub, mine[value], one.id)
            assert one.get_objects(id=name) == {}
            assert one.get_manifest(id=name) == {}
            for ask_for in (one.get_object, one.object_versions):
                with pytest.raises(requests.HTTPError, match="404"):
                    ask_for(name)


def test_wrong_password(hub: Served) -> None:
    account = hub.hub.accounts["meta"]
    for name, secret in ((account.client_id, "wrong"), ("wrong", account.client_secret)):
        with pytest.raises(requests.HTTPError, match="401"):
            Server(f"{hub.base_url}/taxii2/", user=name, password=secret).refresh()


def test_added_after_follows_a_retraction(hub: Served) -> None:
    hub.ask(
        "google",
        "POST",
        "/v1/signals",
        {"signals": [said("https://fleeting.example/gift", tlp="GREEN", external_id="f")]},
    )
    one = collections(hub, "meta")["community"]
    last = walked(one.get_manifest, per_request=1_000)[-1]
    assert one.get_objects(added_after=datetime.fromisoformat(last["date_added"])) == {}
    hub.ask("google", "POST", "/v1/signals/retractions", {"external_ids": ["f"]})
    (gone,) = one.get_objects(added_after=datetime.fromisoformat(last["date_added"]))["objects"]
    assert (gone["id"], gone["revoked"]) == (last["id"], True)
    assert stix2.parse(gone, allow_custom=False)["modified"] > datetime.fromisoformat(last["version"])


def test_stix2_source(hub: Served) -> None:
    source = TAXIICollectionSource(collections(hub, "meta")["ring"], allow_custom=False, items_per_page=4)
    found = source.query([stix2.Filter("type", "=", "indicator")])
    assert {one["extensions"][EXTENSION]["value"] for one in found} >= {
        f"https://ring-{n}.example/gift" for n in range(9)
    }
    assert source.get(found[0]["id"])["id"] == found[0]["id"]
    assert [one["id"] for one in source.all_versions(found[0]["id"])] == [found[0]["id"]]
    assert source.get(indicator("unknown")["id"]) is None


def test_stix2_sink_makes_claims_that_come_back_as_posted(hub: Served) -> None:
    one = collections(hub, "google")["community"]
    sink = TAXIICollectionSink(one)
    made = [
        stix2.Indicator(pattern_type="stix", pattern=f"[url:value = 'https://sunk-{n}.example/gift']") for n in (1, 2)
    ]
    sink.add(stix2.Bundle(*made))
    sink.add(stix2.Sighting(sighting_of_ref=made[0]["id"]))
    theirs = TAXIICollectionSource(collections(hub, "meta")["community"])
    assert [theirs.get(each["id"]).serialize() for each in made] == [each.serialize() for each in made]
    claims = {signal["value"]: signal for signal in feed(hub, "meta")}
    assert claims["https://sunk-2.example/gift"]["tlp"] == "GREEN"
    sink.add(made[0].revoke())
    assert theirs.get(made[0]["id"]) is None
    assert "https://sunk-1.example/gift" not in {signal.get("value") for signal in feed(hub, "meta")}


def test_taxii2_client_deletes(hub: Served) -> None:
    mine, theirs = (collections(hub, slug)["community"] for slug in ("google", "meta"))
    name = indicator("deleted")["id"]
    status = mine.add_objects({"objects": [indicator("deleted")]})
    assert (status.status, status.success_count, status.successes[0]["id"]) == ("complete", 1, name)
    status.refresh()
    assert theirs.get_object(name)["objects"] == [indicator("deleted")]
    with pytest.raises(requests.HTTPError, match="403"):
        theirs.delete_object(name)
    mine.delete_object(name)
    with pytest.raises(requests.HTTPError, match="404"):
        theirs.get_object(name)


def test_a_poison_pill_is_refused_and_reads_go_on(hub: Served) -> None:
    one = collections(hub, "google")["community"]
    status = one.add_objects({"objects": [indicator("poison", "not a time"), indicator("antidote")]})
    assert (status.success_count, status.failure_count) == (1, 1)
    assert [entry["id"] for entry in one.get_objects(id=indicator("antidote")["id"])["objects"]]
    assert one.get_objects(id=indicator("poison")["id"]) == {}


class Raw:
    """Requests as medallion's tests make them, below the community's collection."""

    def __init__(self, hub: Served) -> None:
        account = hub.hub.accounts["google"]
        self.client = httpx.Client(base_url=hub.base_url, auth=(account.client_id, account.client_secret))
        self.base = f"/taxii2/hub/collections/{collections(hub, 'google')['community'].id}/"

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.client.get(self.base + path, params=query, headers={"Accept": MEDIA_TYPE})


@pytest.fixture(scope="module")
def raw(hub: Served) -> Iterator[Raw]:
    """With four versions of one object, and one that has none."""
    raw = Raw(hub)
    versions = [indicator("many", f"2026-0{month}-01T00:00:00.000Z") for month in (1, 2, 3, 4)]
    plain = {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": stix_object("ipv4-addr", "plain")["id"],
        "value": "192.0.2.1",
    }
    posted = collections(hub, "google")["community"].add_objects({"objects": [*versions, plain]})
    assert posted.success_count == 5
    with raw.client:
        yield raw


VERSIONS = {
    "": ["04"],
    "last": ["04"],
    "first": ["01"],
    "all": ["01", "02", "03", "04"],
    "first,last": ["01", "04"],
    "2026-02-01T00:00:00.000Z": ["02"],
    "2026-02-01T00:00:00Z,last": ["02", "04"],
    "2020-01-01T00:00:00Z": [],
}


@pytest.mark.parametrize("version", VERSIONS)
def test_medallion_versions(raw: Raw, version: str) -> None:
    asked = {"match[version]": version} if version else {}
    for path in ("objects/", "manifest/"):
        found = raw.get(path, **{"match[id]": indicator("many")["id"]}, **asked).json().get("objects", [])
        assert sorted((one.get("modified") or one["version"])[5:7] for one in found) == VERSIONS[version], path


def test_medallion_pages(raw: Raw) -> None:
    page = raw.get("objects/", limit="1")
    assert page.headers["content-type"] == MEDIA_TYPE
    assert page.headers["x-taxii-date-added-first"] == page.headers["x-taxii-date-added-last"]
    body = page.json()
    assert (body["more"], len(body["objects"])) == (True, 1)
    again = [raw.get("objects/", limit="5", next=body["next"]).json() for _ in (1, 2)]
    assert again[0] == again[1]
    after = raw.get("objects/", limit="5", added_after=page.headers["x-taxii-date-added-last"]).json()
    assert after["objects"] == again[0]["objects"]
    assert raw.get("objects/", limit="1", next=body["next"], **{"match[type]": "indicator"}).status_code == 400
    plain = raw.get("objects/", **{"match[type]": "ipv4-addr", "match[version]": "first"}).json()["objects"]
    assert [one["value"] for one in plain] == ["192.0.2.1"]
    dates = [one["date_added"] for one in raw.get("manifest/", limit="1000").json()["objects"]]
    assert dates == sorted(set(dates))


REFUSED = {
    "limit=0": 400,
    "limit=x": 400,
    "added_after=yesterday": 400,
    "match[version]=newest": 400,
    "next=abc": 400,
}


@pytest.mark.parametrize("query", REFUSED)
def test_medallion_bad_questions(raw: Raw, query: str) -> None:
    for path in ("objects/", "manifest/"):
        answer = raw.client.get(f"{raw.base}{path}?{query}", headers={"Accept": MEDIA_TYPE})
        assert (answer.status_code, answer.headers["content-type"]) == (REFUSED[query], MEDIA_TYPE)
        assert answer.json()["http_status"] == str(REFUSED[query])


def test_medallion_errors(raw: Raw, hub: Served) -> None:
    nowhere = indicator("nowhere")["id"].partition("--")[2]
    for path in (f"/taxii2/{nowhere}/", f"/taxii2/hub/collections/{nowhere}/", f"/taxii2/hub/status/{nowhere}/"):
        answer = raw.client.get(path, headers={"Accept": MEDIA_TYPE})
        assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE), path
    unknown = httpx.get(f"{hub.base_url}/taxii2/", headers={"Accept": MEDIA_TYPE})
    assert (unknown.status_code, unknown.headers["content-type"]) == (401, MEDIA_TYPE)
    assert "Basic" in unknown.headers["www-authenticate"]
    assert raw.client.get("/taxii2/", headers={"Accept": "text/html"}).status_code == 406
    later = raw.get("objects/", added_after="2100-01-01T00:00:00Z")
    assert (later.status_code, later.json()) == (200, {})
