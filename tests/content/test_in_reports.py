"""Content as reports count it: downloads and posts by day, recalls as they stood at the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core import times
from core.content import recalls
from core.log import head
from core.reports.cube import tabulate
from core.testing import TestedHub
from core.wire.documents import ReaderClass
from core.wire.recalls import AcknowledgementIn, TakenDown
from core.wire.sections import Draft
from tests.content.conftest import Studio, material
from tests.people import principal_of
from tests.reports.drawn import assert_members_are_known, cube, drawn, sums

NATIONAL = ReaderClass.NATIONAL


async def today(hub: TestedHub, reader: str = "national") -> Draft:
    """Of three days: midnight may pass during the test."""
    day = times.today()
    span = (day - timedelta(days=1)).isoformat(), (day + timedelta(days=2)).isoformat()
    readers = {one.value: one for one in ReaderClass}
    draft = await drawn(hub.parts.db, "content", *span, readers.get(reader) or await principal_of(hub, reader))
    assert_members_are_known(draft)
    return draft


async def post(who: Any, version: str, number: int, **more: Any) -> None:
    url = f"https://video.example/@kenh/{number}"
    said = {"material": material(version)[14:], "url": url, "platform": "tiktok", "date": times.today().isoformat()}
    told = await who.post("/v1/usage", json={"usage": [said | more]})
    assert told.json()["rejected"] == 0, told.text


async def position(hub: TestedHub) -> int:
    async with hub.parts.db.snapshot(0) as session:
        return await head.position(session)


async def test_downloads_by_kind_and_partner(studio: Studio, hub: TestedHub) -> None:
    poster, video = await studio.published(), await studio.published(kind="leaflet")
    for version in (poster, poster, video):
        await studio.creator.get(f"{version}/assets/poster.png")
    await studio.stranger.get(f"{poster}/assets/poster.png")
    found = cube(await today(hub), "content_downloads")
    by_partner = sums(found, "partner")
    assert by_partner == {
        ("creator-mai",): {"downloads": 2, "creators": 1},
        ("tiktok",): {"downloads": 1, "creators": 1},
    }
    assert {key: one["downloads"] for key, one in sums(found, "material_kind").items()} == {
        ("poster",): 2,
        ("leaflet",): 1,
    }
    public = cube(await today(hub, "public"), "content_downloads")
    assert "tiktok" not in str(tabulate(public, frozenset()))
    assert sums(public) == sums(found)
    author = cube(await today(hub, "chongluadao"), "content_downloads")
    assert sums(author, "partner") == {("others",): {"downloads": 3, "creators": 2}}
    stranger = cube(await today(hub, "tiktok"), "content_downloads")
    assert sums(stranger, "partner") == {("tiktok",): {"downloads": 1, "creators": 1}}


async def test_posts_count_when_they_were_told(studio: Studio, hub: TestedHub) -> None:
    version = await studio.published()
    before = await position(hub)
    await post(studio.creator, version, 1, reach=500)
    # By this a report that is under way knows that it was drawn too early.
    assert await position(hub) == before + 1
    await post(studio.creator, version, 2, reach=7, platform="zalo")
    await post(studio.creator, version, 1, reach=900)
    await post(studio.creator, version, 3, reach=40, date="2026-01-31")
    found = await today(hub)
    assert sums(cube(found, "content_posts"), "platform", "material_kind", "partner") == {
        ("tiktok", "poster", "creator-mai"): {"posts": 2, "reach": 940},
        ("zalo", "poster", "creator-mai"): {"posts": 1, "reach": 7},
    }
    assert sums(cube(found, "content_late"), "month") == {("2026-01",): {"posts": 1, "reach": 40}}
    assert sums(cube(await today(hub, "chongluadao"), "content_posts"), "partner").keys() == {("others",)}
    assert cube(await today(hub, "tiktok"), "content_posts").atoms == {}


async def test_recalls_stay_as_they_stood(
    studio: Studio,
    hub: TestedHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = await studio.published()
    for who in (studio.creator, studio.stranger):
        await who.get(f"{version}/assets/poster.png")
    assert cube(await today(hub), "content_recalls").atoms == {}
    done = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "The number is wrong."})
    assert done.status_code == 204, done.text
    await confirm(hub, "creator-mai", version)
    found = cube(await today(hub), "content_recalls")
    assert sums(found, "material_kind", "partner") == {
        ("poster", "creator-mai"): {"recalled": 1, "confirmed": 1},
        ("poster", "tiktok"): {"recalled": 1, "outstanding": 1},
    }
    # Said again, and said by another, in a time of its own.
    real, later = times.now, 40 * times.DAY
    monkeypatch.setattr(times, "now", lambda: real() + later)
    for slug in ("creator-mai", "tiktok"):
        await confirm(hub, slug, version)
    monkeypatch.setattr(times, "now", real)
    assert cube(await today(hub), "content_recalls") == found
    day = datetime.now(times.HUB_ZONE).date() + timedelta(days=38)
    span = day.isoformat(), (day + timedelta(days=5)).isoformat()
    then = cube(await drawn(hub.parts.db, "content", *span, NATIONAL), "content_recalls")
    assert sums(then, "partner") == {("tiktok",): {"confirmed": 1}}


async def confirm(hub: TestedHub, slug: str, version: str) -> None:
    who = await principal_of(hub, slug)
    async with head.edge(hub.parts.db, who.partner, who.client, "AcknowledgeRecall") as session:
        await recalls.acknowledge(session, who, material(version)[14:], AcknowledgementIn(TakenDown.REMOVED))
