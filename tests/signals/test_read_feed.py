"""The feed over HTTP: forms, pages, links."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from core.testing import TestedHub

Clients = Callable[..., httpx.AsyncClient]
NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture
async def five(hub: TestedHub) -> httpx.AsyncClient:
    items = [{"kind": "domain", "value": f"n{number}.example", "tlp": "GREEN"} for number in range(5)]
    (await hub.client_as("tiktok").post("/v1/signals", json={"signals": items})).raise_for_status()
    return hub.client_as("meta")


async def test_ndjson_pages_hold_what_json_pages_hold(five: httpx.AsyncClient) -> None:
    query: dict[str, str] = {"limit": "2"}
    pages = 0
    while True:
        as_json = (await five.get("/v1/signals", params=query)).json()
        answer = await five.get("/v1/signals", params=query, headers=NDJSON)
        assert answer.headers["content-type"] == "application/x-ndjson"
        *items, last = msgspec.json.Decoder().decode_lines(answer.content)
        assert items == as_json.pop("signals")
        assert last == as_json
        pages += 1
        if not last["more"]:
            break
        assert "digest" not in last
        query["after"] = last["next"]
    assert pages == 3
    assert len(last["digest"]) == 32


async def test_the_link_leads_to_the_next_page_of_the_same_walk(five: httpx.AsyncClient) -> None:
    seen = []
    answer = await five.get("/v1/signals", params={"limit": 2, "kind": ["domain", "url"]})
    while True:
        seen += [signal["value"] for signal in answer.json()["signals"]]
        if not answer.json()["more"]:
            break
        answer = await five.get(answer.links["next"]["url"])
        assert answer.status_code == 200
    assert seen == [f"n{number}.example" for number in range(5)]


@pytest.mark.parametrize("after", ["abc", "99999999", "A" * 75])
async def test_what_is_no_cursor_is_refused(five: httpx.AsyncClient, after: str) -> None:
    answer = await five.get("/v1/signals", params={"after": after})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/after"


async def test_items_name_the_field_that_is_missing_or_unknown(hub: TestedHub) -> None:
    items = [{"kind": "url"}, {"kind": "url", "value": "https://a.example/", "colour": "red"}]
    answer = await hub.client_as("tiktok").post("/v1/signals", json={"signals": items})
    faults = [result["errors"][0] for result in answer.json()["results"]]
    assert [(fault["pointer"], fault["code"]) for fault in faults] == [
        ("/signals/0/value", "missing"),
        ("/signals/1/colour", "unknown"),
    ]


async def test_null_is_as_good_as_absent(hub: TestedHub) -> None:
    optional = (
        "category",
        "confidence",
        "severity",
        "tlp",
        "groups",
        "campaign",
        "external_id",
        "valid_until",
        "context",
    )
    item = {"kind": "domain", "value": "n.example"} | dict.fromkeys(optional)
    tiktok = hub.client_as("tiktok")
    assert (await tiktok.post("/v1/signals", json={"signals": [item]})).json()["created"] == 1
    absent = {"kind": "domain", "value": "n.example"}
    assert (await tiktok.post("/v1/signals", json={"signals": [absent]})).json()["unchanged"] == 1
