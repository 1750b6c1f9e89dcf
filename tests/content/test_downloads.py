"""Bytes going out: ranges and conditions (RFC 9110 §13, §14), headers, what counts as a download."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus

import httpx
import pytest

from core import times
from core.blobs import Blobs
from core.errors import PreconditionFailed
from core.files import File, Plan, RangeNotSatisfiable, disposition, plan
from core.testing import TestedHub
from core.wire.documents import ReaderClass
from tests.content.conftest import PNG, Studio, material
from tests.people import principal_of
from tests.reports.drawn import cube, drawn, sums

TAG = f'"{hashlib.sha256(PNG).hexdigest()}"'


async def nothing(_: int, __: int) -> AsyncIterator[bytes]:
    yield b""


FILE = File("a.png", "image/png", 1000, '"tag"', "sha-256=:x:", nothing)
WHOLE = Plan(HTTPStatus.OK, 0, 1000)
UNCHANGED = Plan(HTTPStatus.NOT_MODIFIED, 0, 0)


def part(start: int, stop: int) -> Plan:
    return Plan(HTTPStatus.PARTIAL_CONTENT, start, stop)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, WHOLE),
        ({"range": "bytes=0-0"}, part(0, 1)),
        ({"range": "bytes=0-499"}, part(0, 500)),
        ({"range": "bytes=500-999"}, part(500, 1000)),
        ({"range": "bytes=500-"}, part(500, 1000)),
        ({"range": "BYTES=500-5000"}, part(500, 1000)),
        ({"range": "bytes=-1"}, part(999, 1000)),
        ({"range": "bytes=-5000"}, part(0, 1000)),
        ({"range": "bytes=0-1,5-6"}, WHOLE),
        ({"range": "bytes=9-5"}, WHOLE),
        ({"range": "bytes=-"}, WHOLE),
        ({"range": "bytes=a-b"}, WHOLE),
        ({"range": "lines=0-4"}, WHOLE),
        ({"range": "bytes=0-4", "if-range": '"tag"'}, part(0, 5)),
        ({"range": "bytes=0-4", "if-range": '"old"'}, WHOLE),
        ({"range": "bytes=0-4", "if-range": 'W/"tag"'}, WHOLE),
        ({"range": "bytes=0-4", "if-range": "Sat, 21 Nov 2026 00:00:00 GMT"}, WHOLE),
        ({"range": "bytes=5000-", "if-range": '"old"'}, WHOLE),
        ({"if-none-match": '"tag"'}, UNCHANGED),
        ({"if-none-match": 'W/"tag"'}, UNCHANGED),
        ({"if-none-match": '"a", "tag"'}, UNCHANGED),
        ({"if-none-match": "*"}, UNCHANGED),
        ({"if-none-match": '"old"'}, WHOLE),
        ({"if-none-match": '"tag"', "range": "bytes=5000-"}, UNCHANGED),
        ({"if-match": '"tag"'}, WHOLE),
        ({"if-match": "*"}, WHOLE),
    ],
)
def test_conditions_and_ranges(headers: dict[str, str], expected: Plan) -> None:
    assert plan("GET", headers, FILE) == expected


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=5000-6000", "bytes=-0", f"bytes={'9' * 50}-"])
def test_a_range_beyond_the_end_names_the_size(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        plan("GET", {"range": value}, FILE)
    assert refused.value.headers == {"Content-Range": "bytes */1000"}
    assert plan("HEAD", {"range": value}, FILE) == WHOLE


@pytest.mark.parametrize("value", ['"old"', 'W/"tag"', '"old", "older"'])
def test_another_file_than_the_one_meant_is_refused(value: str) -> None:
    with pytest.raises(PreconditionFailed):
        plan("GET", {"if-match": value}, FILE)


def test_a_name_travels_twice_and_cannot_break_the_header() -> None:
    assert disposition("Đừng nghe.png") == (
        "attachment; filename=\"Dung nghe.png\"; filename*=UTF-8''%C4%90%E1%BB%ABng%20nghe.png"
    )
    assert disposition('a"b\r\nc').startswith('attachment; filename="a_b__c"; ')


async def test_a_download_arrives_whole_with_headers_that_hold_it_down(studio: Studio) -> None:
    path = f"{await studio.published()}/assets/poster.png"
    got = await studio.creator.get(path)
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(PNG).digest()).decode()}:"
    assert got.content == PNG
    expected = {
        "etag": TAG,
        "content-type": "image/png",
        "content-length": str(len(PNG)),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "repr-digest": digest,
        "content-digest": digest,
    }
    assert {name: got.headers[name] for name in expected} == expected
    assert got.headers["content-disposition"].startswith("attachment;")
    head = await studio.creator.head(path)
    assert head.content == b""
    assert {name: head.headers[name] for name in expected} == expected


async def test_a_broken_off_download_goes_on(studio: Studio) -> None:
    path = f"{await studio.published()}/assets/poster.png"
    first = await studio.creator.get(path, headers={"Range": "bytes=0-99"})
    rest = await studio.creator.get(path, headers={"Range": "bytes=100-", "If-Range": first.headers["etag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == PNG
    assert rest.headers["content-range"] == f"bytes 100-{len(PNG) - 1}/{len(PNG)}"
    beyond = await studio.creator.get(path, headers={"Range": f"bytes={len(PNG)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(PNG)}")
    unchanged = await studio.creator.get(path, headers={"If-None-Match": TAG})
    assert (unchanged.status_code, unchanged.headers["etag"], unchanged.content) == (304, TAG, b"")


async def counted(hub: TestedHub, slug: str = "") -> dict[str, int]:
    """As reports count it: for the nation, or for one partner."""
    today = times.today()
    # A day on either side: midnight may pass during the test.
    span = (today - timedelta(days=1)).isoformat(), (today + timedelta(days=2)).isoformat()
    reader = await principal_of(hub, slug) if slug else ReaderClass.NATIONAL
    draft = await drawn(hub.parts.db, "content", *span, reader)
    return sums(cube(draft, "content_downloads")).get((), {})


async def test_a_download_counts_once_and_refusals_never(studio: Studio, hub: TestedHub) -> None:
    path = f"{await studio.published()}/assets/poster.png"
    await studio.creator.head(path)
    await studio.creator.get(path, headers={"If-None-Match": TAG})
    await studio.creator.get(path, headers={"Range": "bytes=5-"})
    await studio.creator.get(path, headers={"Range": "bytes=99999999-"})
    await studio.creator.get(f"{await studio.draft()}/assets/poster.png")
    await studio.creator.get(f"{await studio.withdrawn()}/assets/poster.png")
    assert await counted(hub) == {}
    await studio.creator.get(path, headers={"Range": "bytes=0-9"})
    await studio.creator.get(path)
    assert await counted(hub) == {"downloads": 1, "creators": 1}
    await studio.stranger.get(path)
    assert await counted(hub) == {"downloads": 2, "creators": 2}


async def test_a_partner_counts_its_own_materials_and_its_own_downloads(studio: Studio, hub: TestedHub) -> None:
    await studio.creator.get(f"{await studio.published()}/assets/poster.png")
    assert await counted(hub, "chongluadao") == {"downloads": 1, "creators": 1}
    assert await counted(hub, "creator-mai") == {"downloads": 1, "creators": 1}
    assert await counted(hub, "tiktok") == {}


async def test_a_crowd_of_downloads_outnumbers_the_connections(studio: Studio) -> None:
    path = f"{await studio.published()}/assets/poster.png"
    answers = await asyncio.gather(*(studio.creator.get(path) for _ in range(40)))
    assert {(got.status_code, got.content) for got in answers} == {(200, PNG)}


async def test_an_object_store_hands_bytes_out_for_a_minute(
    studio: Studio, hub: TestedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("ACCESS_KEY_ID", "key"),
        ("SECRET_ACCESS_KEY", "secret"),
        ("DEFAULT_REGION", "ap-southeast-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    # Signed as for a bucket, which nobody need reach for that; the bytes are in the folder.
    monkeypatch.setattr(hub.parts.blobs, "signed", Blobs("s3://bucket").signed)
    version = await studio.published()
    await studio.accept(studio.creator)
    path = f"{version}/assets/poster.png"
    sent = await studio.creator.get(path, headers={"Range": "bytes=0-9"})
    assert (sent.status_code, sent.headers["cache-control"]) == (307, "private, no-store")
    address = httpx.URL(sent.headers["location"])
    assert address.path.endswith(TAG[3:-1])
    assert int(address.params["X-Amz-Expires"]) <= 60
    assert (await studio.creator.head(path)).status_code == 200
    assert (await studio.creator.get(path, headers={"If-None-Match": TAG})).status_code == 304
    done = await studio.author.post(f"{material(version)}/withdrawal", json={"reason": "The number is wrong."})
    assert done.status_code == 204
    assert (await studio.creator.get(path)).status_code == 410
