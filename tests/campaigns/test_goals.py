"""Goals, their progress, and the communes that are left: counted by the units of today, whatever was told when."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.campaigns import goals
from core.campaigns.places.communes import Register, register
from core.wire.places import Commune, UnitKind

ClientAs = Callable[..., httpx.AsyncClient]
PATH = "/v1/campaigns/autumn"
SCHOOLS = {"slug": "schools", "title": {"vi": "Mỗi xã một trường"}, "measure": "communes", "sites": 1}
CAMPAIGN: dict[str, Any] = {
    "title": {"vi": "Mùa thu"},
    "slug": "autumn",
    "parties": [
        {"role": "organiser", "name": {"vi": "Liên minh", "en": "Alliance"}, "partner": "alliance"},
        {"role": "sponsor", "name": {"vi": "Nhà tài trợ"}, "url": "https://sponsor.example/"},
    ],
    "goals": [
        SCHOOLS,
        {"slug": "views", "title": {"vi": "Lượt xem"}, "measure": "views", "target": 1_500_000_000, "strand": "media"},
        {"slug": "classes", "title": {"vi": "Lớp"}, "measure": "classes", "target": 100, "kind": "training"},
        {"slug": "points", "title": {"vi": "Điểm cầu"}, "measure": "points", "target": 931},
    ],
}
TALK: dict[str, Any] = {"kind": "training", "title": "Tập huấn", "date": "2026-03-01", "external_id": "talk"}
COMMUNES = register().standing(date(2026, 11, 1))


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return ()


@pytest.fixture
async def agency(client_as: ClientAs) -> httpx.AsyncClient:
    client = client_as("a05")
    campaign = CAMPAIGN | {"parties": [CAMPAIGN["parties"][0] | {"partner": "a05"}, CAMPAIGN["parties"][1]]}
    made = await client.post("/v1/campaigns", json=campaign)
    assert made.status_code == 201, made.text
    whole = {"url": None, "partner": None}, {"target": None, "kind": None, "strand": None, "sites": 0}
    assert made.json()["parties"] == [
        whole[0] | party | {"name": {"en": None} | party["name"]} for party in campaign["parties"]
    ]
    assert made.json()["goals"] == [
        whole[1] | goal | {"title": {"en": None} | goal["title"]} for goal in campaign["goals"]
    ]
    return client


async def submit(client: httpx.AsyncClient, *items: Any) -> list[dict[str, Any]]:
    answer = await client.post(f"{PATH}/activities", json={"activities": items})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def reached(client: httpx.AsyncClient) -> dict[str, tuple[int, int]]:
    found = (await client.get(f"{PATH}/goals")).json()["goals"]
    return {one["goal"]["slug"]: (one["reached"], one["target"]) for one in found}


async def gaps(client: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"{PATH}/gaps{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_goals_count_what_fits_them(agency: httpx.AsyncClient) -> None:
    audience = {"sites": 1, "classes": 30, "views": 1_000}
    place = {"province": "01", "commune": "00004"}
    await submit(agency, TALK | {"place": place, "audience": audience})
    await submit(
        agency, TALK | {"external_id": "b", "place": place, "audience": audience, "strand": "media", "kind": "media"}
    )
    assert await reached(agency) == {
        "schools": (1, 3_321),
        "views": (1_000, 1_500_000_000),
        "classes": (30, 100),
        "points": (0, 931),
    }


async def test_a_livestream_of_931_connection_points(agency: httpx.AsyncClient) -> None:
    units = COMMUNES[:931]
    points = [{"name": f"Trường {unit.name}", "commune": unit.code, "participants": 40} for unit in units]
    live = TALK | {"kind": "livestream", "place": {"province": "01"}, "points": points}
    (result,) = await submit(agency, live)
    assert result["status"] == "created"
    assert [one["status"] for one in await submit(agency, live)] == ["unchanged"]
    assert (await reached(agency))["points"] == (931, 931)
    left = await gaps(agency, "?goal=schools")
    assert (left["covered"], left["communes"], len(left["gaps"])) == (931, 3_321, 3_321 - 931)
    found, path = [], f"/v1/activities/{result['id']}/points?limit=500"
    while path:
        answer = await agency.get(path)
        found += answer.json()["points"]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == points
    # Told anew, they are all of them.
    assert [one["status"] for one in await submit(agency, live | {"points": points[1:]})] == ["updated"]
    assert (await gaps(agency, "?goal=schools"))["covered"] == 930


async def test_gaps_and_covered_communes_are_all_communes(agency: httpx.AsyncClient) -> None:
    units = COMMUNES[::7]
    items = [
        TALK | {"external_id": unit.code, "place": {"province": unit.province, "commune": unit.code}} for unit in units
    ]
    await submit(agency, *items)
    left = await gaps(agency)
    missing, done = [one["code"] for one in left["gaps"]], {unit.code for unit in units}
    assert sorted([*missing, *done]) == [unit.code for unit in COMMUNES]
    assert sum(one["communes"] for one in left["provinces"]) == left["communes"] == 3_321
    assert sum(one["covered"] for one in left["provinces"]) == left["covered"] == len(done)
    # Without a school nowhere.
    assert (await gaps(agency, "?goal=schools"))["covered"] == 0
    ours = await gaps(agency, "?province=01&limit=50")
    assert (len(ours["gaps"]), ours["communes"]) == (50, 126)
    rest = await gaps(agency, f"?province=01&limit=1000&after={ours['next']}")
    assert [one["code"] for one in ours["gaps"] + rest["gaps"]] == [
        unit.code for unit in COMMUNES if unit.province == "01" and unit.code not in done
    ]
    # A correction moves a commune from one side to the other.
    await submit(agency, items[0] | {"place": {"province": units[0].province, "commune": COMMUNES[1].code}})
    assert {one["code"] for one in (await gaps(agency))["gaps"]} == {*missing, units[0].code} - {COMMUNES[1].code}


THEN, CHANGE, NOW = date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)


@given(st.data())
def test_covered_and_left_are_all_units_after_any_change_of_units(data: st.DataObject) -> None:
    olds = [f"{number:05}" for number in range(12)]
    news = [f"{number:05}" for number in range(8, 16)]
    heirs = {old: data.draw(st.sets(st.sampled_from(news), min_size=1, max_size=3)) for old in olds}
    units = [Commune(code, code, UnitKind.COMMUNE, "01", THEN, CHANGE, "made up", ()) for code in olds]
    for code in {code for many in heirs.values() for code in many}:
        before = tuple(old for old in olds if code in heirs[old])
        units.append(Commune(code, code, UnitKind.COMMUNE, "01", CHANGE, None, "made up", before))
    made_up = Register(units)
    told = data.draw(st.lists(st.tuples(st.sampled_from(olds), st.just(THEN.isoformat()), st.integers(0, 2))))
    done = goals.covered(told, 0, made_up, NOW)
    assert done == {heir for old, _, _ in told for heir in heirs[old]}
    assert done <= {unit.code for unit in made_up.standing(NOW)}
    assert goals.covered(told, 1, made_up, NOW) <= done
    assert goals.covered(told, 0, made_up, THEN) == {old for old, _, _ in told}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"goals": [SCHOOLS, SCHOOLS]}, "/goals/0/slug"),
    ({"goals": [SCHOOLS | {"measure": "views", "sites": 0}]}, "/goals/0/target"),
    ({"goals": [SCHOOLS | {"measure": "views", "target": 1}]}, "/goals/0/sites"),
    ({"goals": [SCHOOLS | {"strand": "sport"}]}, "/goals/0/strand"),
    ({"parties": [{"role": "sponsor", "name": {"vi": "A"}, "partner": "nobody"}]}, "/parties/0/partner"),
]


async def test_what_cannot_be_counted_is_refused(agency: httpx.AsyncClient) -> None:
    for change, pointer in WRONG:
        refused = await agency.patch(PATH, json=change)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, pointer)
    for goal in ("views", "nothing"):
        assert (await agency.get(f"{PATH}/gaps?goal={goal}")).status_code == 409
    changed = await agency.patch(PATH, json={"goals": [SCHOOLS], "parties": []})
    assert (changed.json()["parties"], len(changed.json()["goals"])) == ([], 1)
    assert (await agency.get("/v1/activities/act_none/points")).status_code == 404


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"place": {"province": "01", "commune": "99999"}}, "unknown_commune", "/place/commune"),
        ({"place": {"province": "79", "commune": "00004"}}, "other_province", "/place/commune"),
        ({"strand": "sport"}, "unknown_strand", "/strand"),
        ({"points": [{"name": "A", "commune": "99999"}]}, "unknown_commune", "/points/0/commune"),
        ({"evidence": [{"url": "javascript:alert(1)"}]}, "invalid", "/evidence/0/url"),
    ],
)  # fmt: skip
async def test_a_place_is_checked_against_the_day_and_the_province(
    agency: httpx.AsyncClient, change: dict[str, Any], code: str, pointer: str
) -> None:
    (result,) = await submit(agency, TALK | {"place": {"province": "01"}} | change)
    assert [(error["code"], error["pointer"]) for error in result["errors"]] == [(code, f"/activities/0{pointer}")]


async def test_communes_are_listed_and_matched(agency: httpx.AsyncClient) -> None:
    page = (await agency.get("/v1/communes?province=24&day=2026-01-01")).json()["communes"]
    assert sum(one["kind"] == "ward" for one in page) + 12 == sum(
        one["kind"] == "ward"
        for one in (await agency.get("/v1/communes?province=24&day=2026-10-01")).json()["communes"]
    )
    tie = (await agency.get("/v1/communes/match", params={"name": "xa ba to", "province": "Quang Ngai"})).json()
    assert (tie["match"], tie["meant"]) == ("folded", None)
    assert [one["name"] for one in tie["candidates"]] == ["Ba Tơ", "Ba Tô"]
    refused = await agency.get("/v1/communes/match", params={"name": "Ba Tơ", "province": "Quảng Ngải Ngải"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "unknown_province")
    assert [one["slug"] for one in (await agency.get("/v1/strands")).json()["strands"]] == [
        "media", "school-training", "international-forum", "festival",
    ]  # fmt: skip
