"""Feeds for scripts: what may be used now, newest first, with the words to copy."""

from typing import Any
from xml.etree import ElementTree as ET

from core.testing import BASE_URL
from tests.content.conftest import PNG, Studio, material
from tests.content.test_kits import POSTS

FEED = "/v1/materials/feed"
ATOM = {"": "http://www.w3.org/2005/Atom"}


async def items(studio: Studio, client: str = "creator", **query: str) -> list[dict[str, Any]]:
    answer = await getattr(studio, client).get(FEED, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json"
    assert answer.headers["cache-control"] == "private, no-cache"
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_an_item_has_all_that_a_script_needs(studio: Studio) -> None:
    version = await studio.published(posts=POSTS, summary="Một bức tranh.")
    (item,) = await items(studio)
    assert item["id"] == f"{BASE_URL}{version}"
    assert item["content_text"] == "Đừng nghe máy một mình.\n\n#KhongMotMinh #AnToanTrucTuyen"
    assert item["tags"] == ["KhongMotMinh", "AnToanTrucTuyen"]
    assert item["_kmm"]["kit"] == f"{BASE_URL}{version}/kit"
    (attachment,) = item["attachments"]
    assert (attachment["size_in_bytes"], attachment["mime_type"]) == (len(PNG), "image/png")
    assert (await studio.creator.get(attachment["url"])).content == PNG
    assert (await studio.creator.get(item["url"])).json()["material"] == item["_kmm"]["material"]


async def test_atom_says_the_same(studio: Studio) -> None:
    await studio.published(posts=POSTS, title={"vi": "<b>A & B</b>\ufffe"})
    answer = await studio.creator.get(FEED, headers={"Accept": "application/atom+xml"})
    assert answer.headers["content-type"] == "application/atom+xml"
    (item,) = await items(studio)
    root = ET.fromstring(answer.content)
    (entry,) = root.findall("entry", ATOM)
    assert entry.findtext("id", None, ATOM) == item["id"]
    assert entry.findtext("title", None, ATOM) == "<b>A & B</b>"
    assert entry.findtext("content", None, ATOM) == item["content_text"]
    enclosures = [one.attrib["href"] for one in entry.findall("link", ATOM) if one.attrib["rel"] == "enclosure"]
    assert enclosures == [one["url"] for one in item["attachments"]]


async def test_only_what_may_be_used_is_in_it(studio: Studio) -> None:
    first, second = await studio.published(), await studio.published(languages=["km"])
    await studio.draft()
    for client in ("creator", "author", "reviewer"):
        assert [one["id"] for one in await items(studio, client)] == [f"{BASE_URL}{one}" for one in (second, first)]
    assert [one["id"] for one in await items(studio, language="km")] == [f"{BASE_URL}{second}"]
    recalled = await studio.author.post(f"{material(second)}/withdrawal", json={"reason": "Wrong."})
    assert recalled.status_code == 204
    assert [one["id"] for one in await items(studio)] == [f"{BASE_URL}{first}"]


async def test_a_feed_that_did_not_change_is_not_sent_again(studio: Studio) -> None:
    await studio.published()
    etag = (await studio.creator.get(FEED)).headers["etag"]
    assert (await studio.creator.get(FEED, headers={"If-None-Match": etag})).status_code == 304
    await studio.published()
    assert (await studio.creator.get(FEED, headers={"If-None-Match": etag})).status_code == 200
