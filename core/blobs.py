"""Blobs: bytes under their own SHA-256, in a folder or an object store. A blob never changes."""

import asyncio
import base64
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from core.errors import TooLarge

EDGE = 68 * 1024
"""Bytes kept from the start and the end of what is received: enough to see what a file is and where it ends."""
_PIECE = 256 * 1024
_SIGNING = (S3Store, GCSStore, AzureStore)
_SIGNED = timedelta(seconds=60)
"""For how long an address may stay good after what it leads to was recalled."""


class Staged:
    """Bytes that have arrived and are not yet kept: in the store, or in a file on the hub's own disk."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.key = f"staging/{secrets.token_hex(16)}"
        self.size = 0
        self.first = b""
        """The first `EDGE` bytes, or all."""
        self.last = b""
        """The last `EDGE` bytes, or all."""
        self._digest = hashlib.sha256()

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        self._digest.update(piece)
        self.first += piece[: EDGE - len(self.first)]
        self.last = (self.last + piece)[-EDGE:]

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Blobs:
    """The store behind `Settings.blobs_url`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        # `resolve`: a relative folder stays where it was if the process changes its own.
        self._folder = Path(unquote(parts.path)).resolve() if parts.scheme == "file" else None
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(self._folder)
        else:
            self._store = from_url(url)

    @asynccontextmanager
    async def receive(self, pieces: AsyncIterator[bytes], limit: int) -> AsyncIterator[Staged]:
        """Take `pieces` in. Nothing stays of them unless the block calls `keep`.

        Raises `TooLarge` beyond `limit` bytes, and whatever `pieces` raises when the sender breaks off.
        """
        staged = Staged()
        await obstore.put_async(self._store, staged.key, _measured(pieces, staged, limit), max_concurrency=2)
        try:
            yield staged
        finally:
            await self._delete(staged.key)

    async def keep(self, staged: Staged) -> None:
        """Put what was received under its digest, if it is not there. The same bytes twice are one blob."""
        if await self.has(staged.sha256):
            return
        if staged.path is not None:
            await obstore.put_async(self._store, _key(staged.sha256), staged.path)
        else:
            # In a folder a second name for the same file; in an object store it is copied there, not through the hub.
            await obstore.copy_async(self._store, staged.key, _key(staged.sha256))

    async def add(self, data: bytes) -> str:
        """Keep bytes that the hub made itself; returns their SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not await self.has(sha256):
            await obstore.put_async(self._store, _key(sha256), data)
        return sha256

    async def read(self, sha256: str) -> bytes:
        """A whole blob, of those known to be small. Raises `FileNotFoundError`."""
        found = await obstore.get_async(self._store, _key(sha256))
        return bytes(await found.bytes_async())

    @asynccontextmanager
    async def on_disk(self, staged: Staged) -> AsyncIterator[Path]:
        """A file with what was received, for libraries that want one; not to be changed."""
        if staged.path is not None:
            yield staged.path
        elif self._folder is not None:
            yield self._folder / staged.key
        else:
            with tempfile.NamedTemporaryFile() as copy:
                if staged.size:
                    found = await obstore.get_async(self._store, staged.key)
                    async for piece in found.stream(min_chunk_size=_PIECE):
                        copy.write(piece)
                copy.flush()
                yield Path(copy.name)

    async def signed(self, sha256: str) -> str | None:
        """An address that hands the blob out for a minute to whoever has it; None where the store cannot sign.

        It cannot be revoked, so ask whether the bytes may leave right before, and never keep it.
        """
        if not isinstance(self._store, _SIGNING):
            return None
        return await obstore.sign_async(self._store, "GET", _key(sha256), _SIGNED)

    async def has(self, sha256: str) -> bool:
        try:
            await obstore.head_async(self._store, _key(sha256))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, sha256: str) -> None:
        """Remove a blob; one that is not there is fine."""
        await self._delete(_key(sha256))

    async def sweep(self, before: datetime) -> int:
        """Remove what was being received when a process died, if nothing came since that time; returns how many.

        An object store drops the parts of an unfinished upload by a lifecycle rule of the bucket.
        """
        if self._folder is not None:
            # The store hides from its lists what it has not finished writing.
            return await asyncio.to_thread(_unlink_old, self._folder / "staging", before)
        swept = 0
        async for page in obstore.list(self._store, prefix="staging"):
            for left in page:
                if left["last_modified"] < before:
                    await self._delete(left["path"])
                    swept += 1
        return swept

    async def kept(self, before: datetime) -> AsyncIterator[list[str]]:
        """The SHA-256 of every blob that was received before that time, a page at a time."""
        async for page in obstore.list(self._store):
            old = (blob["path"] for blob in page if blob["last_modified"] < before)
            yield [path.replace("/", "") for path in old if _KEY.fullmatch(path)]

    async def _delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def stream(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Bytes from `start` to before `stop`. Raises `FileNotFoundError`."""
        if start >= stop:
            return
        if self._folder is None:
            found = await obstore.get_async(self._store, _key(sha256), options={"range": (start, stop)})
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)
            return
        file = await asyncio.to_thread(os.open, self._folder / _key(sha256), os.O_RDONLY)
        try:
            while start < stop:
                # On the loop: a hop into a thread for each piece costs more than reading it from the page cache.
                piece = os.pread(file, min(_PIECE, stop - start), start)
                if not piece:
                    raise FileNotFoundError(f"blob {sha256} is cut short")
                yield piece
                start += len(piece)
        finally:
            os.close(file)


async def _measured(pieces: AsyncIterator[bytes], staged: Staged, limit: int) -> AsyncIterator[bytes]:
    async for piece in pieces:
        staged.take(piece)
        if staged.size > limit:
            raise TooLarge(f"A file of this type may have {limit} bytes.")
        if piece:
            yield piece


def _unlink_old(folder: Path, before: datetime) -> int:
    swept = 0
    for left in folder.glob("*"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(left.stat().st_mtime, UTC) < before:
                left.unlink()
                swept += 1
    return swept


_KEY = re.compile("[0-9a-f]{2}/[0-9a-f]{62}")


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"


def structured(sha256: str) -> str:
    """A SHA-256 in hex as the value of `Content-Digest` and `Repr-Digest` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
