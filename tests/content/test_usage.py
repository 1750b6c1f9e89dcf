"""Reports of use: told in bulk as JSON and CSV, one row a post, added up for those whom it concerns."""

from typing import Any

import httpx

from core.content.models import UsageReport
from core.testing import TestedHub
from core.wire.scopes import PartnerKind
from tests.content.conftest import Studio, material


def post(version: str, number: int = 1, **more: Any) -> dict[str, Any]:
    url = f"https://video.example/@kenh/{number}"
    return {"material": material(version)[14:], "url": url, "platform": "tiktok", "date": "2026-10-20"} | more


async def tell(client: httpx.AsyncClient, *posts: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/v1/usage", json={"usage": posts})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def totals(client: httpx.AsyncClient, **query: str) -> list[tuple[str, int, int, int]]:
    answer = await client.get("/v1/usage/totals", params=query)
    assert answer.status_code == 200, answer.text
    return [(one["platform"], one["posts"], one["partners"], one["reach"]) for one in answer.json()["totals"]]


async def test_a_post_told_again_is_brought_up_to_date(studio: Studio) -> None:
    version = await studio.published()
    same = post(version, url="HTTPS://Video.Example:443/@kenh/1#top", reach=500)
    told = await tell(studio.creator, post(version, reach=100), post(version, 2), same)
    assert [one["status"] for one in told["results"]] == ["created", "created", "updated"]
    told = await tell(studio.creator, same, post(version, 2, reach=7))
    assert [one["status"] for one in told["results"]] == ["unchanged", "updated"]
    page = (await studio.creator.get("/v1/usage?limit=1")).json()
    assert page["usage"][0] | {"updated": ""} == post(version, reach=500) | {"updated": ""}
    rest = (await studio.creator.get(f"/v1/usage?limit=1&after={page['next']}")).json()
    assert ([one["reach"] for one in rest["usage"]], rest["next"]) == ([7], None)


async def test_a_bad_item_costs_only_itself(studio: Studio) -> None:
    version, draft = await studio.published(), await studio.draft()
    wrong: dict[str, dict[str, Any]] = {
        "/usage/1/url": post(version, url="javascript:alert(1)"),
        "/usage/2/url": post(version, url="https://mai:secret@video.example/"),
        "/usage/3/date": post(version, date="20/10/2026"),
        "/usage/4/reach": post(version, reach=-1),
        "/usage/5/material": post(draft),
        "/usage/6/material": post("/v1/materials/mat_" + "a" * 26),
        "/usage/7/viewers": post(version, viewers=["An"]),
    }
    told = await tell(studio.creator, post(version), *wrong.values())
    assert (told["created"], told["rejected"]) == (1, len(wrong))
    assert [one["errors"][0]["pointer"] for one in told["results"][1:]] == [*wrong]


async def test_a_spreadsheet_is_taken_as_it_is_saved(studio: Studio) -> None:
    version = await studio.published()
    one = material(version)[14:]
    sheet = (
        "\ufeffdate;material;url;platform;reach;ghi chú\r\n"
        f'2026-10-20;{one};https://video.example/1;tiktok;1200;"tốt; rất tốt"\r\n'
        f"2026-10-21;{one};https://video.example/2;tiktok;;\r\n"
        f"21/10/2026;{one};https://video.example/3;tiktok;5;\r\n"
        f"2026-10-21;{one};https://video.example/4\r\n"
    )
    answer = await studio.creator.post("/v1/usage", content=sheet, headers={"Content-Type": "text/csv; charset=utf-8"})
    assert [one["status"] for one in answer.json()["results"]] == ["created", "created", "rejected", "rejected"]
    faults = [one["errors"][0]["pointer"] for one in answer.json()["results"][2:]]
    assert faults == ["/usage/2/date", "/usage/3/platform"]
    assert await totals(studio.creator) == [("tiktok", 2, 1, 1200)]
    for broken in (b"\xff\xfe", b'url\n"'):
        answer = await studio.creator.post("/v1/usage", content=broken, headers={"Content-Type": "text/csv"})
        assert answer.status_code == 400


async def test_sums_are_for_author_campaign_and_oneself(studio: Studio, hub: TestedHub) -> None:
    made = await studio.agency.post("/v1/campaigns", json={"title": {"vi": "Đợt một"}, "slug": "wave-one"})
    assert made.status_code == 201
    await hub.admit(("other-creator", PartnerKind.CREATOR))
    version, other = await studio.published(campaign="wave-one"), await studio.published()
    second = hub.client_as("other-creator")
    await tell(studio.creator, post(version, 1, reach=10), post(version, 2, reach=5, platform="zalo"))
    await tell(second, post(version, 1, reach=100), post(other, 3, reach=1_000, date="2026-10-21"))
    expected = [("tiktok", 2, 2, 110), ("tiktok", 1, 1, 1_000), ("zalo", 1, 1, 5)]
    for client in (studio.author, studio.operator):
        assert sorted(await totals(client)) == sorted(expected)
    assert await totals(studio.agency) == [("tiktok", 2, 2, 110), ("zalo", 1, 1, 5)]
    assert await totals(studio.creator) == [("tiktok", 1, 1, 10), ("zalo", 1, 1, 5)]
    assert await totals(studio.stranger) == []
    assert await totals(studio.author, campaign="wave-one") == [("tiktok", 2, 2, 110), ("zalo", 1, 1, 5)]
    assert await totals(studio.author, material=material(other)[14:]) == [("tiktok", 1, 1, 1_000)]
    assert await totals(studio.author, since="2026-10-21") == [("tiktok", 1, 1, 1_000)]
    assert len((await second.get("/v1/usage")).json()["usage"]) == 2


def test_nothing_is_kept_of_those_who_saw_a_post() -> None:
    kept = {"number", "partner", "url", "material", "platform", "day", "reach", "updated"}
    assert set(UsageReport.__table__.c.keys()) == kept
