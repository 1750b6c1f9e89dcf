"""Files that grow over several connections, and over restarts, until they are whole.

2026-11-22: how far a file has come is the size of the file, so that no record of it can say otherwise. Who writes to it
holds a lock on it that ends with the process. We gave up object stores here, where nothing can be appended to: several
processes share the folder. Held by tests/test_growing.py.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.blobs import Staged
from core.errors import TooLarge

_PIECE = 1024 * 1024


class Held(Exception):
    """Somebody else is writing to it."""


class Corrupted(Exception):
    """What came is not what its digest names; nothing of it was kept."""


class Growing:
    """The files of a folder, each under a name that the caller makes up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._measured: dict[str, Staged] = {}
        """What was seen of a file as it came in. A state of SHA-256 cannot be saved, so it ends with the process."""

    def create(self, name: str) -> None:
        """Begin an empty file. Raises `FileExistsError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL, 0o600))

    def size(self, name: str) -> int:
        """Raises `FileNotFoundError`."""
        return (self._folder / name).stat().st_size

    def free(self) -> int:
        """Bytes that there is room for."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    def drop(self, name: str) -> None:
        """One that is not there is fine."""
        self._measured.pop(name, None)
        (self._folder / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Of all the files."""
        return [path.name for path in self._folder.glob("*")]

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator["Grown"]:
        """The file for one writer at a time, in this process and in others. Raises `Held`, `FileNotFoundError`."""
        path = self._folder / name
        file = os.open(path, os.O_RDWR)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Held from None
            if not os.fstat(file).st_nlink:
                raise FileNotFoundError(name)
            measured = self._measured.pop(name, None) or Staged(path)
            grown = Grown(path, file, measured)
            try:
                yield grown
            finally:
                if path.exists():
                    self._measured[name] = grown.measured
        finally:
            os.close(file)


class Grown:
    """One file while it is held."""

    def __init__(self, path: Path, file: int, measured: Staged) -> None:
        self.path = path
        self.size = os.fstat(file).st_size
        self.measured = measured
        self._file = file

    async def append(self, pieces: AsyncIterator[bytes], limit: int, sha256: bytes | None = None) -> None:
        """Take `pieces` in, to no more than `limit` bytes in all.

        What came before `pieces` raised is kept, unless `sha256` of the pieces is given: half of them proves nothing.
        Raises `Corrupted`, `TooLarge`, and whatever `pieces` raises.
        """
        before, seen = self.size, hashlib.sha256()
        try:
            async for piece in pieces:
                room = limit - self.size
                # On the loop: a hop into a thread for each piece costs more than the page cache does.
                self._write(piece[:room])
                if sha256:
                    seen.update(piece)
                if len(piece) > room:
                    raise TooLarge(f"The file was to have {limit} bytes.")
            if sha256 and seen.digest() != sha256:
                raise Corrupted
        except BaseException:
            if sha256:
                os.ftruncate(self._file, before)
                self.size, self.measured = before, Staged(self.path)
            raise

    async def staged(self) -> Staged:
        """What the file is, as if it had come in one piece: read again if this process did not see all of it."""
        if self.measured.size != self.size:
            await asyncio.to_thread(self._measure)
        return self.measured

    def _write(self, data: bytes) -> None:
        if self.measured.size == self.size:
            self.measured.take(data)
        rest = memoryview(data)
        while rest:
            done = os.pwrite(self._file, rest, self.size)
            self.size += done
            rest = rest[done:]

    def _measure(self) -> None:
        self.measured = Staged(self.path)
        start = 0
        while data := os.pread(self._file, _PIECE, start):
            self.measured.take(data)
            start += len(data)
