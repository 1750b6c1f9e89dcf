"""What programs submit and say in formats of others, taken as /v1 takes the same from anyone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import (
    Addressed,
    Count,
    FieldError,
    Invalid,
    NotFound,
    OpinionIn,
    OpinionStatus,
    Principal,
    Refused,
    Retraction,
    RetractStatus,
    Selection,
    SignalIn,
    Translated,
    Withdrawal,
    field_error,
)
from core.signals import feed, opinions, signals
from core.signals.guard import Guard
from core.signals.keys import Keys, public_id
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter

N = TypeVar("N")


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many items came, and how many of them hold now."""

    count: Count
    accepted: Count
    errors: tuple[FieldError, ...]
    """One for each item that was not accepted."""


class Sender(msgspec.Struct, frozen=True):
    """Who speaks, and the parts that hear it: fixed for the length of a request."""

    principal: Principal
    snapshot: AsyncSession
    writer: SignalWriter
    kinds: Kinds
    keys: Keys
    guard: Guard
    selection: Selection
    addressed: Addressed
    request: str
    """Name of the operation, for the audit."""


def _sender(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
    selection: Selection,
    addressed: Addressed,
) -> Sender:
    parts = (snapshot, writer, kinds, keys, guard)
    return Sender(principal, *parts, selection, addressed, str(request.route_handler.operation_id))


SENDS: dict[str, Any] = {"dependencies": {"sender": Provide(_sender, sync_to_thread=False)}}
"""Keyword arguments of a handler that names `sender`."""


async def take(sender: Sender, said: Sequence[Translated], pointer: str) -> Taken:
    """Signals and what is taken back, each on its own; `pointer` is where their list lies in the body.

    Signals that name nobody are for those whom the sender's key names.
    """
    errors = {
        at: FieldError(one.pointer, one.code, one.reason) for at, one in enumerate(said) if isinstance(one, Refused)
    }
    given = {at: _addressed(one, sender.addressed) for at, one in enumerate(said) if isinstance(one, SignalIn)}
    taken_back = {at: one.external_id for at, one in enumerate(said) if isinstance(one, Withdrawal)}
    # Structs made here are unchecked: they are decoded again, like those of anyone.
    items = [msgspec.Raw(msgspec.json.encode(one)) for one in given.values()]
    submitted = await signals.submit(
        *(sender.principal, sender.writer, sender.kinds, sender.keys, sender.guard), items, sender.request
    )
    asked = Retraction(external_ids=tuple(taken_back.values()))
    retracted = await signals.retract(sender.principal, sender.writer, asked, sender.request)
    for at, done in zip(given, submitted.results, strict=True):
        if done.id is None:
            errors[at] = FieldError(f"{pointer}/{at}", done.errors[0].code, done.errors[0].detail)
    for at, gone in zip(taken_back, retracted.results, strict=True):
        if gone.status is RetractStatus.NOT_FOUND:
            errors[at] = FieldError(f"{pointer}/{at}", gone.status, "You have submitted no such thing.")
    return Taken(len(said), len(said) - len(errors), tuple(errors[at] for at in sorted(errors)))


def _addressed(signal: SignalIn, addressed: Addressed) -> SignalIn:
    if signal.tlp or signal.groups:
        return signal
    return msgspec.structs.replace(signal, tlp=addressed.tlp, groups=addressed.groups)


_HOLDS = frozenset({OpinionStatus.GIVEN, OpinionStatus.CHANGED, OpinionStatus.UNCHANGED, OpinionStatus.WITHDRAWN})
_WHY_NOT = {
    OpinionStatus.OWN_CLAIM: "You have a claim on it yourself: submit it anew, or take it back.",
    OpinionStatus.NOT_FOUND: "There is no such signal that you may see.",
    OpinionStatus.REJECTED: "You said too much within the hour; send it again later.",
}


async def say(sender: Sender, said: Mapping[int, Sequence[OpinionIn]], pointer: str) -> dict[int, FieldError]:
    """Give opinions, by the place in the body of the item that each comes from: one that may be about several signals
    holds when one of them does. Tells of the others why not."""
    known = await _known(sender, {one.id for several in said.values() for one in several})
    flat = [(at, one) for at, several in said.items() for one in several if one.id in known]
    raw = [msgspec.Raw(msgspec.json.encode(one)) for _, one in flat]
    done = await opinions.give(sender.principal, sender.writer, sender.kinds, raw, sender.request)
    became: dict[int, set[OpinionStatus]] = {at: set() for at in said}
    for (at, _), result in zip(flat, done.results, strict=True):
        became[at].add(result.status)
    return {at: _error(statuses, f"{pointer}/{at}") for at, statuses in became.items() if not statuses & _HOLDS}


async def _known(sender: Sender, ids: Collection[str]) -> set[str]:
    """Those of these signals that the sender reads here, or has said something of: else a key that does not read what
    is RED could find out by feedback what there is, and dispute it."""
    parts = (sender.snapshot, sender.principal)
    shown = await feed.named(*parts, sender.kinds, sender.keys, sender.selection, ids=ids)
    return {one.signal.id for one in shown} | await opinions.given(*parts, ids)


async def say_one(sender: Sender, said: OpinionIn, pointer: str) -> None:
    """Give an opinion that is all that was sent. Raises `NotFound` for what the sender may not see, or `Invalid`."""
    error = (await say(sender, {0: [said]}, pointer)).get(0)
    if error and error.code == OpinionStatus.NOT_FOUND:
        raise NotFound
    if error:
        raise Invalid("The opinion was not taken.", errors=[error])


def _error(statuses: Collection[OpinionStatus], pointer: str) -> FieldError:
    status = next((one for one in _WHY_NOT if one in statuses), OpinionStatus.NOT_FOUND)
    return FieldError(pointer, status, _WHY_NOT[status])


async def hear(
    sender: Sender,
    sent: Sequence[msgspec.Raw],
    decoder: msgspec.json.Decoder[N],
    meaning: Callable[[N], Sequence[OpinionIn] | None],
    pointer: str,
) -> Taken:
    """Opinions item by item, so that a bad one costs only itself. `meaning` gives None of what tells nobody anything,
    and raises `Refused`; `pointer` is where their list lies in the body."""
    said: dict[int, Sequence[OpinionIn]] = {}
    errors: dict[int, FieldError] = {}
    for at, raw in enumerate(sent):
        try:
            meant = meaning(decoder.decode(raw))
        except Refused as refusal:
            errors[at] = FieldError(f"{pointer}/{at}{refusal.pointer}", refusal.code, refusal.reason)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            errors[at] = field_error(exc, f"{pointer}/{at}", decoder.type)
        else:
            if meant is not None:
                said[at] = meant
    errors |= await say(sender, said, pointer)
    return Taken(len(sent), len(sent) - len(errors), tuple(errors[at] for at in sorted(errors)))


def signals_of(value: str, names: Collection[str], sender: Sender) -> list[str]:
    """The ids that a value would have as each of these kinds: formats say what an opinion is about by value alone."""
    found = []
    for kind in names:
        try:
            identity = sender.kinds.parse(kind, value).identity
        except ValueError:
            continue
        found.append(public_id(sender.keys.signal(kind, identity)))
    return found
