"""Places in a reader's walk: opaque to the reader, bound to its partner, its view and its filter."""

import re
import struct
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from core.errors import Gone, Invalid
from core.signals.keys import Keys
from core.wire.common import FieldError

_FORM = struct.Struct(">QQQ8s?")
_BARE = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


class Resync(Gone):
    """The copy cannot be brought up to date from here: walk from zero into a new one."""

    code = "resync"


class Cursor(msgspec.Struct, frozen=True):
    """`position` scanned so far; `start` of the walk: what was closed by then never mattered to this reader."""

    position: int
    start: int
    whole: bool = True
    """The walk began at zero, into a new copy; else at a bare position, over a copy of which only the reader knows."""


def filter_of(kinds: Sequence[str], min_score: int = 0) -> bytes:
    """What a reader asks to be left out, in eight bytes."""
    wanted = " ".join(sorted(set(kinds))) + (f" score>={min_score}" if min_score else "")
    return blake2b(wanted.encode(), digest_size=8).digest()


def encode(cursor: Cursor, view: int, filtered: bytes, keys: Keys, partner: int) -> str:
    return keys.seal(_FORM.pack(cursor.position, cursor.start, view, filtered, cursor.whole), partner)


def decode(
    after: str | None, *, head: int, view: int, horizon: int, filtered: bytes, keys: Keys, partner: int
) -> Cursor:
    """The place that `after` names. Raises `Invalid` for what is no cursor of this reader, `Resync` for a stale one.

    Absent or `0` starts a walk. A bare integer is a position in the log, for readers that keep no opaque text.
    """
    if after is None or not after.strip("0"):
        return Cursor(0, head)
    if _BARE.match(after):
        position = int(after)
        cursor, stale = Cursor(position, position, whole=False), position < view
    else:
        payload = keys.unseal(after, partner)
        if payload is None or len(payload) != _FORM.size:
            raise _invalid("This is not a cursor that the hub gave you; leave `after` out to walk from zero.")
        position, start, seen, used, whole = _FORM.unpack(payload)
        if used != filtered:
            raise _invalid("This cursor belongs to a walk with another filter; keep the filter or walk from zero.")
        cursor, stale = Cursor(position, start, whole), seen != view
    if cursor.position > head:
        raise _invalid("The log has not come that far.")
    if stale or max(cursor.position, cursor.start) < horizon:
        raise Resync(
            "What you may see has changed, or the cursor is older than what the hub keeps. "
            "Leave `after` out and walk from zero into a new copy.",
            headers={"Link": '</v1/signals>; rel="first"'},
        )
    return cursor


def _invalid(detail: str) -> Invalid:
    return Invalid("The query is not what this call expects.", errors=[FieldError("/after", "invalid_cursor", detail)])
