"""Places in a reader's walk: opaque to the reader, bound to its partner, its view and its filter."""

import re
import struct

import msgspec

from core.errors import Gone, Invalid
from core.signals.keys import Keys
from core.wire.common import FieldError

_FORM = struct.Struct(">QQQQ8s?")
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
    held: int = 0
    """Of readers that know their place less exactly, or walk over an older copy: what was opened by then may be in it,
    besides what the walk came by."""


class Now(msgspec.Struct, frozen=True):
    """What the hub holds a cursor against: the positions that matter to one partner."""

    head: int
    view: int
    """Where its sight last changed."""
    lost: int
    """Where some of it was last taken."""
    horizon: int
    """Up to where closed claims are purged."""


class Place(msgspec.Struct, frozen=True):
    """Where a reader stands."""

    cursor: Cursor
    now: Now
    stale: bool = False
    """Its copy cannot be brought up to date from here."""
    lost: bool = False
    """For it holds what the hub cannot name to it any more: a walk from zero over the same copy would leave that."""

    def renewed(self) -> "Place":
        """Where a reader goes on that cannot be told to begin anew; the same place, unless it is stale.

        From zero over the copy that it has: everything that it may see now comes once more and, as ever, what was taken
        back since. Only what was `lost` stays in the copy.
        """
        if not self.stale:
            return self
        told = max(self.cursor.position, self.cursor.start)
        cursor = Cursor(0, told, whole=False, held=max(told, self.cursor.held))
        return msgspec.structs.replace(self, cursor=cursor, stale=False)

    def holding(self, position: int) -> "Place":
        """The same place of a reader that may hold what was opened up to a later position."""
        return msgspec.structs.replace(self, cursor=msgspec.structs.replace(self.cursor, held=position))

    def fresh(self) -> Cursor:
        """The cursor. Raises `Resync` when it is stale."""
        if self.stale:
            raise Resync(
                "What you may see has changed, or the cursor is older than what the hub keeps. "
                "Leave `after` out and walk from zero into a new copy.",
                headers={"Link": '</v1/signals>; rel="first"'},
            )
        return self.cursor


def encode(cursor: Cursor, view: int, filtered: bytes, keys: Keys, partner: int) -> str:
    return keys.seal(_FORM.pack(cursor.position, cursor.start, cursor.held, view, filtered, cursor.whole), partner)


def decode(after: str | None, now: Now, *, filtered: bytes, keys: Keys, partner: int) -> Place:
    """The place that `after` names. Raises `Invalid` for what is no cursor of this reader under this filter.

    Absent or `0` starts a walk. A bare integer is a position in the log, for readers that keep no opaque text.
    """
    if after is None or not after.strip("0"):
        return Place(Cursor(0, now.head), now)
    if _BARE.match(after):
        position = seen = int(after)
        cursor, moved = Cursor(position, position, whole=False), position < now.view
    else:
        payload = keys.unseal(after, partner)
        if payload is None or len(payload) != _FORM.size:
            raise _invalid("This is not a cursor that the hub gave you; leave `after` out to walk from zero.")
        position, start, held, seen, used, whole = _FORM.unpack(payload)
        if used != filtered:
            raise _invalid("This cursor belongs to a walk with another filter; keep the filter or walk from zero.")
        cursor, moved = Cursor(position, start, whole, held), seen != now.view
    if cursor.position > now.head:
        raise _invalid("The log has not come that far.")
    purged = max(cursor.position, cursor.start) < now.horizon
    return Place(cursor, now, stale=moved or purged, lost=purged or seen < now.lost)


def _invalid(detail: str) -> Invalid:
    return Invalid("The query is not what this call expects.", errors=[FieldError("/after", "invalid_cursor", detail)])
