"""Activities in bulk: an answer for each, sent again without harm, counted by province."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from core.campaigns import provinces

ClientAs = Callable[..., httpx.AsyncClient]
PATH = "/v1/campaigns/autumn/activities"
TALK: dict[str, Any] = {
    "kind": "seminar",
    "title": "Nói chuyện dưới cờ",
    "place": {"province": "01", "commune": "00004", "venue": "Trường THPT số 1"},
    "date": "2026-10-05",
    "organiser": "Đoàn trường",
    "audience": {"sites": 1, "classes": 30, "participants": 1_200, "views": 0},
    "external_id": "talk-1",
}


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return ()


@pytest.fixture
async def agency(client_as: ClientAs) -> httpx.AsyncClient:
    client = client_as("a05")
    made = await client.post("/v1/campaigns", json={"title": {"vi": "Mùa thu"}, "slug": "autumn"})
    assert made.status_code == 201
    return client


async def submit(client: httpx.AsyncClient, *items: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"activities": items})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert len(found["results"]) == len(items)
    assert sum(found[word] for word in ("created", "updated", "unchanged", "rejected")) == len(items)
    return found


async def listed(client: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    return list((await client.get(PATH + query)).json()["activities"])


async def test_what_is_told_reads_back(agency: httpx.AsyncClient, client_as: ClientAs) -> None:
    (result,) = (await submit(agency, TALK))["results"]
    assert result["status"] == "created"
    (own,) = await listed(agency)
    assert {name: own[name] for name in TALK} == TALK
    assert (own["id"], own["partner"], own["campaign"]) == (result["id"], "a05", "autumn")
    (others,) = await listed(client_as("creator-mai"))
    assert others == own | {"external_id": None}


async def test_sent_again_it_is_unchanged_or_updated_and_never_twice(
    agency: httpx.AsyncClient, client_as: ClientAs
) -> None:
    (first,) = (await submit(agency, TALK))["results"]
    (second,) = (await submit(agency, TALK))["results"]
    assert second == first | {"status": "unchanged"}
    (third,) = (await submit(agency, TALK | {"title": "Khác"}))["results"]
    assert third == first | {"status": "updated"}
    assert [one["title"] for one in await listed(agency)] == ["Khác"]
    # The same name is another activity when another partner uses it.
    (theirs,) = (await submit(client_as("chongluadao"), TALK))["results"]
    assert theirs["status"] == "created"
    assert len(await listed(agency)) == 2


async def test_a_name_may_come_twice_in_one_submission(agency: httpx.AsyncClient) -> None:
    answer = await submit(agency, TALK, TALK, TALK | {"title": "B"}, TALK | {"title": "B"})
    assert [one["status"] for one in answer["results"]] == ["created", "unchanged", "updated", "unchanged"]
    answer = await submit(agency, TALK | {"title": "C"}, TALK | {"title": "D"})
    assert [one["status"] for one in answer["results"]] == ["updated", "updated"]
    assert [one["title"] for one in await listed(agency)] == ["D"]
    nameless = {name: value for name, value in TALK.items() if name != "external_id"}
    assert (await submit(agency, nameless, nameless))["created"] == 2


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"place": {"province": "99"}}, "/place/province"),
    ({"place": {"province": "1"}}, "/place/province"),
    ({"place": {"province": "01", "commune": "4"}}, "/place/commune"),
    ({"date": "2025-06-30"}, "/place/province"),
    ({"date": "2026-02-30"}, "/date"),
    ({"kind": "party"}, "/kind"),
    ({"title": ""}, "/title"),
    ({"title": "a\u0000b"}, "/title"),
    ({"audience": {"views": -1}}, "/audience/views"),
    ({"audience": {"views": 10**12}}, "/audience/views"),
    ({"external_id": ""}, "/external_id"),
    ({"pupils": ["a name"]}, "/pupils"),
]


async def test_a_bad_item_is_named_and_holds_up_no_other(agency: httpx.AsyncClient) -> None:
    last = TALK | {"external_id": "talk-2"}
    answer = await submit(agency, TALK, *(TALK | change for change, _ in WRONG), last)
    first, *bad, second = answer["results"]
    assert (first["status"], second["status"], answer["rejected"]) == ("created", "created", len(WRONG))
    for result, (change, place) in zip(bad, WRONG, strict=True):
        (error,) = result["errors"]
        assert error["pointer"] == f"/activities/{result['index']}{place}", change
        assert error["detail"]
    assert len(await listed(agency)) == 2


BROKEN = [b"", b"{", b"[]", b'{"activities":{}}', b'{"activities":[],"more":1}', b'{"activities":[\xff]}', b"null"]


async def test_a_bad_body_stores_nothing(agency: httpx.AsyncClient) -> None:
    for body in BROKEN:
        refused = await agency.post(PATH, content=body, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json"), body
    assert await listed(agency) == []


async def test_ten_thousand_at_once_and_not_one_more(agency: httpx.AsyncClient) -> None:
    items = [TALK | {"external_id": f"talk-{number}"} for number in range(10_000)]
    assert (await submit(agency, *items))["created"] == 10_000
    items = [item | {"organiser": "Khác"} for item in items]
    assert (await submit(agency, *items))["updated"] == 10_000
    refused = await agency.post(PATH, json={"activities": [*items, TALK]})
    assert refused.status_code == 400
    page = await listed(agency, "?limit=10000")
    # In the order in which they came.
    assert [one["external_id"] for one in page] == [item["external_id"] for item in items]


async def test_the_list_filters_and_pages(agency: httpx.AsyncClient) -> None:
    places = [("01", "2026-10-01"), ("79", "2026-10-02"), ("01", "2026-10-03"), ("01", "2026-10-04")]
    items = [TALK | {"place": {"province": province}, "date": day, "external_id": day} for province, day in places]
    await submit(agency, *items)
    days, path = [], f"{PATH}?province=01&since=2026-10-01&until=2026-10-04&limit=1"
    while path:
        answer = await agency.get(path)
        days += [one["date"] for one in answer.json()["activities"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert days == ["2026-10-01", "2026-10-03"]


async def test_senders_at_the_same_time_lose_nothing(agency: httpx.AsyncClient) -> None:
    batches = [[TALK | {"external_id": f"{name}-{number}"} for number in range(50)] for name in "abcd"]
    answers = await asyncio.gather(*(submit(agency, *batch) for batch in [*batches, *batches]))
    assert sum(answer["created"] for answer in answers) == 200
    assert sum(answer["unchanged"] for answer in answers) == 200


async def test_a_slow_sender_holds_up_nobody(agency: httpx.AsyncClient) -> None:
    started, going_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"activities":'
        started.set()
        await going_on.wait()
        yield b"[]}"

    sending = asyncio.create_task(agency.post(PATH, content=slow(), headers={"Content-Type": "application/json"}))
    await started.wait()
    await asyncio.wait_for(submit(agency, TALK), 10)
    going_on.set()
    assert (await sending).status_code == 200


async def test_provinces_are_listed_with_their_source(client_as: ClientAs) -> None:
    units = (await client_as("creator-mai").get("/v1/provinces")).json()["provinces"]
    assert units[0] == {
        "code": "01",
        "name": {"vi": "Hà Nội", "en": "Hanoi"},
        "kind": "city",
        "valid_from": "2025-07-01",
        "valid_to": None,
        "source": "Decision 19/2025/QĐ-TTg",
    }


def test_the_34_units_have_the_codes_of_2025() -> None:
    codes = [unit.code for unit in provinces.ALL if unit.valid_from == date(2025, 7, 1)]
    assert codes == sorted(set(codes))
    assert len(codes) == 34
    assert {"01", "31", "46", "48", "79", "92"} <= set(codes)
    for unit in provinces.ALL:
        assert provinces.fault(unit.code, date(2025, 7, 1)) is None
        assert "2025-07-01" in (provinces.fault(unit.code, date(2025, 6, 30)) or "")
