"""Exports: what the caller may see, less what may not leave; and bytes that depend on the content alone."""

import csv
import io
from datetime import UTC, datetime

import httpx
import pytest

from core.sdk import Feed, Refused, SignalIn, SignalOut, State, Tlp
from core.testing import TestedHub
from plugins.exports import blocklist, tables

CSV = {"Accept": "text/csv"}


async def submit(http: httpx.AsyncClient, *signals: dict[str, object]) -> None:
    answer = await http.post("/v1/signals", json={"signals": signals})
    assert [result["status"] for result in answer.json()["results"]] == ["created"] * len(signals), answer.text


def host(name: str, **more: object) -> dict[str, object]:
    return {"kind": "domain", "value": f"{name}.example", **more}


@pytest.fixture
async def shared(hub: TestedHub) -> TestedHub:
    """A domain of every TLP from TikTok, which Meta may all see but `own`: they share a group."""
    tiktok, meta = hub.client_as("tiktok"), hub.client_as("meta")
    await tiktok.post("/v1/groups", json={"slug": "ring", "name": "Ring"})
    await tiktok.post("/v1/groups/ring/invitations", json={"partner": "meta"})
    assert (await meta.put("/v1/groups/ring/membership")).is_success
    await submit(
        tiktok,
        host("clear", tlp="CLEAR"),
        host("green", tlp="GREEN"),
        host("amber", tlp="AMBER", groups=["ring"]),
        host("strict", tlp="AMBER+STRICT", groups=["ring"]),
        host("red", tlp="RED", groups=["ring"]),
        host("unmarked", groups=["ring"]),
        host("own"),
        {"kind": "url", "value": "http://page.example/a", "tlp": "CLEAR"},
    )
    return hub


def names(text: str) -> set[str]:
    return {line.split()[-1] for line in text.splitlines() if not line.startswith(("#", "!"))}


async def test_what_meta_may_see_and_what_may_leave(shared: TestedHub) -> None:
    """The feed shows AMBER+STRICT, RED and unmarked signals to the group; no export does."""
    meta = shared.client_as("meta")
    seen = {signal["value"] for signal in (await meta.get("/v1/signals")).json()["signals"]}
    groups = {f"{name}.example" for name in ("amber", "strict", "red", "unmarked")}
    public = {"clear.example", "green.example"}
    assert seen == groups | public | {"http://page.example/a"}
    table = rows_of(await meta.get("/v1/signals", headers=CSV))
    left = public | {"amber.example", "http://page.example/a"}
    assert {row["value"]: row["state"] for row in table} == dict.fromkeys(left, "active")
    assert names((await meta.get("/exports/blocklist?tlp=AMBER")).text) == public | {"amber.example"}
    assert names((await meta.get("/exports/blocklist")).text) == public
    assert names((await meta.get("/exports/blocklist?tlp=CLEAR")).text) == {"clear.example"}


async def test_a_stranger_to_the_group_gets_none_of_it(shared: TestedHub) -> None:
    listed = (await shared.client_as("google").get("/exports/blocklist?tlp=AMBER")).text
    assert names(listed) == {"clear.example", "green.example"}


async def test_what_comes_beside_and_may_not_leave_silences_no_retraction(shared: TestedHub) -> None:
    """A claim that left meets one that may not: the table hears nothing of that one, and all of its own."""
    meta, tiktok = shared.client_as("meta"), shared.client_as("tiktok")
    await submit(meta, host("joint", tlp="GREEN"))
    first = await meta.get("/v1/signals", headers=CSV)
    (joint,) = [row["id"] for row in rows_of(first) if row["value"] == "joint.example"]
    await submit(tiktok, host("joint", tlp="RED", groups=["ring"]))
    beside = await meta.get(first.links["next"]["url"], headers=CSV)
    assert rows_of(beside) == []
    await meta.post("/v1/signals/retractions", json={"ids": [joint]})
    (row,) = rows_of(await meta.get(beside.links["next"]["url"], headers=CSV))
    assert (row["id"], row["state"], row["value"]) == (joint, "retracted", "")
    seen = {signal["value"] for signal in (await meta.get("/v1/signals")).json()["signals"]}
    assert "joint.example" in seen


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_forms_of_the_blocklist(shared: TestedHub) -> None:
    lines = {"plain": "clear.example", "hosts": "0.0.0.0 clear.example", "adblock": "||clear.example^"}
    for form, line in lines.items():
        answer = await shared.client_as("meta").get("/exports/blocklist", params={"form": form, "tlp": "CLEAR"})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "private, no-cache"
        comment, first, *rest = answer.text.split("\n")
        assert comment.startswith("!" if form == "adblock" else "#")
        assert "TLP:CLEAR" in comment
        assert (first, rest) == (line, [""])


async def test_a_long_blocklist_waits_on_disk_and_leaves_in_pieces(
    shared: TestedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta = shared.client_as("meta")
    whole = (await meta.get("/exports/blocklist")).text
    monkeypatch.setattr(blocklist, "_IN_MEMORY", 16)
    monkeypatch.setattr(blocklist, "_PIECE", 7)
    async with meta.stream("GET", "/exports/blocklist") as answer:
        assert "content-length" not in answer.headers
        assert "".join([piece async for piece in answer.aiter_text()]) == whole


async def test_a_retracted_signal_is_not_listed(shared: TestedHub) -> None:
    tiktok = shared.client_as("tiktok")
    (found,) = (await tiktok.post("/v1/signals/lookup", json={"items": [host("clear")]})).json()["results"]
    await tiktok.post("/v1/signals/retractions", json={"ids": [found["signal"]["id"]]})
    assert names((await shared.client_as("meta").get("/exports/blocklist")).text) == {"green.example"}


async def test_nothing_stricter_can_be_asked_for(hub: TestedHub) -> None:
    meta = hub.client_as("meta")
    for query in ("form=xml", "tlp=RED", "tlp=AMBER%2BSTRICT", "tlp="):
        assert (await meta.get(f"/exports/blocklist?{query}")).status_code == 400, query


async def test_a_creator_gets_no_blocklist(hub: TestedHub) -> None:
    assert (await hub.client_as("creator-mai").get("/exports/blocklist")).status_code == 403


def test_a_table_is_read_as_it_is_given_out_and_as_people_make_it() -> None:
    by_hand = "Loại;Giá trị;Mức chia sẻ;Độ tin cậy\nphone;'+84950000001;GREEN;80\nurl;http://a.example/x;;\n;;GREEN;\n"
    phone, url, nothing = tables.read(by_hand.encode())
    assert phone == SignalIn("phone", "+84950000001", tlp=Tlp.GREEN, confidence=80)
    assert url == SignalIn("url", "http://a.example/x")
    assert isinstance(nothing, Refused)
    shown = Feed(
        (SignalOut("sig_" + "a" * 26, State.ACTIVE, 12, "url", "http://a.example/;=1", claims=1),), "", more=False
    )
    assert tables.read(tables.feed_as_csv(shown)) == [SignalIn("url", "http://a.example/;=1")]
    with pytest.raises(Refused, match="not part of this table"):
        tables.read(b"kind,value,name of the child\nurl,http://a.example,x\n")


async def test_a_table_is_taken_from_whoever_may_submit(hub: TestedHub) -> None:
    sheet = "kind,value,tlp\ndomain,sheet.example,GREEN\ndomain,,GREEN\n"
    answer = await hub.client_as("meta").post("/v1/connect", content=sheet, headers={"Content-Type": "text/csv"})
    assert [one["status"] for one in answer.json()["results"]] == ["created", "rejected"]
    (row,) = rows_of(await hub.client_as("google").get("/v1/signals", headers=CSV))
    assert row["value"] == "sheet.example"


def test_feed_as_csv() -> None:
    seen = datetime(2025, 11, 3, 2, 15, tzinfo=UTC)
    phone = SignalOut(
        "sig_" + "a" * 26, State.ACTIVE, 12, "phone", "+84950000001", tlp=Tlp.GREEN, confidence=0, last_seen=seen
    )
    gone = SignalOut("sig_" + "b" * 26, State.GONE, 13)
    assert tables.feed_as_csv(Feed((phone, gone), "next", more=False)).decode("utf-8-sig").split("\r\n") == [
        "id,state,kind,value,tlp,category,severity,first_seen,last_seen,valid_until,position,confidence,claims,campaign",
        f"sig_{'a' * 26},active,phone,'+84950000001,GREEN,,,,2025-11-03T02:15:00Z,,12,0,,",
        f"sig_{'b' * 26},gone,,,,,,,,,13,,,",
        "",
    ]
