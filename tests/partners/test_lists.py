"""POST /v1/connect beyond JSON items: whole lists, other media types, formats that every partner may send."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from core.sdk import Format, PartnerKind, PluginInfo, Refused, SignalIn, Translated, Withdrawal, hookimpl
from core.settings import Settings
from core.testing import TestedHub, run_hub

LINES = "text/plain"


async def listed(http: httpx.AsyncClient, *lines: str) -> dict[str, Any]:
    answer = await http.post("/v1/connect", content="\n".join(lines), headers={"Content-Type": LINES})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def standing(http: httpx.AsyncClient) -> set[str]:
    page = (await http.get("/v1/signals")).json()
    return {signal["value"] for signal in page["signals"] if "value" in signal}


async def test_what_a_whole_list_leaves_out_is_taken_back(hub: TestedHub) -> None:
    http = hub.client_as("chongluadao")
    # Said in another way: the list knows nothing of it.
    await http.post("/v1/signals", json={"signals": [{"kind": "domain", "value": "own.example", "external_id": "x"}]})
    assert (await listed(http, "a.example", "b.example", "c.example/otp"))["left_out"] == 0
    shorter = await listed(http, "b.example", "d.example")
    assert (shorter["left_out"], [one["status"] for one in shorter["results"]]) == (2, ["unchanged", "created"])
    assert await standing(http) == {"own.example", "b.example", "d.example"}
    # Both forms are of the same list.
    await http.post("/v1/connect", json=[{"url": "https://*.d.example/*"}])
    assert await standing(http) == {"own.example", "d.example"}


async def test_a_list_that_cannot_be_read_takes_nothing_back(hub: TestedHub) -> None:
    http = hub.client_as("chongluadao")
    await listed(http, "a.example", "b.example")
    broken = await listed(http, "a.example", "not a host")
    assert (broken["rejected"], broken["left_out"]) == (1, 0)
    empty = await http.post("/v1/connect", content="# nothing today\n", headers={"Content-Type": LINES})
    assert empty.status_code == 409
    assert await standing(http) == {"a.example", "b.example"}


async def test_a_media_type_that_nothing_reads_is_refused(hub: TestedHub) -> None:
    for slug, read in (("chongluadao", "text/plain"), ("a05", "text/csv"), ("meta", "application/json")):
        answer = await hub.client_as(slug).post("/v1/connect", content=b"x", headers={"Content-Type": "image/png"})
        assert answer.status_code == 415
        assert read in answer.json()["detail"]


async def test_entities_are_refused(hub: TestedHub) -> None:
    """A billion laughs, and a file of the server: neither is looked at."""
    await hub.admit(("ncmec", PartnerKind.PROTECTION))
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for declared in (laughs, '<!ENTITY l9 SYSTEM "file:///etc/passwd">'):
        body = f'<?xml version="1.0"?><!DOCTYPE q [<!ENTITY l0 "ha">{declared}]><queryResult>&l9;</queryResult>'
        answer = await hub.client_as("ncmec").post(
            "/v1/connect", content=body, headers={"Content-Type": "application/xml"}
        )
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "document_type")
    for large, code in (("<a>" * 10_000, "too_deep"), ("<a/>" * 200_000, "too_large"), ("<a>\0</a>", "not_xml")):
        body = f"<queryResult>{large}</queryResult>"
        answer = await hub.client_as("ncmec").post("/v1/connect", content=body, headers={"Content-Type": "text/xml"})
        assert answer.json()["errors"][0]["code"] == code


def read_lines(body: bytes) -> Sequence[Translated]:
    """`+host` and `-host`."""
    said: list[Translated] = []
    for at, line in enumerate(body.decode().split()):
        if line[0] not in "+-":
            said.append(Refused("Expected + or -.", f"/{at}"))
        else:
            named = Withdrawal(line[1:])
            said.append(named if line[0] == "-" else SignalIn("domain", line[1:], external_id=line[1:]))
    return said


class Lines:
    @hookimpl
    def plugin_info(self) -> PluginInfo:
        return PluginInfo(name="lines", title="Lines")

    @hookimpl
    def feed_formats(self) -> list[Format]:
        return [Format("lines", LINES, "txt", msgspec.json.encode, read=read_lines)]


async def test_a_format_that_is_read_is_open_to_every_partner(hub_settings: Settings) -> None:
    async with run_hub(hub_settings, [Lines()]) as hub:
        for slug in ("meta", "a05", "chongluadao"):
            http = hub.client_as(slug)
            await listed(http, "+a.example", "+b.example")
            answer = await listed(http, "-a.example", "?")
            assert [one["status"] for one in answer["results"]] == ["retracted", "rejected"]
        writing = hub.client_as("meta", "signals:read")
        assert (await writing.post("/v1/connect", content=b"+a.example")).status_code == 403
