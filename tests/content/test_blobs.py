"""Blobs in a folder and in memory: the same promises."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.blobs import Blobs
from core.errors import TooLarge


@pytest.fixture(params=["file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    # The folder does not exist yet, and its name needs an escape.
    return Blobs(f"file://{tmp_path}/new%20folder/blobs" if request.param == "file" else "memory:///")


async def pieces(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def keep(blobs: Blobs, data: bytes) -> str:
    async with blobs.receive(pieces(data), 10**9) as staged:
        await blobs.keep(staged)
    return staged.sha256


async def read(blobs: Blobs, sha256: str, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in blobs.stream(sha256, start, stop)])


async def test_what_is_kept_reads_back_in_any_part(blobs: Blobs) -> None:
    data = os.urandom(1_000_003)
    sha256 = await keep(blobs, data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    for start, stop in ((0, len(data)), (0, 1), (999_999, len(data)), (5, 5), (300_000, 900_000)):
        assert await read(blobs, sha256, start, stop) == data[start:stop]
    assert await keep(blobs, data) == sha256
    assert await blobs.has(sha256)
    await blobs.delete(sha256)
    await blobs.delete(sha256)
    assert not await blobs.has(sha256)
    with pytest.raises(FileNotFoundError):
        await read(blobs, sha256, 0, 1)


async def test_what_is_not_kept_is_gone(blobs: Blobs) -> None:
    async with blobs.receive(pieces(b"a" * 100), 100) as staged:
        pass
    assert not await blobs.has(staged.sha256)
    with pytest.raises(TooLarge):
        async with blobs.receive(pieces(b"a" * 101), 100):
            pytest.fail("it was let in")


async def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    blobs = Blobs(f"file://{tmp_path}")
    assert await blobs.sweep(datetime.now(UTC)) == 0
    kept = await keep(blobs, b"kept")
    left: list[Path] = []

    async def break_off() -> AsyncIterator[bytes]:
        # More than the store gathers before it writes, so that its own names of unfinished files are tried.
        async for piece in pieces(bytes(12_000_000)):
            yield piece
        while not left:
            await asyncio.sleep(0.01)
            left.extend((tmp_path / "staging").iterdir())
        left.append(tmp_path / "staging" / "left#1")
        left[-1].write_bytes(left[0].read_bytes())
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with blobs.receive(break_off(), 10**9):
            pytest.fail("it was let in")
    assert left[0].name.partition("#")[1:] == ("#", "1")
    now = datetime.now(UTC)
    assert await blobs.sweep(now - timedelta(days=1)) == 0
    assert await blobs.sweep(now + timedelta(days=1)) >= 1
    assert list((tmp_path / "staging").iterdir()) == []
    assert await read(blobs, kept, 0, 4) == b"kept"


async def test_what_is_kept_is_listed_by_age(blobs: Blobs) -> None:
    kept = {await keep(blobs, data) for data in (b"one", b"two")}
    now = datetime.now(UTC)
    assert [one async for some in blobs.kept(now - timedelta(days=1)) for one in some] == []
    assert {one async for some in blobs.kept(now + timedelta(days=1)) for one in some} == kept


def test_a_folder_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Blobs("file:var/blobs")
    assert (tmp_path / "var" / "blobs").is_dir()
