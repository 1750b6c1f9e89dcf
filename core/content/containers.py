"""Whether a file ends where its format says that it does.

A picture that goes on as an archive or a page passes any look at its first bytes, and by copying an end mark behind the
rest also a look at its last. So the parts of which the format is made are counted off, without reading what is in them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from core.errors import UnsupportedMediaType

_MOST = 500_000
"""Parts that are counted off before a file is taken for hostile."""


def check(media_type: str, path: Path) -> None:
    """Raises `UnsupportedMediaType`. Formats without parts of known length pass."""
    end = _ENDS.get(media_type)
    if end is None:
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        if end(file, size) != size:
            raise UnsupportedMediaType(f"The {media_type} is damaged, or something else follows it.")


def _png(file: BinaryIO, size: int) -> int:
    at = 8
    for _ in range(_MOST):
        length, kind = _number(file, at, 4), file.read(4)
        at += 12 + length
        if kind == b"IEND" or at >= size:
            return at if kind == b"IEND" else -1
    return -1


def _gif(file: BinaryIO, _: int) -> int:
    file.seek(10)
    file.seek(13 + _colours(_byte(file)))
    for _ in range(_MOST):
        introducer = _byte(file)
        if introducer == 0x3B:
            return file.tell()
        if introducer == 0x21:
            file.seek(1, 1)
        elif introducer == 0x2C:
            file.seek(8, 1)
            # The table, then a byte that says how codes begin.
            file.seek(_colours(_byte(file)) + 1, 1)
        else:
            return -1
        while length := _byte(file):
            file.seek(length, 1)
    return -1


def _colours(packed: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


# Inside of a scan 0xff stands before 0x00 and before the eight restart marks only.
_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg(file: BinaryIO, _: int) -> int:
    # Never more than the 25 MiB that an image may have.
    data, at = file.read(), 2
    for _ in range(_MOST):
        found = _MARK.search(data, at)
        if found is None:
            return -1
        kind, at = data[found.start() + 1], found.end()
        if kind == 0xD9:
            return at
        at += int.from_bytes(data[at : at + 2], "big")
    return -1


def _mp4(file: BinaryIO, size: int) -> int:
    at = 0
    for _ in range(_MOST):
        length, kind = _number(file, at, 4), file.read(4)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        elif length == 0:
            # To the end of the file: only what holds the film may.
            return size if kind == b"mdat" else -1
        if length < 8 or not _FOUR.fullmatch(kind):
            return -1
        at += length
        if at >= size:
            return at
    return -1


_FOUR = re.compile(rb"[\x20-\x7e\xa9]{4}")


def _webm(file: BinaryIO, size: int) -> int:
    at = 0
    for _ in range(_MOST):
        file.seek(at)
        _, kind = _variable(file, keep_mark=True)
        width, length = _variable(file, keep_mark=False)
        if kind not in _TOP_LEVEL:
            return -1
        if length == (1 << 7 * width) - 1:
            # A stream that did not know how long it would be.
            return size
        at = file.tell() + length
        if at >= size:
            return at
    return -1


_TOP_LEVEL = {0x1A45DFA3, 0x18538067, 0xEC}
"""EBML header, segment, void (RFC 8794, RFC 9559)."""


def _variable(file: BinaryIO, *, keep_mark: bool) -> tuple[int, int]:
    """Width and value of a number of EBML."""
    first = _byte(file)
    width = 9 - first.bit_length()
    if width > 8:
        return 1, -1
    value = int.from_bytes(bytes([first]) + file.read(width - 1), "big")
    return width, value if keep_mark else value & ((1 << 7 * width) - 1)


def _number(file: BinaryIO, at: int, width: int) -> int:
    file.seek(at)
    return int.from_bytes(file.read(width), "big")


def _byte(file: BinaryIO) -> int:
    return int.from_bytes(file.read(1), "big")


_ENDS: dict[str, Callable[[BinaryIO, int], int]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "video/mp4": _mp4,
    "video/webm": _webm,
}
