"""Bodies of JSON calls: how large, of which type, how compressed. What is refused is refused whole."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest
import zstandard

from core.edge import JSON_LIMIT
from core.testing import TestedHub

# Nothing here reaches the database but what is taken as any other submission is.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

MB = 1024 * 1024
JSON = {"Content-Type": "application/json"}
ONE = msgspec.json.encode({"signals": [{"kind": "domain", "value": "bait.example"}]})
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}

encodings = pytest.mark.parametrize("encoding", COMPRESS)


async def post(hub: TestedHub, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await hub.client_as("tiktok").post("/v1/signals", content=content, headers=JSON | named)


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, f"urn:kmm:problem:{code}")
    assert problem["detail"]


async def assert_nothing_stored(hub: TestedHub) -> None:
    assert (await hub.client_as("tiktok").get("/v1/signals")).json()["signals"] == []


async def test_a_body_of_32_mb_is_read_and_a_byte_more_is_not(hub: TestedHub) -> None:
    # White space may stand after a document (RFC 8259 §2).
    answer = await post(hub, ONE.ljust(JSON_LIMIT))
    assert answer.json()["created"] == 1
    answer = await post(hub, b'{"signals":[{"kind":"domain","value":"other.example"}]}'.ljust(JSON_LIMIT + 1))
    assert_refused(answer, 413, "too_large")
    assert len((await hub.client_as("tiktok").get("/v1/signals")).json()["signals"]) == 1


async def test_an_endless_body_is_refused_at_the_limit(hub: TestedHub) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += MB
            yield b" " * MB

    assert_refused(await post(hub, endless()), 413, "too_large")
    assert sent <= JSON_LIMIT + 2 * MB


async def test_json_is_taken_under_its_name_only(hub: TestedHub) -> None:
    for named in ("text/csv", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a"):
        assert_refused(await post(hub, ONE, Content_Type=named), 415, "unsupported_media_type")
    for path in ("retractions", "lookup"):
        answer = await hub.client_as("tiktok").post(
            f"/v1/signals/{path}", content=b"{}\n", headers={"Content-Type": "application/x-ndjson"}
        )
        assert_refused(answer, 415, "unsupported_media_type")
    await assert_nothing_stored(hub)
    for named in ("application/json; charset=utf-8", "Application/JSON"):
        assert (await post(hub, ONE, Content_Type=named)).status_code == 200


@encodings
async def test_compressed_bodies_are_taken(hub: TestedHub, encoding: str) -> None:
    packed = COMPRESS[encoding](ONE)
    assert (await post(hub, packed, Content_Encoding=encoding)).json()["created"] == 1
    halves = COMPRESS[encoding](ONE[:20]) + COMPRESS[encoding](ONE[20:])
    assert (await post(hub, halves, Content_Encoding=encoding.upper())).json()["unchanged"] == 1

    async def bytewise() -> AsyncIterator[bytes]:
        for at in range(len(packed)):
            yield packed[at : at + 1]

    assert (await post(hub, bytewise(), Content_Encoding=encoding)).json()["unchanged"] == 1


async def test_other_encodings_are_refused(hub: TestedHub) -> None:
    for encoding in ("br", "deflate", "compress", "gzip, gzip", "nonsense"):
        assert_refused(await post(hub, ONE, Content_Encoding=encoding), 415, "unsupported_media_type")
    assert (await post(hub, ONE, Content_Encoding="identity")).status_code == 200


@encodings
async def test_a_frame_that_is_cut_or_damaged_is_refused(hub: TestedHub, encoding: str) -> None:
    checked = zstandard.ZstdCompressor(write_checksum=True).compress
    packed = (COMPRESS | {"zstd": checked})[encoding](ONE)
    for end in range(len(packed)):
        assert_refused(await post(hub, packed[:end], Content_Encoding=encoding), 400, "broken_compression")
    flipped = bytearray(packed)
    flipped[-6 if encoding == "gzip" else -2] ^= 1
    for damaged in (bytes(flipped), packed + b"\x1f\x8b", packed + b"nonsense", ONE, b"\0" * 40):
        assert_refused(await post(hub, damaged, Content_Encoding=encoding), 400, "broken_compression")
    await assert_nothing_stored(hub)


@encodings
async def test_a_bomb_is_refused_before_it_is_unpacked(hub: TestedHub, encoding: str) -> None:
    bomb = COMPRESS[encoding](b"[" * (128 * MB))
    tracemalloc.start()
    try:
        answer = await post(hub, bomb, Content_Encoding=encoding)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert_refused(answer, 413, "too_large")
    assert peak < 50 * MB


async def test_a_body_that_is_no_submission_is_refused_whole(hub: TestedHub) -> None:
    item = b'{"kind":"domain","value":"bait.example"}'
    bodies = {
        b"": "missing",
        b"hello": "not_json",
        ONE[:-1]: "not_json",
        ONE + b"x": "not_json",
        b'{"signals":[' + item + b',{"kind":"domain","value":"\\ud800"}]}': "not_json",
        b'{"signals":[' + item + b"," + b"[" * 50_000 + b"]" * 50_000 + b"]}": "too_deep",
        b"null": "invalid",
        b"[" + item + b"]": "invalid",
        b"{}": "missing",
        b'{"signals":' + item + b"}": "invalid",
        b'{"signals":[],"also":1}': "unknown",
    }
    for body, code in bodies.items():
        answer = await post(hub, body)
        assert_refused(answer, 400, "invalid")
        assert answer.json()["errors"][0]["code"] == code, body[:40]
    await assert_nothing_stored(hub)


async def test_bytes_that_are_no_utf8_cost_their_item(hub: TestedHub) -> None:
    answer = await post(hub, b'{"signals":[{"kind":"domain","value":"\xff.example"},' + ONE.partition(b"[")[2])
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["rejected", "created"]
    assert (results[0]["errors"][0]["pointer"], results[0]["errors"][0]["code"]) == ("/signals/0", "not_json")
