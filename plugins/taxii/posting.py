"""Objects that partners post: read one by one, kept as they came, and heard as claims and opinions.

2026-11-22: a post is done when it is answered, in one transaction with its claims, so a status never waits. What is
refused costs itself alone: nothing that a client of the collection could not read again is stored. Held by
tests/plugins/taxii/test_posting.py and tests/clients/test_taxii.py.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import visible
from core.sdk import NotFound, OpinionIn, OpinionStatus, Principal, Refused, Scope, SubmitResult, in_turns
from core.signals import items, opinions
from core.signals.guard import Guard
from core.signals.keys import Keys, public_id
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from plugins.taxii import checking, sharing
from plugins.taxii.asking import Filters
from plugins.taxii.collections import Collection
from plugins.taxii.meaning import Voiced, meaning
from plugins.taxii.models import TaxiiObject
from plugins.taxii.removing import RemoveObject
from plugins.taxii.statuses import Status, Told, why
from plugins.taxii.storing import Posted, StoreObjects


class Poster(msgspec.Struct, frozen=True):
    """Who posts, where, and the parts of the hub that it takes."""

    session: AsyncSession
    """Read-only, with the poster's eyes."""
    principal: Principal
    collection: Collection
    writer: SignalWriter
    kinds: Kinds
    keys: Keys
    guard: Guard


async def post(poster: Poster, objects: Sequence[msgspec.Raw]) -> Status:
    """Keep what may be kept. Raises `Unavailable` when nothing was stored."""
    read = await in_turns(objects, lambda number, raw: _read(poster, number, bytes(raw)))
    heard = await _hear(poster, [one for one in read if isinstance(one, Posted) and one.meant.opinion])
    answers = [heard.get(number, one) for number, one in enumerate(read)]
    job = StoreObjects(
        poster.principal.partner,
        poster.collection,
        [one for one in answers if isinstance(one, Posted)],
        {number: one for number, one in enumerate(answers) if isinstance(one, Told)},
    )
    await poster.writer.write(job, poster.principal.client, "AddTaxiiObjects")
    return job.status


def _read(poster: Poster, number: int, raw: bytes) -> Posted | Told:
    meant = meaning(raw)
    if isinstance(meant, Refused):
        return Told(_named(raw), "", f"{meant.pointer or 'object'}: {meant.reason}")
    fault = checking.fault(raw) or sharing.fault(poster.collection, meant.tlp)
    if fault:
        return Told(meant.id, meant.version, fault)
    if meant.signal is None:
        return Posted(number, raw, meant, None, meant.note)
    pointer = f"/objects/{number}"
    item = items.accept(meant.signal, number, pointer, poster.kinds, poster.keys, poster.guard)
    if isinstance(item, SubmitResult):
        return Told(meant.id, meant.version, why(item.errors))
    return Posted(number, raw, meant, item)


class _Named(msgspec.Struct):
    id: str = ""


def _named(raw: bytes) -> str:
    """The id of an object that is refused, as far as there is one to be read."""
    try:
        return msgspec.json.decode(raw, type=_Named).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


async def _hear(poster: Poster, voiced: Sequence[Posted]) -> dict[int, Posted | Told]:
    """Give the opinions that objects mean; by number, what becomes of the objects.

    One whose opinion is refused is not kept. What speaks of nothing that the poster may see is kept, and does nothing.
    """
    if not voiced:
        return {}
    if Scope.OPINIONS_WRITE not in poster.principal.scopes:
        return {one.number: one.told("Sightings and opinions need the scope opinions:write.") for one in voiced}
    refs = {ref for one in voiced if one.meant.opinion for ref in one.meant.opinion.refs}
    signals = await _signals(poster, refs)
    given = [(one, said) for one in voiced if one.meant.opinion for said in _said(one.meant.opinion, signals)]
    sent = [msgspec.Raw(msgspec.json.encode(said)) for _, said in given]
    taken = await opinions.give(poster.principal, poster.writer, poster.kinds, sent, "AddTaxiiObjects")
    heard: dict[int, Posted | Told] = {
        one.number: msgspec.structs.replace(one, note="Kept; it speaks of no signal that you may see.")
        for one in voiced
    }
    for (one, _), result in zip(given, taken.results, strict=True):
        if result.status is OpinionStatus.REJECTED:
            heard[one.number] = one.told(why(result.errors))
        elif isinstance(heard[one.number], Posted) and result.status is not OpinionStatus.NOT_FOUND:
            heard[one.number] = msgspec.structs.replace(one, note=_NOTES.get(result.status, ""))
    return heard


_NOTES = {OpinionStatus.OWN_CLAIM: "Kept; no opinion, for the claim is your own."}


def _said(voiced: Voiced, signals: Mapping[str, str]) -> list[OpinionIn]:
    known = dict.fromkeys(signals[ref] for ref in voiced.refs if ref in signals)
    return [OpinionIn(signal, voiced.stance, voiced.reason, voiced.outcome) for signal in known]


async def _signals(poster: Poster, refs: set[str]) -> dict[str, str]:
    """Public ids of the signals that objects of the collection mean, by the objects' ids."""
    wanted = select(TaxiiObject.id, TaxiiObject.bytes).where(
        visible(TaxiiObject, poster.principal),
        TaxiiObject.collection == str(poster.collection.id),
        TaxiiObject.is_last,
        TaxiiObject.id.in_(sorted(refs)),
    )
    found: dict[str, str] = {}
    for row in await poster.session.execute(wanted):
        meant = meaning(row.bytes)
        if not isinstance(meant, Refused) and meant.signal:
            canonical = poster.kinds.parse(meant.signal.kind, meant.signal.value)
            found[row.id] = public_id(poster.keys.signal(meant.signal.kind, canonical.identity))
    return found


async def remove(poster: Poster, name: str, chosen: Filters) -> None:
    """Drop the poster's versions of an object. Raises `NotFound` where it has none of those wanted."""
    job = RemoveObject(poster.principal.partner, str(poster.collection.id), name, chosen)
    await poster.writer.write(job, poster.principal.client, "DeleteTaxiiObject")
    if not job.removed:
        raise NotFound
