"""Objects that partners post: read one by one, kept as they came, and heard as claims and opinions.

2026-11-22: a post is done when it is answered, in one transaction with its claims, so a status never waits. What is
refused costs itself alone: nothing that a client of the collection could not read again is stored. Held by
test_posting.py and test_refused.py in tests/plugins/taxii, and by tests/clients/test_taxii.py.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from core.sdk import (
    AT_ONCE,
    Forbidden,
    NotFound,
    OpinionIn,
    OpinionStatus,
    Refused,
    Scope,
    Stance,
    SubmitResult,
    Tlp,
    TooLarge,
    in_turns,
)
from core.signals import items, opinions
from core.signals.guard import Guard
from core.signals.items import Item
from core.signals.keys import public_id
from core.signals.screening import screened
from core.signals.writer import SignalWriter
from plugins.taxii.collections import Eyes
from plugins.taxii.posting import checking, owning, sharing
from plugins.taxii.posting.posted import Posted
from plugins.taxii.posting.removing import RemoveObject
from plugins.taxii.posting.statuses import TaxiiPostStatus, TaxiiStatusDetails, why
from plugins.taxii.posting.storing import StoreObjects
from plugins.taxii.reading import own_ids, pages, query, stored
from plugins.taxii.reading.query import Filters
from plugins.taxii.reading.stored import Row
from plugins.taxii.stix import objects
from plugins.taxii.stix.meaning import Meant, Voiced, meaning, understood
from plugins.taxii.stix.objects import ID


class Poster(msgspec.Struct, frozen=True):
    """Who posts, where, and the parts of the hub that take it."""

    eyes: Eyes
    writer: SignalWriter
    guard: Guard


async def post(poster: Poster, objects: Sequence[msgspec.Raw]) -> TaxiiPostStatus:
    """Keep what may be kept. Raises `Unavailable` when nothing was stored."""
    said = await in_turns(objects, lambda number, raw: _read(poster, number, bytes(raw)))
    read = await _screened(poster, said)
    heard = await _hear(poster, [one for one in read if isinstance(one, Posted) and one.meant.opinion])
    answers = [heard.get(number, one) for number, one in enumerate(read)]
    job = StoreObjects(
        poster.eyes,
        [one for one in answers if isinstance(one, Posted)],
        {number: one for number, one in enumerate(answers) if isinstance(one, TaxiiStatusDetails)},
    )
    await poster.writer.write(job, poster.eyes.principal.client, "AddTaxiiObjects")
    return job.status


async def _screened(poster: Poster, read: Sequence[Posted | TaxiiStatusDetails]) -> list[Posted | TaxiiStatusDetails]:
    """What is a claim as well is looked at as any other submission is."""
    if poster.guard.screen is None:
        return list(read)
    claims = [one.item for one in read if isinstance(one, Posted) and one.item]
    looked = iter(await screened(poster.eyes.principal, poster.guard, claims))
    return [
        msgspec.structs.replace(one, item=next(looked)) if isinstance(one, Posted) and one.item else one for one in read
    ]


def _read(poster: Poster, number: int, raw: bytes) -> Posted | TaxiiStatusDetails:
    try:
        said = objects.read(raw)
        meant = understood(said)
    except Refused as refused:
        return TaxiiStatusDetails(_named(raw), "", f"{refused.pointer or 'object'}: {refused.reason}")
    fault = checking.fault(raw, said, meant.spec_version) or sharing.fault(poster.eyes.collection, meant.tlp)
    if fault:
        return TaxiiStatusDetails(meant.id, meant.version, fault)
    if meant.signal is None:
        return Posted(number, raw, meant, None, meant.note)
    pointer = f"/objects/{number}"
    item = items.accept(meant.signal, number, pointer, poster.eyes.kinds, poster.eyes.keys, poster.guard)
    if isinstance(item, SubmitResult):
        return TaxiiStatusDetails(meant.id, meant.version, why(item.errors))
    return Posted(number, raw, meant, item, "" if meant.tlp else _UNMARKED[poster.eyes.collection.strictest])


_UNMARKED = {tlp: f"No TLP marking: taken as {tlp}." for tlp in Tlp}


class _Named(msgspec.Struct):
    id: str = ""


def _named(raw: bytes) -> str:
    """The id of an object that is refused, as far as there is one to be read."""
    try:
        return msgspec.json.decode(raw, type=_Named).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


async def _hear(poster: Poster, voiced: Sequence[Posted]) -> dict[int, Posted | TaxiiStatusDetails]:
    """Give the opinions that objects mean, or withdraw them; by number, what becomes of the objects.

    One whose opinion is refused is not kept. What speaks of nothing that the poster may see is kept, and does nothing;
    so is what has a newer version. To revoke an object withdraws what it said, not what another has said since.
    """
    if not voiced:
        return {}
    if Scope.OPINIONS_WRITE not in poster.eyes.principal.scopes:
        return {one.number: one.told("Sightings and opinions need the scope opinions:write.") for one in voiced}
    refused = await owning.refused(poster.eyes, voiced)
    before = await _before(poster.eyes, {one.meant.id for one in voiced})
    voiced = _newest(before, [one for one in voiced if one.number not in refused])
    refs = {ref for one in voiced if one.meant.opinion for ref in one.meant.opinion.refs}
    signals = await _signals(poster.eyes, refs)
    stands = await opinions.own(poster.eyes.session, poster.eyes.principal, {*signals.values()})
    given = [
        (one, said)
        for one in voiced
        if one.meant.opinion
        for said in _said(one.meant.opinion, signals)
        if said.stance or stands.get(said.id) is _stance(before.get(one.meant.id))
    ]
    if len(given) > AT_ONCE:
        raise TooLarge(f"Objects of a post may speak of {AT_ONCE} signals; send several.")
    sent = [msgspec.Raw(msgspec.json.encode(said)) for _, said in given]
    taken = await opinions.give(poster.eyes.principal, poster.writer, poster.eyes.kinds, sent, "AddTaxiiObjects")
    heard: dict[int, Posted | TaxiiStatusDetails] = {**refused}
    heard |= {one.number: msgspec.structs.replace(one, note=_NOTHING) for one in voiced}
    for (one, _), result in zip(given, taken.results, strict=True):
        if result.status is OpinionStatus.REJECTED:
            heard[one.number] = one.told(why(result.errors))
        elif isinstance(heard[one.number], Posted) and result.status is not OpinionStatus.NOT_FOUND:
            heard[one.number] = msgspec.structs.replace(one, note=_NOTES.get(result.status, ""))
    return heard


async def _before(eyes: Eyes, ids: Collection[str]) -> dict[str, Row]:
    """The last version of each object, of those that its poster has there."""
    return {row.id: row for row in await stored.newest(eyes, ids) if row.partner == eyes.principal.partner}


def _newest(before: Mapping[str, Row], voiced: Sequence[Posted]) -> list[Posted]:
    """Of each object the version that holds: clients send old ones again, and they say nothing any more."""
    last = {name: row.version for name, row in before.items()}
    for one in voiced:
        last[one.meant.id] = max(one.meant.version, last.get(one.meant.id, ""))
    return [one for one in voiced if one.meant.version == last[one.meant.id]]


def _stance(row: Row | None) -> Stance | None:
    """What an object that is there says."""
    meant = meaning(row.body) if row else None
    return meant.opinion.stance if isinstance(meant, Meant) and meant.opinion else None


_NOTHING = "Kept; you may see no signal that it speaks of, or have no opinion to withdraw."
_NOTES = {OpinionStatus.OWN_CLAIM: "Kept; no opinion, for the claim is your own."}


def _said(voiced: Voiced, signals: Mapping[str, str]) -> list[OpinionIn]:
    known = dict.fromkeys(signals[ref] for ref in voiced.refs if ref in signals)
    return [OpinionIn(signal, voiced.stance, voiced.reason, voiced.outcome) for signal in known]


async def _signals(eyes: Eyes, refs: Collection[str]) -> dict[str, str]:
    """Public ids of the signals that objects of the collection mean, posted or rendered; by the objects' ids."""
    found = await own_ids.signals(eyes.session, refs)
    rows = await stored.named(eyes, Filters(), refs)
    for row in sorted(rows):
        meant = meaning(row.body)
        if not isinstance(meant, Refused) and meant.signal:
            canonical = eyes.kinds.parse(meant.signal.kind, meant.signal.value)
            # What the hub gave an id to is that signal, and else what was posted first.
            found.setdefault(row.id, public_id(eyes.keys.signal(meant.signal.kind, canonical.identity)))
    return found


def _claimed(poster: Poster, raw: bytes) -> tuple[Item, Tlp | None] | None:
    one = _read(poster, 0, raw)
    return (one.item, one.meant.tlp) if isinstance(one, Posted) and one.item else None


async def remove(poster: Poster, name: str, chosen: Filters) -> None:
    """Drop the poster's versions of an object.

    Raises `Forbidden` for what it may only read, and `NotFound` where there is nothing of those versions.
    """
    eyes = poster.eyes
    if not ID.fullmatch(name):
        raise NotFound
    job = RemoveObject(eyes.principal.partner, eyes.collection, name, chosen, lambda raw: _claimed(poster, raw))
    await poster.writer.write(job, eyes.principal.client, "DeleteTaxiiObject")
    if job.removed:
        return
    every = query.filters(name, None, "all", None)
    begun = await query.walk(eyes, every)
    if not job.left and (await pages.page(eyes, every, begun, 1)).entries:
        raise Forbidden("Only who posted an object may delete it.")
    raise NotFound
