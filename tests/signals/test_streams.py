"""POST /v1/signals as NDJSON: any length, a result a line, and what stands when a stream breaks."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from sqlalchemy import text

from core.edge import LINE_LIMIT
from core.testing import TestedHub

Json = dict[str, Any]

STATUSES = ("created", "updated", "unchanged", "quarantined", "rejected")

NDJSON = {"Content-Type": "application/x-ndjson"}
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""For what is decided before the database is asked."""
encodings = pytest.mark.parametrize("encoding", COMPRESS)


def line(number: int, **more: Any) -> bytes:
    return msgspec.json.encode({"kind": "domain", "value": f"n{number}.example", "tlp": "GREEN"} | more) + b"\n"


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(line(number) for number in range(start, start + count))


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def post(hub: TestedHub, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    return await hub.client_as("tiktok").post("/v1/signals", content=content, headers=NDJSON | headers)


async def stream(
    hub: TestedHub, content: bytes | AsyncIterator[bytes], **headers: str
) -> tuple[list[Json], dict[str, int]]:
    """Results and totals of a stream that was taken to its end."""
    answer = await post(hub, content, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.content.endswith(b"\n")
    *results, totals = map(msgspec.json.decode, answer.content.splitlines())
    return results, totals


async def broken(hub: TestedHub, content: bytes | AsyncIterator[bytes], **headers: str) -> tuple[int, int]:
    """(committed, line) of a stream that was not."""
    answer = await post(hub, content, **headers)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"]
    return problem["committed"], problem["line"]


async def seen(hub: TestedHub, slug: str = "meta") -> list[str]:
    page = (await hub.client_as(slug).get("/v1/signals", params={"limit": 10_000})).json()
    assert not page["more"]
    return [signal["value"] for signal in page["signals"]]


async def test_every_line_has_its_result_in_order_then_the_totals(hub: TestedHub) -> None:
    """Over several commits, with faults that each cost their line."""
    body = b"".join(line(number) if number % 10 else b'{"kind":"nonsense","value":"x"}\n' for number in range(2_345))
    results, totals = await stream(hub, pieces(body, 10_000))
    assert [result["index"] for result in results] == list(range(2_345))
    assert {result["status"] for result in results[::10]} == {"rejected"}
    assert results[0]["errors"][0]["pointer"] == "/kind"
    assert totals["created"] == sum(result["status"] == "created" for result in results) == 2_110
    assert totals.keys() == {"position", *STATUSES}
    digest = (await hub.client_as("meta").get("/v1/signals/digest")).json()
    assert totals["position"] == digest["position"]
    assert await seen(hub) == [f"n{number}.example" for number in range(2_345) if number % 10]

    results, again = await stream(hub, body)
    assert again == totals | {"created": 0, "unchanged": 2_110}


async def test_what_a_line_says_counts_for_the_lines_after_it(hub: TestedHub) -> None:
    """Within a batch and across batches."""
    body = line(1, external_id="one") + line(1, confidence=5) + line(2, external_id="one") + lines(1_000, 10)
    results, totals = await stream(hub, body + line(1, confidence=5) + line(3, external_id="one"))
    assert [result["status"] for result in results[:3]] == ["created", "updated", "rejected"]
    assert [result["status"] for result in results[-2:]] == ["unchanged", "rejected"]
    assert results[-1]["errors"][0]["pointer"] == "/external_id"
    assert totals["rejected"] == 2


@ONE_ENGINE
@pytest.mark.parametrize("size", [1, 7, 4_096])
async def test_how_the_network_cuts_the_body_makes_no_difference(hub: TestedHub, size: int) -> None:
    body = (
        line(1) + b"\r\n \t \n" + line(2).replace(b"\n", b"\r\n") + b"\n\n" + "Đây không phải JSON\n".encode() + line(3)
    )
    results, _ = await stream(hub, pieces(body, size))
    assert [result["status"] for result in results] == ["created", "created", "rejected", "created"]
    assert [result["index"] for result in results] == [0, 1, 2, 3]
    assert results[2]["errors"][0]["code"] == "not_json"


@ONE_ENGINE
async def test_a_line_that_is_no_item_costs_only_itself(hub: TestedHub) -> None:
    faults = {
        b"hello": "not_json",
        b"{broken": "not_json",
        line(0).rstrip(b"\n") + b" {}": "not_json",
        b"\xef\xbb\xbf{}": "not_json",
        b'{"kind":"domain","value":"\xff.example"}': "not_json",
        b'{"kind":"domain","value":"\\ud800.example"}': "not_json",
        b'{"kind":"domain","value":"a\\udc00"}': "not_json",
        b'{"kind":"domain","value":"a\0.example"}': "not_json",
        b'{"kind":"domain","value":"a\\u0000.example"}': "invalid_value",
        b"[" * 30_000: "invalid",
        b'{"context":' * 5_000: "invalid",
        b"null": "invalid",
        b"[]": "invalid",
        b"1": "invalid",
    }
    body = b"".join(fault + b"\n" + line(number) for number, fault in enumerate(faults))
    results, totals = await stream(hub, body)
    assert [result["errors"][0]["code"] for result in results[::2]] == list(faults.values())
    assert (totals["created"], totals["rejected"]) == (len(faults), len(faults))


async def test_the_last_line_needs_no_line_feed(hub: TestedHub) -> None:
    results, totals = await stream(hub, lines(3) + line(3).rstrip(b"\n"))
    assert (totals["created"], results[-1]["index"]) == (4, 3)
    _, totals = await stream(hub, line(4) + b'{"kind":"nonsense","value":"x"}')
    assert (totals["created"], totals["rejected"]) == (1, 1)
    _, totals = await stream(hub, line(5) + b" \r")
    assert (totals["created"], totals["rejected"]) == (1, 0)


@ONE_ENGINE
async def test_nothing_sent_is_nothing_done(hub: TestedHub) -> None:
    position = (await hub.client_as("tiktok").get("/v1/signals/digest")).json()["position"]
    for nothing in (b"", b"\n", b" \r\n\r\n"):
        results, totals = await stream(hub, nothing)
        assert results == []
        assert totals == {"position": position} | dict.fromkeys(STATUSES, 0)


@ONE_ENGINE
async def test_return_minimal_lists_rejected_lines_only(hub: TestedHub) -> None:
    results, totals = await stream(hub, lines(1_200) + b"hello\n" + line(0), Prefer="return=minimal")
    assert [(result["index"], result["status"]) for result in results] == [(1_200, "rejected")]
    assert (totals["created"], totals["unchanged"], totals["rejected"]) == (1_200, 1, 1)


async def test_a_last_line_that_is_cut_short_ends_the_stream(hub: TestedHub) -> None:
    """What came before it stands; sent again from that line, nothing is lost and nothing is doubled."""
    last = line(1_500, context={"note": "lừa đảo"}).rstrip(b"\n")
    body = lines(1_500)
    for cut in (1, len(last) // 2, last.index("ừ".encode()) + 1, len(last) - 1):
        assert await broken(hub, body + last[:cut]) == (1_500, 1_501)
    assert len(await seen(hub)) == 1_500
    _, totals = await stream(hub, body + last)
    assert (totals["created"], totals["unchanged"]) == (1, 1_500)


async def test_a_line_that_is_too_long_ends_the_stream(hub: TestedHub) -> None:
    fits = line(1).rstrip(b"\n").ljust(LINE_LIMIT)
    _, totals = await stream(hub, fits + b"\n" + line(2) + fits)
    assert (totals["created"], totals["unchanged"]) == (2, 1)
    for tail in (b"\n" + line(9), b""):
        for size in (1_000, 10_000_000):
            body = lines(1_100, 10) + b"\n" + fits + b" " + tail
            assert await broken(hub, pieces(body, size)) == (1_100, 1_102)
    assert len(await seen(hub)) == 1_102


@ONE_ENGINE
async def test_a_line_without_end_is_not_waited_for(hub: TestedHub) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield line(1)
        while True:
            sent += 1_000
            yield b"x" * 1_000

    assert await broken(hub, endless()) == (1, 2)
    assert sent <= LINE_LIMIT + 2_000


@ONE_ENGINE
async def test_blank_lines_without_end_are_not_read(hub: TestedHub) -> None:
    body = line(1) + b"\n" * (LINE_LIMIT - 1) + line(2) + b"\r\n" * (LINE_LIMIT // 2 - 1) + line(3)
    _, totals = await stream(hub, body)
    assert totals["created"] == 3
    for encoding, compress in COMPRESS.items():
        bomb = compress(line(4) + b"\n" * 20_000_000)
        assert await broken(hub, bomb, **{"Content-Encoding": encoding}) == (1, LINE_LIMIT + 2)


@encodings
async def test_compressed_streams_are_taken(hub: TestedHub, encoding: str) -> None:
    frames = [COMPRESS[encoding](lines(800, start)) for start in (0, 800, 1_600)]
    for size in (100, 1_000_000):
        results, totals = await stream(hub, pieces(b"".join(frames), size), **{"Content-Encoding": encoding})
        assert len(results) == totals["created"] + totals["unchanged"] == 2_400
    assert len(await seen(hub)) == 2_400


@encodings
async def test_a_broken_frame_ends_the_stream(hub: TestedHub, encoding: str) -> None:
    """Whole lines of what could be unpacked stand."""
    sent = lines(3_000)
    packed = COMPRESS[encoding](sent)
    named = {"Content-Encoding": encoding}
    second = COMPRESS[encoding](lines(10))
    assert await broken(hub, second + b"nonsense", **named) == (10, 11)
    committed, number = await broken(hub, pieces(packed[: len(packed) // 2], 500), **named)
    assert 0 <= committed < 3_000
    assert number == committed + 1
    assert len(await seen(hub)) == max(committed, 10)
    assert (await broken(hub, packed[:-1], **named))[1] <= 3_001
    _, totals = await stream(hub, packed, **named)
    assert totals["created"] + totals["unchanged"] == 3_000


@ONE_ENGINE
@encodings
async def test_a_bomb_of_lines_is_defused(hub: TestedHub, encoding: str) -> None:
    """A few kB that unpack to 60 MB of lines, none of them too long."""
    bomb = COMPRESS[encoding](line(1) + (b"1".ljust(60_000) + b"\n") * 1_000)
    answer = await post(hub, bomb, **{"Content-Encoding": encoding})
    assert answer.status_code == 413
    problem = answer.json()
    assert 1 < problem["committed"] == problem["line"] - 1 < 400


async def test_a_stream_that_stops_leaves_its_commits(hub: TestedHub) -> None:
    """The caller goes away in the second thousand: the first stands, nothing of the second does."""
    waiting = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield lines(1_500)
        waiting.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(post(hub, stalled()))
    await waiting.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await seen(hub) == [f"n{number}.example" for number in range(1_000)]
    _, totals = await stream(hub, lines(1_500))
    assert (totals["created"], totals["unchanged"]) == (500, 1_000)


async def test_a_database_that_refuses_says_what_stands(hub: TestedHub, caplog: pytest.LogCaptureFixture) -> None:
    async def rename(before: str, after: str) -> None:
        async with hub.parts.db.engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    async def interrupted() -> AsyncIterator[bytes]:
        yield lines(2_000)
        await rename("cell", "elsewhere")
        yield lines(1_000, 2_000)

    answer = await post(hub, interrupted())
    await rename("elsewhere", "cell")
    assert answer.status_code == 503
    assert answer.json()["committed"] == 2_000
    assert "a signal job failed" in caplog.text
    _, totals = await stream(hub, lines(3_000))
    assert (totals["created"], totals["unchanged"]) == (1_000, 2_000)
