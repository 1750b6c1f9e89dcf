"""From what a partner sent to what the planner folds: one item at a time, each with its own faults."""

from datetime import UTC
from typing import Any

import msgspec

from core import times
from core.edge import field_error
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds, UnknownKind
from core.signals.plan import Known, Spelling
from core.times import to_micros
from core.wire.common import FieldError
from core.wire.kinds import Note
from core.wire.signals import Category, SignalIn, SubmitResult, SubmitStatus, Tlp

_decoder = msgspec.json.Decoder(SignalIn)
_encoder = msgspec.json.Encoder(order="sorted")


class Item(msgspec.Struct, frozen=True):
    """A well-formed item: its signal, and what is said of it but for the audience, which needs the database."""

    index: int
    pointer: str
    signal: Known
    spelling: Spelling
    tlp: str
    groups: tuple[str, ...]
    external_id: str | None
    content: dict[str, Any]
    noted: tuple[Note, ...] = ()
    """What the kind says of the value."""
    held: str = ""
    """Why it is not to be shown to others before it was looked at, or empty."""


def read(
    raw: bytes | msgspec.Raw, index: int, pointer: str, kinds: Kinds, keys: Keys, guard: Guard
) -> Item | SubmitResult:
    """Decode and normalise one item. `pointer` is where it lies in the body."""
    try:
        sent = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return rejected(index, field_error(exc, pointer))
    return accept(sent, index, pointer, kinds, keys, guard)


def accept(sent: SignalIn, index: int, pointer: str, kinds: Kinds, keys: Keys, guard: Guard) -> Item | SubmitResult:
    """Normalise one item that is already a Struct."""
    try:
        canonical = kinds.parse(sent.kind, sent.value)
    except UnknownKind as exc:
        return rejected(index, FieldError(f"{pointer}/kind", "unknown_kind", str(exc)))
    except ValueError as exc:
        return rejected(index, FieldError(f"{pointer}/value", "invalid_value", str(exc)))
    fault = _fault_of_times(sent, pointer)
    if fault:
        return rejected(index, fault)
    return Item(
        index=index,
        pointer=pointer,
        signal=Known(keys.signal(sent.kind, canonical.identity), sent.kind),
        spelling=Spelling(canonical.display, sent.value),
        tlp=sent.tlp or "",
        groups=tuple(sorted(set(sent.groups or ()))),
        external_id=sent.external_id,
        noted=canonical.notes,
        held="guard" if guard.hit(sent.kind, canonical.identity) else "",
        content={
            "category": (sent.category or Category.OTHER).value,
            "confidence": sent.confidence,
            "severity": sent.severity and sent.severity.value,
            "first_seen": sent.first_seen and to_micros(sent.first_seen),
            "last_seen": sent.last_seen and to_micros(sent.last_seen),
            "valid_until": sent.valid_until and to_micros(sent.valid_until),
            "campaign": sent.campaign,
            "context": _encoder.encode(sent.context or {}).decode(),
            "origin": sent.origin,
            "derived_from": " ".join(sorted(set(sent.derived_from))),
        },
    )


def _fault_of_times(sent: SignalIn, pointer: str) -> FieldError | None:
    for name in ("first_seen", "last_seen", "valid_until"):
        moment = getattr(sent, name)
        try:
            # With its zone it may lie in the year 0 or 10000, which no reader can be shown.
            _ = moment and moment.astimezone(UTC)
        except OverflowError:
            return FieldError(f"{pointer}/{name}", "out_of_range", "Expected a time in the years 1 to 9999, UTC.")
    for name in ("first_seen", "last_seen"):
        seen = getattr(sent, name)
        # A score fades from then on: what is seen in a year to come would not fade for a year.
        if seen and to_micros(seen) > times.now() + times.DAY:
            return FieldError(f"{pointer}/{name}", "in_the_future", f"{name} has not come yet.")
    if sent.first_seen and sent.last_seen and sent.last_seen < sent.first_seen:
        return FieldError(f"{pointer}/last_seen", "before_first_seen", "last_seen is before first_seen.")
    return None


def rejected(index: int, *errors: FieldError) -> SubmitResult:
    return SubmitResult(index=index, id=None, status=SubmitStatus.REJECTED, errors=errors)


def notes(item: Item) -> tuple[FieldError, ...]:
    """What the submitter should know of an item that was taken."""
    noted = tuple(FieldError(f"{item.pointer}/value", note.code, note.detail) for note in item.noted)
    if item.groups or item.tlp not in (Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED):
        return noted
    detail = f"{item.tlp} without groups is shared with nobody; name sharing groups to share it."
    return (*noted, FieldError(f"{item.pointer}/tlp", "audience_empty", detail))
