"""Request bodies read raw: bounded, decompressed as they come, cut into lines or decoded item by item."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
import zstandard
from litestar import Request

from core.errors import Invalid, TooLarge, UnsupportedMediaType
from core.vocabulary import expected, fields_at, words_at
from core.wire.common import READS, FieldError

AT_ONCE = 10_000
"""Items of a bulk body."""
JSON_LIMIT = 32 * 1024 * 1024
"""Bytes of a JSON body, after decompression."""
LINE_LIMIT = 64 * 1024
"""Bytes of one NDJSON line."""

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
EVENT_STREAM = "text/event-stream"


class BrokenFrame(Invalid):
    """The compressed body is damaged or stops before its end."""

    code = "broken_compression"


def content_type(request: Request[Any, Any, Any]) -> str:
    """The media type without parameters; JSON when the caller names none."""
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower() or JSON


async def chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body in pieces of bounded size, decompressed by its Content-Encoding (gzip or zstd).

    Raises `BrokenFrame` when a compressed body is damaged or ends early, `TooLarge` when it unpacks to far more than
    signals do, `UnsupportedMediaType` for other encodings.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        pieces: AsyncIterator[bytes] = request.stream()
    elif encoding in ("gzip", "x-gzip"):
        pieces = _unpacked(request.stream(), _gunzip)
    elif encoding == "zstd":
        pieces = _unpacked(request.stream(), _unzstd)
    else:
        raise UnsupportedMediaType("Send the body plain, or with Content-Encoding gzip or zstd.")
    async for piece in pieces:
        yield piece


_PIECE = 256 * 1024
_FREE = 1024 * 1024
"""Bytes that any compressed body may unpack to."""
_RATIO = 100
"""Bytes out for a byte in, beyond that. Signals reach 20 to 40; a bomb reaches 1,000 in gzip and 30,000 in zstd."""


async def _unpacked(
    source: AsyncIterator[bytes], unpack: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
) -> AsyncIterator[bytes]:
    taken = given = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        async for data in source:
            taken += len(data)
            yield data

    async for piece in unpack(counted()):
        for start in range(0, len(piece), _PIECE):
            yield piece[start : start + _PIECE]
            # What one chunk unpacks to comes without a pause: other requests want their turn.
            await asyncio.sleep(0)
        given += len(piece)
        if given > _FREE + _RATIO * taken:
            raise TooLarge(f"The body unpacks to more than {_RATIO} times its size.")


async def _gunzip(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    async for data in source:
        left = data
        while left:
            if inflate.eof:
                inflate = zlib.decompressobj(wbits=31)
            try:
                # Bounded output: a bomb is met piece by piece and stops at the reader's own limit.
                piece = inflate.decompress(left, _PIECE)
            except zlib.error:
                raise BrokenFrame("The gzip body is damaged.") from None
            if piece:
                yield piece
            left = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    if not inflate.eof:
        raise BrokenFrame("The gzip body ends before its frame does.")


async def _unzstd(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflate = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj()
    started = False
    async for data in source:
        # Slices bound what one call can inflate.
        for start in range(0, len(data), 256):
            part = data[start : start + 256]
            while part:
                if inflate.eof:
                    inflate = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj()
                started = True
                try:
                    piece = inflate.decompress(part)
                except zstandard.ZstdError:
                    raise BrokenFrame("The zstd body is damaged.") from None
                if piece:
                    yield piece
                part = inflate.unused_data if inflate.eof else b""
    if not started or not inflate.eof:
        raise BrokenFrame("The zstd body ends before its frame does.")


async def body(request: Request[Any, Any, Any], limit: int = JSON_LIMIT) -> bytes:
    """The whole body. Raises `TooLarge` beyond `limit` bytes."""
    whole = bytearray()
    async for piece in chunks(request):
        whole += piece
        if len(whole) > limit:
            raise TooLarge(f"The body may have {limit} bytes; send less at a time, or stream {NDJSON}.")
    return bytes(whole)


async def json_body(request: Request[Any, Any, Any]) -> bytes:
    """The whole of a body that calls itself JSON. Raises `UnsupportedMediaType` for others."""
    media_type = content_type(request)
    if media_type != JSON and not media_type.endswith("+json"):
        taken = request.route_handler.opt.get("takes") or {JSON: None}
        raise UnsupportedMediaType(f"Send {' or '.join(taken)}; this calls itself {media_type}.")
    return await body(request)


S = TypeVar("S")
T = TypeVar("T")

_TURN = 500
"""Items between two chances for other requests: some ten milliseconds of the dearest kinds."""


async def in_turns(items: Sequence[S], work: Callable[[int, S], T]) -> list[T]:
    """`work(index, item)` for each of thousands of items, without keeping the event loop from everyone else."""
    done: list[T] = []
    for index, item in enumerate(items):
        if index % _TURN == _TURN - 1:
            await asyncio.sleep(0)
        done.append(work(index, item))
    return done


class TypedRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded once, straight into the type that its handler's `data` has, if it has one.

    Litestar converts loosely what it has decoded without a type, so that 0 passes for a date and "1" for a number.
    """

    async def json(self) -> Any:
        field = self.route_handler.parsed_fn_signature.parameters.get("data")
        return decode(await json_body(self), _decoder(field.annotation if field else Any))


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(data: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a body as a whole; faults become `Invalid` with a pointer."""
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        fault = field_error(exc, "", decoder.type) if data else FieldError("", "missing", "It is empty.")
        raise Invalid("The body is not what this call expects.", errors=[fault]) from None


_AT = re.compile(r"^(.*) - at (`key` in )?`\$(.*)`$", re.DOTALL)
_FIELD = re.compile(r"^Object (missing required|contains unknown) field `([^`/~]+)`")
_WORD = re.compile(r"^Invalid (?:enum )?value '?(.*?)'?$", re.DOTALL)
_TIME = "Expected a time with its zone (RFC 3339), such as 2026-10-01T08:30:00+07:00"
_PLAINER = {
    "Invalid RFC3339 encoded datetime": _TIME,
    "Expected `datetime` with a timezone component": _TIME,
    "Invalid RFC3339 encoded date": "Expected a date, such as 2026-10-01",
    **{f"Expected `str` matching regex {pattern!r}": f"Expected {said}" for pattern, said in READS.items()},
}
"""By what msgspec says."""
_INDEX = re.compile(r"\[(\d+)\]")
_DEEPEST = 200
"""Letters of a place that a type of ours can have."""


def field_error(exc: Exception, base: str = "", kind: Any = Any) -> FieldError:
    """What msgspec says, with its `$.a[0].b` as a JSON pointer below `base`.

    `kind` is the type that was expected: where it takes few words only, they are named.
    """
    if isinstance(exc, RecursionError):
        return FieldError(pointer=base, code="too_deep", detail="The JSON is nested too deeply.")
    if not isinstance(exc, msgspec.ValidationError):
        return FieldError(pointer=base, code="not_json", detail=f"This is not JSON in UTF-8: {exc}.")
    found = _AT.match(str(exc))
    detail, of_key, path = found.groups() if found else (str(exc), None, "")
    # `[...]` is some entry of a mapping: the pointer ends at the mapping.
    pointer = base + _INDEX.sub(r"/\1", path.partition("[...]")[0]).replace(".", "/")
    # Wherever in a list: the places of a type are few, and what they take is remembered. Cut, because the name of an
    # unknown field may be written so that it ends like a place, at any length.
    place = _INDEX.sub("[]", path[:_DEEPEST]) + ("{}" if of_key else "")
    if named := _FIELD.match(detail):
        if named[1] == "missing required":
            return FieldError(f"{pointer}/{named[2]}", "missing", detail)
        fields = fields_at(kind, place)
        return FieldError(f"{pointer}/{named[2]}", "unknown", expected(named[2], fields) if fields else detail)
    if (word := _WORD.match(detail)) and (words := words_at(kind, place)):
        return FieldError(pointer, "invalid", expected(word[1], words))
    return FieldError(pointer, "invalid", _PLAINER.get(detail, detail))
