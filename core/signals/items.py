"""From what a partner sent to what the planner folds: one item at a time, each with its own faults."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from core import times
from core.edge import field_error
from core.signals.guard import Guard, Listed
from core.signals.keys import Keys
from core.signals.kinds import Kinds, UnknownKind
from core.signals.plan import Known, Spelling
from core.times import to_micros
from core.wire.common import FieldError
from core.wire.kinds import Note
from core.wire.signals import Category, Held, SignalIn, SubmitResult, SubmitStatus, Tlp

_decoder = msgspec.json.Decoder(SignalIn)
_encoder = msgspec.json.Encoder(order="sorted")
_FIRST, _LAST = to_micros(datetime(1, 1, 1, tzinfo=UTC)), to_micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC))


class Item(msgspec.Struct, frozen=True, gc=False):
    """A well-formed item: its signal, and what is said of it but for the audience, which needs the database."""

    index: int
    pointer: str
    signal: Known
    spelling: Spelling
    tlp: str
    groups: tuple[str, ...]
    external_id: str | None
    content: tuple[Any, ...]
    """In the order of `plan.CONTENT`."""
    noted: tuple[Note, ...] = ()
    """What the kind says of the value."""
    listed: Listed | None = None
    """Where it is on the negative list."""
    screened: str | None = None
    """Why a plugin holds it."""

    @property
    def held(self) -> str:
        """Why it is held before anybody else sees it; empty where nothing speaks against it."""
        if self.listed:
            return Held.GUARD.value
        return "" if self.screened is None else Held.SCREEN.value


def read(
    raw: bytes | msgspec.Raw, index: int, pointer: str, kinds: Kinds, keys: Keys, guard: Guard
) -> Item | SubmitResult:
    """Decode and normalise one item. `pointer` is where it lies in the body."""
    try:
        sent = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return rejected(index, field_error(exc, pointer, SignalIn))
    return accept(sent, index, pointer, kinds, keys, guard)


def accept(sent: SignalIn, index: int, pointer: str, kinds: Kinds, keys: Keys, guard: Guard) -> Item | SubmitResult:
    """Normalise one item that is already a Struct."""
    try:
        canonical = kinds.parse(sent.kind, sent.value)
    except UnknownKind as exc:
        return rejected(index, FieldError(f"{pointer}/kind", "unknown_kind", str(exc)))
    except ValueError as exc:
        return rejected(index, FieldError(f"{pointer}/value", "invalid_value", str(exc)))
    seen = [None if one is None else to_micros(one) for one in (sent.first_seen, sent.last_seen, sent.valid_until)]
    fault = _fault_of_times(seen, pointer) or _fault_of_category(sent, kinds, pointer)
    if fault:
        return rejected(index, fault)
    return Item(
        index,
        pointer,
        Known(keys.signal(sent.kind, canonical.identity), sent.kind),
        Spelling(canonical.display, sent.value),
        sent.tlp or "",
        tuple(sorted(set(sent.groups))) if sent.groups else (),
        sent.external_id,
        (
            (sent.category or Category.OTHER).value,
            sent.confidence,
            sent.severity and sent.severity.value,
            *seen,
            sent.campaign,
            _encoder.encode(sent.context).decode() if sent.context else "{}",
            sent.origin,
            " ".join(sorted(set(sent.derived_from))) if sent.derived_from else "",
        ),
        canonical.notes,
        guard.hit(sent.kind, canonical.identity),
    )


def _fault_of_times(moments: Sequence[int | None], pointer: str) -> FieldError | None:
    soon = times.now() + times.DAY
    for name, moment in zip(("first_seen", "last_seen", "valid_until"), moments, strict=True):
        if moment is None:
            continue
        # With its zone it may lie in the year 0 or 10000, which no reader can be shown.
        if not _FIRST <= moment <= _LAST:
            return FieldError(f"{pointer}/{name}", "out_of_range", "Expected a time in the years 1 to 9999, UTC.")
        # A score fades from then on: what is seen in a year to come would not fade for a year.
        if moment > soon and name != "valid_until":
            return FieldError(f"{pointer}/{name}", "in_the_future", f"{name} has not come yet.")
    first_seen, last_seen, _ = moments
    if first_seen is not None and last_seen is not None and last_seen < first_seen:
        return FieldError(f"{pointer}/last_seen", "before_first_seen", "last_seen is before first_seen.")
    return None


def _fault_of_category(sent: SignalIn, kinds: Kinds, pointer: str) -> FieldError | None:
    """A claim of abuse material is not suspended by one voice; that is for hashes, and no way out for the rest."""
    if sent.category is not Category.CSAM_HASH or sent.kind in kinds.hashes:
        return None
    hashes = ", ".join(sorted(kinds.hashes))
    return FieldError(f"{pointer}/category", "only_for_hashes", f"csam_hash is for the kinds {hashes}.")


def rejected(index: int, *errors: FieldError) -> SubmitResult:
    return SubmitResult(index=index, id=None, status=SubmitStatus.REJECTED, errors=errors)


def notes(item: Item, held: str) -> tuple[FieldError, ...]:
    """What the submitter should know of an item that was taken, and why its claim is `held`, if it is."""
    noted: tuple[FieldError, ...] = (_on_hold(item, held),) if held else ()
    if item.noted:
        noted += tuple(FieldError(f"{item.pointer}/value", note.code, note.detail) for note in item.noted)
    if item.groups or item.tlp not in (Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED):
        return noted
    detail = f"{item.tlp} without groups is shared with nobody; name sharing groups to share it."
    return (*noted, FieldError(f"{item.pointer}/tlp", "audience_empty", detail))


def _on_hold(item: Item, held: str) -> FieldError:
    if held == Held.BURST:
        detail = (
            "More than your partner's limit of this hour; a reviewer releases it. GET /v1/me/limits has the numbers."
        )
        return FieldError(item.pointer, held, detail)
    if held == Held.SCREEN:
        why = f": {item.screened}" if item.screened else ""
        return FieldError(item.pointer, held, f"Held for a look{why}. Shown to nobody else until reviewed.")
    # The entry may have been removed since, and what it held stays held.
    entry = f": {item.listed.value} ({item.listed.label})" if item.listed else ""
    return FieldError(
        f"{item.pointer}/value", held, f"On the negative list{entry}. Shown to nobody else until reviewed."
    )
