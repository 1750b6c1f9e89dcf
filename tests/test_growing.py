"""Files that grow: what came is kept, one writer at a time, and what they are is known without a second look."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import TooLarge
from core.growing import Corrupted, Growing, Held


async def pieces(*data: bytes, fails: bool = False) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece
    if fails:
        raise ConnectionResetError


@pytest.fixture
def growing(tmp_path: Path) -> Growing:
    growing = Growing(tmp_path / "uploads")
    growing.create("a")
    return growing


async def add(growing: Growing, *data: bytes, limit: int = 1_000, sha256: bytes | None = None) -> None:
    async with growing.held("a") as grown:
        await grown.append(pieces(*data), limit, sha256)


async def digest(growing: Growing) -> str:
    async with growing.held("a") as grown:
        return (await grown.staged()).sha256


async def test_what_came_is_kept_over_connections_and_restarts(growing: Growing, tmp_path: Path) -> None:
    await add(growing, b"one", b"two")
    async with growing.held("a") as grown:
        with pytest.raises(ConnectionResetError):
            await grown.append(pieces(b"three", fails=True), 1_000)
    assert growing.size("a") == 11
    restarted = Growing(tmp_path / "uploads")
    await add(restarted, b"four")
    for any_of_them in (restarted, growing):
        assert await digest(any_of_them) == hashlib.sha256(b"onetwothreefour").hexdigest()


async def test_one_writes_at_a_time_in_whatever_process(growing: Growing, tmp_path: Path) -> None:
    async with growing.held("a"):
        for other in (growing, Growing(tmp_path / "uploads")):
            with pytest.raises(Held):
                async with other.held("a"):
                    pytest.fail("two of them hold it")
    await add(growing, b"one")


async def test_pieces_with_a_digest_come_whole_or_not_at_all(growing: Growing) -> None:
    await add(growing, b"one")
    with pytest.raises(Corrupted):
        await add(growing, b"two", b"bad", sha256=hashlib.sha256(b"twothree").digest())
    assert growing.size("a") == 3
    await add(growing, b"two", b"333", sha256=hashlib.sha256(b"two333").digest())
    assert await digest(growing) == hashlib.sha256(b"onetwo333").hexdigest()


async def test_more_than_was_agreed_is_cut_off(growing: Growing) -> None:
    with pytest.raises(TooLarge):
        await add(growing, b"one", b"two", limit=4)
    assert growing.size("a") == 4
    assert await digest(growing) == hashlib.sha256(b"onet").hexdigest()


async def test_a_file_that_is_dropped_is_gone(growing: Growing) -> None:
    large = os.urandom(3_000_000)
    await add(growing, large, limit=10**9)
    assert growing.names() == ["a"]
    assert growing.free() > 0
    growing.drop("a")
    growing.drop("a")
    assert growing.names() == []
    with pytest.raises(FileNotFoundError):
        growing.size("a")
    with pytest.raises(FileNotFoundError):
        await add(growing, b"one")
