"""The answer to a payload in a partner's own format."""

from enum import StrEnum

import msgspec

from core.wire.common import Count, FieldError
from core.wire.signals import SignalId
from core.wire.takedowns import TakedownId


class ConnectStatus(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"
    """Taken, and shown to nobody else until it is released."""
    RETRACTED = "retracted"
    MOVED = "moved"
    """The takedown case that it speaks of is in that state now."""
    ANSWERED = "answered"
    CORRECTED = "corrected"
    """The case was answered before; that version is kept."""
    RELEASED = "released"
    """The name was dropped; the claim stands under its other names."""
    NOT_FOUND = "not_found"
    """It takes back what the hub does not have from you, or speaks of no case of yours."""
    REJECTED = "rejected"


class ConnectResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one item of the payload."""

    index: Count
    """In the payload, from 0."""
    id: SignalId | None
    status: ConnectStatus
    errors: tuple[FieldError, ...] = ()
    """Why it was rejected, with pointers into the payload; a note on an accepted item."""
    takedown: TakedownId | None = None
    """The case, where it speaks of one."""


class Connected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome for every item of the payload, in its order."""

    position: Count
    """Of the log after this payload."""
    rejected: Count
    results: tuple[ConnectResult, ...]
    left_out: Count = 0
    """Where the payload is your whole list: how many of its earlier entries it leaves out, and are taken back."""
