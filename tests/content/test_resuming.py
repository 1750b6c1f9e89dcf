"""Uploads that are cut and go on, by the protocol tus 1.0.0."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from core import times
from core.content import uploads
from core.content.models import Upload
from core.growing import Growing
from core.testing import TestedHub
from tests.content.conftest import PNG, Studio, material

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}
UPLOADS = "/v1/uploads"


def announced(version: str, length: int = len(PNG), **more: str) -> dict[str, str]:
    """The headers of a creation."""
    path = version.split("/")
    said = {"material": path[3], "version": path[5], "filename": "a.png", "filetype": "image/png"} | more
    pairs = (f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    return TUS | {"Upload-Length": str(length), "Upload-Metadata": ",".join(pairs)}


def checksum(data: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"}


async def begin(client: httpx.AsyncClient, version: str, **more: Any) -> str:
    made = await client.post(UPLOADS, headers=announced(version, **more))
    assert made.status_code == 201, made.text
    assert (made.headers["upload-offset"], made.headers["tus-resumable"]) == ("0", "1.0.0")
    assert made.headers["upload-expires"].endswith("GMT")
    return str(made.headers["location"])


async def send(client: httpx.AsyncClient, upload: str, offset: int, data: Any, **more: str) -> httpx.Response:
    headers = BYTES | {"Upload-Offset": str(offset)} | {name.replace("_", "-"): value for name, value in more.items()}
    return await client.patch(upload, content=data, headers=headers)


async def offset(client: httpx.AsyncClient, upload: str) -> int:
    told = await client.head(upload, headers=TUS)
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert told.headers["upload-length"] == str(len(PNG))
    return int(told.headers["upload-offset"])


async def cut(data: bytes) -> AsyncIterator[bytes]:
    """What arrives before a line breaks."""
    yield data[:100]
    yield data[100:]
    raise ConnectionResetError


@pytest.fixture
async def version(studio: Studio) -> str:
    return await studio.draft()


async def test_an_upload_goes_on_where_it_was_cut(studio: Studio, version: str, tmp_path: Path) -> None:
    upload = await begin(studio.author, version, sha256=hashlib.sha256(PNG).hexdigest())
    for start, stop in ((0, 3000), (3000, 5000)):
        assert (await send(studio.author, upload, start, cut(PNG[start:stop]))).status_code == 500
        assert await offset(studio.author, upload) == stop
    wrong = await send(studio.author, upload, 3000, PNG[3000:])
    assert (wrong.status_code, wrong.headers["tus-resumable"]) == (409, "1.0.0")
    done = await send(studio.author, upload, 5000, PNG[5000:])
    assert done.status_code == 204, done.text
    asset = done.headers["content-location"]
    assert asset == f"{version}/assets/a.png"
    assert (await studio.author.get(asset)).content == PNG
    assert await offset(studio.author, upload) == len(PNG)
    assert (await send(studio.author, upload, len(PNG), b"")).status_code == 409
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_what_was_seen_before_a_restart_is_read_again(studio: Studio, hub: TestedHub, version: str) -> None:
    upload = await begin(studio.author, version, sha256=hashlib.sha256(PNG).hexdigest())
    assert (await send(studio.author, upload, 0, PNG[:4000])).headers["upload-offset"] == "4000"
    hub.parts.growing._measured.clear()
    assert (await send(studio.author, upload, 4000, PNG[4000:])).status_code == 204


async def test_what_a_hub_that_died_could_not_finish_is_tried_again(
    studio: Studio, hub: TestedHub, version: str
) -> None:
    upload = await begin(studio.author, version)
    async with hub.parts.growing.held(upload.rpartition("/")[2]) as grown:
        await grown.append(cut_short(PNG), len(PNG))
    assert await offset(studio.author, upload) == len(PNG)
    assert (await send(studio.author, upload, len(PNG), b"")).status_code == 204
    assert (await studio.author.get(f"{version}/assets/a.png")).content == PNG


async def cut_short(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_the_first_bytes_may_come_with_the_creation(studio: Studio, version: str) -> None:
    for name, data in (("whole.png", PNG), ("half.png", PNG[:5000])):
        headers = announced(version, filename=name) | BYTES | checksum(data)
        made = await studio.author.post(UPLOADS, headers=headers, content=data)
        assert (made.status_code, made.headers["upload-offset"]) == (201, str(len(data))), made.text
    assert (await send(studio.author, made.headers["location"], 5000, PNG[5000:])).status_code == 204
    assert (await studio.author.get(f"{version}/assets/whole.png")).content == PNG


async def test_bytes_with_a_checksum_come_whole_or_not_at_all(studio: Studio, version: str) -> None:
    upload = await begin(studio.author, version)
    assert (await send(studio.author, upload, 0, PNG[:1000], **checksum(PNG[:1000]))).status_code == 204
    damaged = await send(studio.author, upload, 1000, PNG[1001:3000], **checksum(PNG[1000:3000]))
    assert (damaged.status_code, damaged.headers["tus-resumable"]) == (460, "1.0.0")
    lost = await send(studio.author, upload, 1000, cut(PNG[1000:2000]), **checksum(PNG[1000:3000]))
    assert lost.status_code == 500
    assert await offset(studio.author, upload) == 1000
    for bad in ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256 !", "sha256"):
        assert (await send(studio.author, upload, 1000, PNG[1000:], Upload_Checksum=bad)).status_code == 400
    assert (await send(studio.author, upload, 1000, PNG[1000:], **checksum(PNG[1000:]))).status_code == 204
    assert (await studio.author.get(f"{version}/assets/a.png")).content == PNG


async def test_one_connection_at_a_time_writes(studio: Studio, version: str) -> None:
    upload = await begin(studio.author, version)
    started, going_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PNG[:100]
        started.set()
        await going_on.wait()
        yield PNG[100:]

    first = asyncio.create_task(send(studio.author, upload, 0, slow()))
    await started.wait()
    second = await send(studio.author, upload, 100, PNG[100:])
    assert (second.status_code, (await studio.author.delete(upload, headers=TUS)).status_code) == (423, 423)
    going_on.set()
    assert (await first).status_code == 204


async def test_a_silent_connection_is_given_up(studio: Studio, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENCE", 0.2)
    upload = await begin(studio.author, version)

    async def silent() -> AsyncIterator[bytes]:
        yield PNG[:100]
        await asyncio.sleep(5)

    assert (await send(studio.author, upload, 0, silent())).status_code == 408
    assert await offset(studio.author, upload) == 100


async def test_it_ends_by_the_rules_of_every_asset(studio: Studio, version: str, tmp_path: Path) -> None:
    for data, more, status in (
        (b"<svg/>".ljust(len(PNG)), {}, 415),
        (PNG, {"sha256": "0" * 64}, 400),
    ):
        upload = await begin(studio.author, version, **more)
        assert (await send(studio.author, upload, 0, data)).status_code == status
        assert (await studio.author.head(upload, headers=TUS)).status_code == 404
    late = await begin(studio.author, version)
    assert (await studio.move(version, "submission")).status_code == 200
    assert (await send(studio.author, late, 0, PNG)).status_code == 409
    (shown,) = (await studio.author.get(material(version))).json()["versions"]
    assert [asset["name"] for asset in shown["assets"]] == ["poster.png"]
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_nothing_comes_in_that_was_not_announced_as_it_should_be(studio: Studio, version: str) -> None:
    for client, headers, status in (
        (studio.author, announced(version, filetype="image/svg+xml"), 415),
        (studio.author, announced(version, filename="../a.png"), 404),
        (studio.author, announced(version, length=3 * 10**9), 413),
        (studio.author, announced(version, length=0), 400),
        (studio.author, announced(version.replace("s/1", "s/2")), 404),
        (studio.author, announced(version, sha256="x"), 400),
        (studio.author, announced(version) | {"Upload-Metadata": "material !"}, 400),
        (studio.author, announced(version) | {"Upload-Length": "-1"}, 400),
        (studio.author, announced(version) | {"Tus-Resumable": "0.2.2"}, 412),
        (studio.reviewer, announced(version), 403),
        (studio.creator, announced(version), 404),
    ):
        refused = await client.post(UPLOADS, headers=headers)
        assert refused.status_code == status, (headers, refused.text)
    upload = await begin(studio.author, version)
    assert (await send(studio.author, upload, 0, PNG + b"x")).status_code == 413
    assert (await send(studio.author, upload, 0, PNG, Content_Type="image/png")).status_code == 415


async def test_an_upload_is_its_partner_s_alone(studio: Studio, version: str) -> None:
    upload = await begin(studio.author, version)
    for other, status in ((studio.creator, 404), (studio.reviewer, 404), (studio.stranger, 403)):
        assert (await other.head(upload, headers=TUS)).status_code == status
        assert (await send(other, upload, 0, PNG)).status_code == status
        assert (await other.delete(upload, headers=TUS)).status_code == status
    assert await offset(studio.author, upload) == 0
    assert (await studio.author.delete(upload, headers=TUS)).status_code == 204
    assert (await studio.author.head(upload, headers=TUS)).status_code == 404


async def test_an_upload_expires(studio: Studio, hub: TestedHub, version: str, tmp_path: Path) -> None:
    upload, other = await begin(studio.author, version), await begin(studio.author, version)
    name, db, growing = upload.rpartition("/")[2], hub.parts.db, hub.parts.growing
    async with db.edge(0) as session:
        await session.execute(update(Upload).where(Upload.id == name).values(expires=times.now() - 1))
    assert (await send(studio.author, upload, 0, PNG)).status_code == 410
    await uploads.sweep(db, growing)
    assert [file.name for file in (tmp_path / "uploads").iterdir()] == [other.rpartition("/")[2]]
    assert (await studio.author.head(upload, headers=TUS)).status_code == 410
    async with db.edge(0) as session:
        await session.execute(update(Upload).where(Upload.id == name).values(expires=times.now() - 8 * times.DAY))
    await uploads.sweep(db, growing)
    assert (await studio.author.head(upload, headers=TUS)).status_code == 404
    assert (await send(studio.author, other, 0, PNG)).status_code == 204


async def test_open_uploads_are_bounded(studio: Studio, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "OPEN", 2)
    first = await begin(studio.author, version)
    await begin(studio.author, version)
    assert (await studio.author.post(UPLOADS, headers=announced(version))).status_code == 429
    assert (await send(studio.author, first, 0, PNG)).status_code == 204
    monkeypatch.setattr(uploads, "OPEN_BYTES", 2 * len(PNG) - 1)
    assert (await studio.author.post(UPLOADS, headers=announced(version))).status_code == 429
    monkeypatch.undo()
    await begin(studio.author, version)
    monkeypatch.setattr(Growing, "free", lambda _: uploads.SPARE)
    assert (await studio.author.post(UPLOADS, headers=announced(version))).status_code == 503


async def test_the_protocol_is_told_by_options(hub: TestedHub) -> None:
    told = (await hub.anonymous().options(UPLOADS)).headers
    assert (told["tus-version"], told["tus-max-size"], told["tus-checksum-algorithm"]) == (
        "1.0.0",
        "2147483648",
        "sha256",
    )
    extensions = {"creation", "creation-with-upload", "expiration", "termination", "checksum"}
    assert set(told["tus-extension"].split(",")) == extensions
    assert "POST" in told["allow"]
