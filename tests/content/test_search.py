"""Finding materials as people type, and only those that may leave."""

import unicodedata
from urllib.parse import urlencode

from sqlalchemy import delete

from core.content import search
from core.content.models import SearchText
from core.testing import TestedHub
from tests.content.conftest import Studio, material

NOT_ALONE = {"vi": "Không Một Mình", "en": "Not Alone"}
HOTLINE = {"vi": "Đường dây nóng ở Đắk Lắk"}
FRIEND = {"vi": "Người bạn tốt"}
SELLER = {"vi": "Ai bán số của em?"}
KHMER = {"vi": "Tiếng Khmer", "en": "ភាសាខ្មែរ"}


async def found(studio: Studio, client: str = "creator", **query: str) -> list[str]:
    """Titles in the order of the answer, walked in pages of one."""
    titles, path = [], f"/v1/materials?{urlencode({'limit': '1'} | query)}"
    while path:
        answer = await getattr(studio, client).get(path)
        assert answer.status_code == 200, answer.text
        titles += [one["versions"][-1]["words"]["title"]["vi"] for one in answer.json()["materials"]]
        path = answer.links.get("next", {}).get("url", "")
    return titles


async def test_words_are_found_with_tone_marks_and_without(studio: Studio) -> None:
    for title in (SELLER, NOT_ALONE, HOTLINE, FRIEND, KHMER):
        await studio.published(title=title)
    expected = {
        "khong mot minh": [NOT_ALONE],
        "KHÔNG MỘT MÌNH": [NOT_ALONE],
        "mình không": [NOT_ALONE],
        "duong day nong": [HOTLINE],
        "dak lak": [HOTLINE],
        "đăk lăk": [HOTLINE],
        "not al": [NOT_ALONE],
        "lone": [],
        "ban": [SELLER, FRIEND],
        "bạn": [FRIEND, SELLER],
        "bán": [SELLER, FRIEND],
        "ខ្មែរ": [KHMER],
        "ខមែរ": [],
        "100%": [],
        "_": [],
        "%": [],
        "' OR 1=1 --": [],
    }
    for typed, titles in expected.items():
        for spelling in ("NFC", "NFD"):
            assert await found(studio, q=unicodedata.normalize(spelling, typed)) == [one["vi"] for one in titles], typed


async def test_filters_narrow_the_list(studio: Studio) -> None:
    await studio.published(title=NOT_ALONE, languages=["vi-VN", "en"], summary="Dành cho cha mẹ", audiences=["parents"])
    await studio.published(title=FRIEND, languages=["vi"], categories=["phishing", "grooming"])
    expected = {
        ("language", "vi"): 2,
        ("language", "vi-vn"): 1,
        ("language", "v"): 400,
        ("language", "en"): 1,
        ("language", "km"): 0,
        ("audience", "parents"): 1,
        ("audience", "teachers"): 0,
        ("category", "grooming"): 1,
        ("kind", "poster"): 2,
        ("kind", "video"): 0,
        ("campaign", "none"): 400,
        ("q", "cha me"): 1,
    }
    for (name, value), count in expected.items():
        answer = await studio.creator.get("/v1/materials", params={name: value})
        got = answer.status_code if answer.is_error else len(answer.json()["materials"])
        assert got == count, (name, value)


async def test_what_may_not_leave_is_not_found(studio: Studio) -> None:
    version = await studio.draft(title=NOT_ALONE)
    assert await found(studio, "author", q="mot minh") == ["Không Một Mình"]
    assert await found(studio, q="mot minh") == []
    for move in ("submission", "approval", "publication"):
        assert (await studio.move(version, move)).is_success
    assert await found(studio, q="mot minh") == ["Không Một Mình"]
    recalled = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "Wrong."})
    assert recalled.status_code == 204
    assert await found(studio, q="mot minh") == []


async def test_a_changed_word_is_found_and_the_old_one_is_not(studio: Studio) -> None:
    version = await studio.draft(title=NOT_ALONE)
    words = (await studio.author.get(material(version))).json()["versions"][0]["words"]
    assert (await studio.author.put(version, json=words | {"title": FRIEND})).status_code == 200
    assert await found(studio, "author", q="mot minh") == []
    assert await found(studio, "author", q="nguoi ban tot") == ["Người bạn tốt"]


async def test_a_material_with_a_version_of_each_rank_is_listed_once(studio: Studio) -> None:
    version = await studio.published(title=SELLER)
    assert (await studio.author.post(f"{material(version)}/versions", json=_words(FRIEND))).status_code == 201
    for typed in ("ban", "bạn", "bán"):
        assert len(await found(studio, "author", q=typed)) == 1, typed


def _words(title: dict[str, str]) -> dict[str, object]:
    return {"title": title, "kind": "poster", "languages": ["vi"]}


async def test_what_was_drafted_before_there_was_a_search_is_found(studio: Studio, hub: TestedHub) -> None:
    await studio.published(title=NOT_ALONE)
    async with hub.parts.db.edge(0) as session:
        await session.execute(delete(SearchText))
    assert await found(studio) == []
    await search.catch_up(hub.parts.db)
    assert await found(studio, q="khong mot minh") == ["Không Một Mình"]
