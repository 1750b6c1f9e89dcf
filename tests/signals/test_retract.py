"""POST /v1/signals/retractions: a partner takes its own words back, and all who may have heard them learn of it."""

from typing import Any

import httpx
import pytest

from core.testing import TestedHub

Json = dict[str, Any]

UNKNOWN = "sig_" + "a" * 26


def domain(name: str, **more: Any) -> Json:
    return {"kind": "domain", "value": f"{name}.example", "tlp": "GREEN"} | more


async def submit(http: httpx.AsyncClient, *items: Json) -> list[str]:
    """Ids of the items, all of them taken."""
    done = (await http.post("/v1/signals", json={"signals": items})).json()
    assert done["rejected"] == 0
    return [result["id"] for result in done["results"]]


async def retract(http: httpx.AsyncClient, **asked: Any) -> Json:
    answer = await http.post("/v1/signals/retractions", json=asked)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


def statuses(done: Json) -> list[str]:
    return [result["status"] for result in done["results"]]


async def news(http: httpx.AsyncClient, after: str | None = None) -> tuple[list[Json], str]:
    page = (await http.get("/v1/signals", params={"after": after} if after else None)).json()
    return page["signals"], page["next"]


async def test_the_answer_has_a_result_for_each_in_order(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    one, two = await submit(tiktok, domain("one", external_id="1"), domain("two"))
    before = (await tiktok.get("/v1/signals/digest")).json()["position"]
    done = await retract(tiktok, external_ids=["1", "nothing"], ids=[two, UNKNOWN])
    assert done == {
        "position": before + 2,
        "retracted": 2,
        "results": [
            {"index": 0, "id": one, "status": "retracted"},
            {"index": 1, "id": None, "status": "not_found"},
            {"index": 2, "id": two, "status": "retracted"},
            {"index": 3, "id": None, "status": "not_found"},
        ],
    }


async def test_the_same_retraction_again_finds_nothing(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    (one,) = await submit(tiktok, domain("one", external_id="1"))
    done = await retract(tiktok, external_ids=["1", "1"], ids=[one, one])
    assert statuses(done) == ["retracted", "not_found", "not_found", "not_found"]
    again = await retract(tiktok, external_ids=["1"], ids=[one])
    assert (again["retracted"], again["position"]) == (0, done["position"])


async def test_a_claim_stands_until_its_last_name_is_gone(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    await submit(tiktok, *(domain("one", external_id=name) for name in ("1", "2", "3")))
    _, cursor = await news(meta)
    done = await retract(tiktok, external_ids=["1", "2"])
    assert statuses(done) == ["released", "released"]
    assert done["retracted"] == 0
    assert (await news(meta, cursor))[0] == []
    assert statuses(await retract(tiktok, external_ids=["1", "3"])) == ["not_found", "retracted"]
    (tombstone,) = (await news(meta, cursor))[0]
    assert tombstone["state"] == "retracted"


async def test_by_id_all_names_go_with_the_claim(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    one, _ = await submit(tiktok, domain("one", external_id="1"), domain("one", external_id="2"))
    assert statuses(await retract(tiktok, ids=[one])) == ["retracted"]
    assert statuses(await retract(tiktok, external_ids=["1", "2"])) == ["not_found", "not_found"]
    # A dropped name may be used again, for anything.
    await submit(tiktok, domain("other", external_id="1"), domain("one", external_id="2"))
    assert statuses(await retract(tiktok, external_ids=["1", "2"])) == ["retracted", "retracted"]


async def test_a_tombstone_has_three_fields_and_reaches_those_who_could_see(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    readers = {slug: hub.client_as(slug) for slug in ("meta", "secretariat", "tiktok")}
    shared, private = await submit(tiktok, domain("shared"), domain("private", tlp="RED"))
    cursors = {slug: (await news(reader))[1] for slug, reader in readers.items()}
    done = await retract(tiktok, ids=[shared, private])
    first, second = done["position"] - 1, done["position"]
    expected = [
        {"id": shared, "state": "retracted", "position": first},
        {"id": private, "state": "retracted", "position": second},
    ]
    heard = {slug: (await news(reader, cursors[slug]))[0] for slug, reader in readers.items()}
    assert heard == {"meta": expected[:1], "secretariat": expected, "tiktok": expected}
    assert [(await news(reader))[0] for reader in readers.values()] == [[], [], []]


async def test_another_partners_claim_is_as_unknown_as_none(hub: TestedHub) -> None:
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    (one,) = await submit(tiktok, domain("one", external_id="1"))
    done = await retract(meta, external_ids=["1"], ids=[one, UNKNOWN])
    assert [(result["id"], result["status"]) for result in done["results"]] == [(None, "not_found")] * 3
    assert [signal["id"] for signal in (await news(tiktok))[0]] == [one]


async def test_others_claims_on_the_signal_stand(hub: TestedHub) -> None:
    tiktok, meta, google = (hub.client_as(slug) for slug in ("tiktok", "meta", "google"))
    (one,) = await submit(tiktok, domain("one", category="phishing", confidence=90))
    assert await submit(meta, domain("one", category="grooming", confidence=10)) == [one]
    _, cursor = await news(google)
    assert statuses(await retract(tiktok, ids=[one])) == ["retracted"]
    (left,) = (await news(google, cursor))[0]
    assert (left["id"], left["state"], left["claims"], left["category"]) == (one, "active", 1, "grooming")
    assert statuses(await retract(meta, ids=[one])) == ["retracted"]
    (tombstone,) = (await news(google, cursor))[0]
    assert tombstone.keys() == {"id", "state", "position"}


async def test_ids_that_are_none_are_not_found(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    (one,) = await submit(tiktok, domain("one"))
    strange = ["", one[:-1], one + "a", one.upper(), "act_" + one[4:], "' OR 1=1 --", "sig_" + "1" * 26, "a" * 10_000]
    done = await retract(tiktok, ids=strange)
    assert statuses(done) == ["not_found"] * len(strange)


async def test_ten_thousand_at_once_and_one_more_is_refused(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    ids = await submit(tiktok, *(domain(f"d{number}", external_id=f"{number}") for number in range(2_000)))
    for field, too_many in (("ids", [UNKNOWN] * 10_001), ("external_ids", ["1"] * 10_001)):
        answer = await tiktok.post("/v1/signals/retractions", json={field: too_many})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert len((await tiktok.get("/v1/signals", params={"limit": 10_000})).json()["signals"]) == 2_000
    names = [str(number) for number in range(0, 20_000, 2)]
    done = await retract(tiktok, external_ids=names, ids=[*ids, *[UNKNOWN] * 8_000])
    assert len(done["results"]) == 20_000
    assert done["retracted"] == 2_000
    assert statuses(done)[10_000:10_004] == ["not_found", "retracted", "not_found", "retracted"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_body_that_is_no_retraction_is_refused_whole(hub: TestedHub) -> None:
    tiktok = hub.client_as("tiktok")
    (one,) = await submit(tiktok, domain("one", external_id="1"))
    for body, pointer in (
        ([one], ""),
        ({"ids": one}, "/ids"),
        ({"ids": [one, 7]}, "/ids/1"),
        ({"ids": [one], "external_ids": [None]}, "/external_ids/0"),
        ({"ids": [one], "external_ids": ["1", "a\0b"]}, "/external_ids/1"),
        ({"ids": [one], "reason": "none"}, "/reason"),
    ):
        answer = await tiktok.post("/v1/signals/retractions", json=body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await retract(tiktok))["results"] == []
    assert (await retract(tiktok, ids=[one]))["retracted"] == 1
    reader = hub.client_as("tiktok", "signals:read")
    assert (await reader.post("/v1/signals/retractions", json={})).status_code == 403
