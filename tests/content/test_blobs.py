"""Blobs in a folder and in memory: the same promises."""

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
    kept = await keep(blobs, b"kept")
    (tmp_path / "staging").mkdir(exist_ok=True)
    (tmp_path / "staging" / "left").write_bytes(b"half of it")
    now = datetime.now(UTC)
    assert await blobs.sweep(now - timedelta(days=1)) == 0
    assert await blobs.sweep(now + timedelta(days=1)) == 1
    assert await read(blobs, kept, 0, 4) == b"kept"
