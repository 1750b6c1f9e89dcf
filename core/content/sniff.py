"""Whether bytes are what they are said to be.

An allow-list: a type that is not in data/types.json (SVG, HTML and zip among them) does not come in. A file is looked
at from both ends, since a picture that goes on as an archive passes any look at its first bytes.
"""

import re
from importlib.resources import files

import msgspec

from core.errors import UnsupportedMediaType


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes that stand at a place."""

    at: int
    hex: str


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type of file that may come in."""

    media_type: str
    extensions: tuple[str, ...]
    limit: int
    """Bytes."""
    starts: tuple[Mark, ...] = ()
    """One of them must be there. None: it is text."""
    ends: str | None = None
    """Hex of the last bytes, where the format has an end mark."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    types: tuple[Kind, ...]


_FILE = msgspec.json.decode(files("core.content").joinpath("data/types.json").read_bytes(), type=_File)
KINDS = {kind.media_type: kind for kind in _FILE.types}


def expected(name: str, media_type: str) -> Kind:
    """The kind that a declared type names. Raises `UnsupportedMediaType` for others, and when the name belies it."""
    kind = KINDS.get(media_type)
    if kind is None:
        raise UnsupportedMediaType(f"Send one of {', '.join(KINDS)} as Content-Type.")
    if name.rpartition(".")[2].lower() not in kind.extensions:
        endings = " or ".join(f".{ending}" for ending in kind.extensions)
        raise UnsupportedMediaType(f"The name of a {media_type} ends in {endings}.")
    return kind


def check(kind: Kind, first: bytes, last: bytes, size: int) -> None:
    """Hold both ends of a file of `size` bytes against `kind`. Raises `UnsupportedMediaType`."""
    if not _begins(kind, first, cut=size > len(first)):
        raise UnsupportedMediaType(f"The bytes are no {kind.media_type}. Send them under their own type.")
    if not _ends(kind, first, last, size) or _is_archive(last):
        raise UnsupportedMediaType(f"The {kind.media_type} is cut short, or something else follows it.")


def _begins(kind: Kind, first: bytes, *, cut: bool) -> bool:
    if not kind.starts:
        # Where the look ends, a character may be cut in two.
        whole = re.sub(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z", b"", first) if cut else first
        return _is_text(kind, whole)
    marks = ((mark.at, bytes.fromhex(mark.hex)) for mark in kind.starts)
    if not any(first[at : at + len(mark)] == mark for at, mark in marks):
        return False
    # EBML is the container of WebM and of others; its header names the document type.
    return kind.media_type != "video/webm" or b"\x42\x82\x84webm" in first[:64]


def _ends(kind: Kind, first: bytes, last: bytes, size: int) -> bool:
    if kind.media_type == "image/webp":
        return first[:4] == b"RIFF" and int.from_bytes(first[4:8], "little") + 8 == size
    if kind.media_type == "application/pdf":
        return last.rstrip()[-5:] == b"%%EOF"
    return last.endswith(bytes.fromhex(kind.ends or ""))


_NOT_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SRT = re.compile(r"\s*\d+\s*\n\s*\d\d:\d\d:\d\d[,.]\d{3} --> ")


def _is_text(kind: Kind, data: bytes) -> bool:
    """UTF-8 without controls that does not begin like markup. The first bytes stand for the rest."""
    try:
        text = data.decode("utf-8-sig").replace("\r", "")
    except UnicodeDecodeError:
        return False
    if not text.strip() or _NOT_TEXT.search(text) or text.lstrip("\ufeff \t\n").startswith("<"):
        return False
    if kind.media_type == "text/vtt":
        return re.match(r"WEBVTT(\s|$)", text) is not None
    return kind.media_type != "application/x-subrip" or _SRT.match(text) is not None


def _is_archive(last: bytes) -> bool:
    """Whether a zip archive ends where the file ends: readers of zip look from the back."""
    at = last.rfind(b"PK\x05\x06")
    if at < 0 or len(last) - at < 22:
        return False
    return at + 22 + int.from_bytes(last[at + 20 : at + 22], "little") == len(last)
