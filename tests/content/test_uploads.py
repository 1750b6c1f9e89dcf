"""Bytes coming in: all of a file or nothing of it."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.content import assets, sniff
from core.log import head
from core.testing import TestedHub
from tests.content.conftest import OTHER_PNG, PNG, Studio, material

IMAGE = {"Content-Type": "image/png"}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def digest(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


@pytest.fixture
async def place(studio: Studio, blobs_folder: Path) -> str:
    """The path of an asset that a draft may get; its one blob has been removed."""
    version = await studio.draft()
    assert (await studio.author.delete(f"{version}/assets/poster.png")).status_code == 204
    for file in files(blobs_folder):
        file.unlink()
    return f"{version}/assets/a.png"


async def test_a_file_is_kept_once_under_its_digest(studio: Studio, place: str, blobs_folder: Path) -> None:
    for name in (place, place.replace("a.png", "b.png")):
        headers = IMAGE | {"Content-Digest": digest(PNG), "Repr-Digest": f"md5=:AAAA:, {digest(PNG)}"}
        put = await studio.author.put(name, content=PNG, headers=headers)
        assert put.status_code == 200, put.text
        assert (put.json()["sha256"], put.json()["size"]) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
        assert put.headers["location"] == name
    # And its three renditions, which of so small a picture are the same bytes.
    (kept,) = (file.read_bytes() for file in files(blobs_folder) if file.stat().st_size == len(PNG))
    assert kept == PNG
    assert len(files(blobs_folder)) == 2


async def test_a_file_may_be_put_anew(studio: Studio, place: str) -> None:
    for content in (PNG, OTHER_PNG):
        assert (await studio.author.put(place, content=content, headers=IMAGE)).status_code == 200
    assert (await studio.author.get(place)).content == OTHER_PNG


async def test_what_no_asset_names_any_more_is_swept(
    studio: Studio, hub: TestedHub, place: str, blobs_folder: Path
) -> None:
    for content in (PNG, OTHER_PNG):
        assert (await studio.author.put(place, content=content, headers=IMAGE)).status_code == 200
    now = datetime.now(UTC)
    db, blobs = hub.parts.db, hub.parts.blobs
    assert await assets.sweep(db, blobs, now - timedelta(days=1)) == 0
    assert await assets.sweep(db, blobs, now + timedelta(days=1)) == 1
    assert hashlib.sha256(PNG).hexdigest()[2:] not in {file.name for file in files(blobs_folder)}
    assert (await studio.author.get(place)).content == OTHER_PNG


async def test_an_upload_stands_that_a_sweep_comes_between(studio: Studio, hub: TestedHub, place: str) -> None:
    assert (await studio.author.put(place, content=PNG, headers=IMAGE)).status_code == 200
    assert (await studio.author.delete(place)).status_code == 204
    async with head.edge(hub.parts.db, 0, "test", "Hold"):
        upload = asyncio.create_task(studio.author.put(place, content=PNG, headers=IMAGE))
        # Until it waits for the log with nothing but the old blob to its name.
        await asyncio.sleep(0.5)
        assert not upload.done()
        await hub.parts.blobs.delete(hashlib.sha256(PNG).hexdigest())
    assert (await upload).status_code == 200
    assert (await studio.author.get(place)).content == PNG


async def test_a_name_has_one_spelling(studio: Studio, place: str) -> None:
    version = place.rpartition("/assets/")[0]
    for name in ("Ảnh bìa.png", "Ảnh bìa.png"):
        assert (await studio.author.put(f"{version}/assets/{name}", content=PNG, headers=IMAGE)).status_code == 200
    (asset,) = (await studio.author.get(material(version))).json()["versions"][0]["assets"]
    assert asset["name"] == "Ảnh bìa.png"
    assert (await studio.author.get(asset["href"])).content == PNG


REFUSED: list[tuple[dict[str, str], bytes, int]] = [
    ({"Content-Digest": digest(PNG + b"x")}, PNG, 400),
    ({"Repr-Digest": digest(b"")}, PNG, 400),
    ({"Content-Digest": "sha-256=:nonsense:"}, PNG, 400),
    ({"Content-Encoding": "gzip"}, PNG, 415),
    ({"Content-Type": "image/jpeg"}, PNG, 415),
    ({"Content-Type": "application/json"}, b"{}", 415),
    ({}, b"", 415),
    ({}, b"<svg/>", 415),
    ({}, PNG[:-1], 415),
    ({"Content-Length": str(3 * 10**9)}, PNG, 413),
]


async def test_nothing_is_kept_of_what_is_refused(studio: Studio, place: str, blobs_folder: Path) -> None:
    for headers, content, status in REFUSED:
        refused = await studio.author.put(place, content=content, headers=IMAGE | headers)
        assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
        assert files(blobs_folder) == []
    assert (await studio.author.get(place)).status_code == 404


async def test_a_file_that_outgrows_its_type_is_refused_on_the_way(
    studio: Studio, place: str, blobs_folder: Path
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b"a" * 64 * 1024

    place = place.replace("a.png", "a.txt")
    refused = await studio.author.put(place, content=endless(), headers={"Content-Type": "text/plain"})
    assert refused.status_code == 413
    assert sent <= 2 * sniff.KINDS["text/plain"].limit
    assert files(blobs_folder) == []


async def test_nothing_is_kept_of_an_upload_that_breaks_off(
    studio: Studio, hub: TestedHub, place: str, blobs_folder: Path
) -> None:
    token = (await studio.author.get("/v1/materials")).request.headers["authorization"]
    # Longer than what the store gathers before it writes.
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": PNG[:8] + b"a" * 8_000_000, "more_body": True},
        {"type": "http.request", "body": b"a" * 8_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    answers: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Any) -> None:
        answers.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": place,
        "raw_path": place.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", token.encode()), (b"content-type", b"image/png"), (b"host", b"hub.test")],
        "client": ("127.0.0.1", 1),
        "server": ("hub.test", 80),
        "extensions": {},
    }
    await hub.app(scope, receive, send)
    assert answers[0]["status"] >= 400
    assert files(blobs_folder) == []
    assert (await studio.author.get(place)).status_code == 404


async def test_a_slow_upload_holds_up_nobody(studio: Studio, place: str) -> None:
    started, going_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PNG[:100]
        started.set()
        await going_on.wait()
        yield PNG[100:]

    upload = asyncio.create_task(studio.author.put(place, content=slow(), headers=IMAGE))
    await started.wait()
    await asyncio.wait_for(studio.published(), 10)
    going_on.set()
    assert (await upload).status_code == 200


async def test_a_draft_submitted_during_an_upload_does_not_take_it(studio: Studio, place: str) -> None:
    version = place.rpartition("/assets/")[0]
    await studio.upload(version)

    async def slow() -> AsyncIterator[bytes]:
        yield PNG[:100]
        assert (await studio.move(version, "submission")).status_code == 200
        yield PNG[100:]

    assert (await studio.author.put(place, content=slow(), headers=IMAGE)).status_code == 409
    (shown,) = (await studio.author.get(material(version))).json()["versions"]
    assert [asset["name"] for asset in shown["assets"]] == ["poster.png"]


async def test_the_number_of_assets_is_bounded(studio: Studio, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.content.assets.MOST", 1)
    assert (await studio.author.put(place, content=PNG, headers=IMAGE)).status_code == 200
    second = place.replace("a.png", "b.png")
    assert (await studio.author.put(second, content=PNG, headers=IMAGE)).status_code == 409
    assert (await studio.author.put(place, content=PNG, headers=IMAGE)).status_code == 200


async def test_no_other_partner_puts_anything_into_a_draft(studio: Studio, place: str) -> None:
    for client, status in ((studio.reviewer, 403), (studio.stranger, 403), (studio.creator, 404)):
        assert (await client.put(place, content=PNG, headers=IMAGE)).status_code == status
