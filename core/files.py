"""Answering with a file: ranges, conditions and the headers that keep it from doing harm (RFC 9110 §13, §14)."""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from core import answers
from core.errors import Fault, PreconditionFailed


class File(NamedTuple):
    """What is asked for."""

    name: str
    media_type: str
    size: int
    etag: str
    """Strong, with its quotes. The same for the same bytes only."""
    digest: str
    """Value of `Repr-Digest` (RFC 9530)."""
    read: Callable[[int, int], AsyncIterator[bytes]]
    """Bytes from the first position to before the second."""
    inline: bool = False
    """Whether a browser may show it. For what the hub made itself."""


class Plan(NamedTuple):
    """What to answer: 200, 206 or 304, and which bytes."""

    status: HTTPStatus
    start: int
    stop: int

    @property
    def has_content(self) -> bool:
        return self.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)

    @property
    def from_the_start(self) -> bool:
        """Whether this answer hands out the first byte, so that it begins a download and does not go on with one."""
        return self.has_content and self.start == 0


class RangeNotSatisfiable(Fault):
    """No byte of the range asked for is there."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    code = "range_not_satisfiable"


def plan(method: str, headers: Mapping[str, str], file: File) -> Plan:
    """Weigh the conditions in the order of RFC 9110 §13.2.2, then the range.

    Raises `PreconditionFailed` and `RangeNotSatisfiable`.
    """
    whole = Plan(HTTPStatus.OK, 0, file.size)
    if not answers.names(headers.get("if-match", "*"), file.etag):
        raise PreconditionFailed(f"The file is {file.etag} now.")
    if answers.names(headers.get("if-none-match", ""), file.etag, weakly=True):
        return Plan(HTTPStatus.NOT_MODIFIED, 0, 0)
    # A range is defined for GET alone (§14.2), and holds only while the file is the one the caller began with.
    if method != "GET" or headers.get("if-range", file.etag) != file.etag:
        return whole
    return _ranged(headers.get("range", ""), file.size) or whole


_RANGE = re.compile(r"bytes=\s*(\d{0,99})-(\d{0,99})\s*", re.IGNORECASE)


def _ranged(value: str, size: int) -> Plan | None:
    """The plan for one range; None for several (the whole file is a lawful answer) and for what is none."""
    found = _RANGE.fullmatch(value)
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    elif last and int(last) < int(first):
        return None
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    if start >= stop:
        headers = {"Content-Range": f"bytes */{size}"}
        raise RangeNotSatisfiable(f"The file has {size} bytes.", headers=headers)
    return Plan(HTTPStatus.PARTIAL_CONTENT, start, stop)


def respond(file: File, what: Plan) -> Response[Any]:
    """The answer to a GET or HEAD; the framework leaves the body of a HEAD away."""
    # `no-cache` lets a browser keep it but ask each time, so that a recall works; `private` keeps shared caches out.
    headers = {"ETag": file.etag, "Cache-Control": "private, no-cache"}
    if what.status is HTTPStatus.NOT_MODIFIED:
        return Response(None, status_code=what.status, headers=headers)
    headers |= {
        "Accept-Ranges": "bytes",
        "Content-Length": str(what.stop - what.start),
        "Content-Disposition": disposition(file.name, "inline" if file.inline else "attachment"),
        # Not sniffed, not run, not shown inside the hub's own origin.
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Repr-Digest": file.digest,
    }
    if what.status is HTTPStatus.PARTIAL_CONTENT:
        headers["Content-Range"] = f"bytes {what.start}-{what.stop - 1}/{file.size}"
    else:
        headers["Content-Digest"] = file.digest
    content = file.read(what.start, what.stop)
    return Stream(content, status_code=what.status, headers=headers, media_type=file.media_type)


def redirect(address: str) -> Response[Any]:
    """The answer that sends a caller to the same bytes at `address`, this once."""
    return Response(None, status_code=307, headers={"Location": address, "Cache-Control": "private, no-store"})


def disposition(name: str, kind: str = "attachment") -> str:
    """`kind` with the name twice: folded to ASCII, and as it is (RFC 6266 §4.3, RFC 8187)."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^\w. ()+-]", "_", plain, flags=re.ASCII)
    return f"{kind}; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"
