"""Pages of a collection: what partners posted and what the hub renders, in the order of the log.

A page is cut between positions, never within one: dates of one position are one date, and who goes on by time would
miss the rest.
"""

from collections.abc import Sequence, Set
from typing import Protocol, TypeVar

import msgspec

from core.signals import feed, selection
from core.signals.feed import Change
from plugins.taxii.collections import Eyes
from plugins.taxii.reading import own_ids, rendered, stored
from plugins.taxii.reading.query import Filters, Walk
from plugins.taxii.reading.rendered import Entry
from plugins.taxii.reading.stored import Row
from plugins.taxii.stix.markings import PREFACE, PREFACE_AT
from plugins.taxii.stix.meaning import Meant, meaning

_AT_ONCE = 1_001
"""Objects looked at in one go: each may have 64 kB."""
_HEAVY = 16 * 1024 * 1024
"""Bytes from which on a page is cut."""


class Claimed(Protocol):
    """What stands and falls with a claim, if it means a signal."""

    @property
    def partner(self) -> int: ...

    @property
    def signal(self) -> int | None: ...


C = TypeVar("C", bound=Claimed)


class Page(msgspec.Struct, frozen=True):
    """What comes next in a collection."""

    entries: Sequence[Entry | Row]
    reached: int
    """Position up to which it brings the reader."""
    more: bool
    """There is at least one entry behind it."""


async def page(eyes: Eyes, chosen: Filters, walk: Walk, limit: int) -> Page:
    """The next `limit` entries that fit; as many unless the collection ends or they are too much to hold, since clients
    ask for no more afterwards than they got once."""
    if chosen.ids is not None:
        return _cut(await _named(eyes, chosen, walk), limit, walk.position)
    found = _preface(chosen, walk)
    while walk.position < walk.now.head and len(found) <= limit:
        more, reached = await _window(eyes, chosen, walk, min(limit + 1 - len(found), _AT_ONCE))
        found += more
        if sum(len(entry.body) for entry in found) > _HEAVY:
            limit = min(limit, len(found) - 1)
        walk = msgspec.structs.replace(walk, position=reached)
    return _cut(found, limit, walk.position)


def _cut(found: list[Entry | Row], limit: int, reached: int) -> Page:
    if len(found) <= limit:
        return Page(found, reached, more=False)
    behind = found[limit].position
    kept = [entry for entry in found[:limit] if entry.position < behind]
    kept = kept or [entry for entry in found if entry.position == behind]
    return Page(kept, kept[-1].position, more=len(kept) < len(found))


def _preface(chosen: Filters, walk: Walk) -> list[Entry | Row]:
    return [
        entry
        for entry in _PREFACE
        if entry.position > walk.position
        and chosen.admits(entry.type, entry.spec_version)
        and chosen.admits_version(entry.version)
        and (chosen.ids is None or entry.id in chosen.ids)
    ]


def _entry_of_preface(position: int, body: bytes) -> Entry:
    meant = meaning(body)
    assert isinstance(meant, Meant)
    added = PREFACE_AT + position - 1
    return Entry(position, added, meant.id, meant.version, meant.type, meant.spec_version, body)


_PREFACE = [_entry_of_preface(position, body) for position, body in enumerate(PREFACE, 1)]


async def _window(eyes: Eyes, chosen: Filters, walk: Walk, most: int) -> tuple[list[Entry | Row], int]:
    """Some `most` entries after a position, and the position up to which all are there."""
    top = walk.now.head
    between = {"start": walk.start, "after": walk.position, "last": top, "most": most}
    rows = await stored.window(eyes, chosen, **between)
    end = rows[-1].position if len(rows) == most else top
    if chosen.types is not None and "indicator" not in chosen.types:
        return [*await _newest_form(eyes, chosen, await standing(eyes, rows, set()))], end
    apart = {row.position for row in rows if row.covers == row.position}
    found = await feed.changes(*eyes.parts, walk.place.cursor, most, apart=apart)
    end = min(end, found.reached)
    known = {(row.partner, row.signal) for row in rows if row.position in found.apart}
    known |= {(voice.partner, voice.signal) for change in found.changes for voice in change.voices if voice.live}
    shown = await standing(eyes, [row for row in rows if row.position <= end], known)
    changes = [change for change in found.changes if change.position <= end]
    changes += await _unmoved(eyes, walk, shown)
    made = await rendered.entries(eyes, walk, changes)
    entries: list[Entry | Row] = [*await _newest_form(eyes, chosen, shown)]
    if made:
        fitting = [entry for entry in made if chosen.admits(entry.type, entry.spec_version)]
        entries += [entry for entry in fitting if chosen.admits_version(entry.version)]
        entries.sort(key=_position)
    return entries, end


async def standing(eyes: Eyes, rows: Sequence[C], known: Set[tuple[int, int | None]]) -> Sequence[C]:
    """Those that may be shown: what means a signal stands and falls with its poster's claim. `known` are claims that
    stand, by partner and signal."""
    doubtful = {
        (row.partner, row.signal) for row in rows if row.signal is not None and (row.partner, row.signal) not in known
    }
    if not doubtful:
        return rows
    stand = await selection.standing(eyes.session, eyes.principal, eyes.collection.selection, doubtful)
    gone = doubtful - stand
    return [row for row in rows if (row.partner, row.signal) not in gone]


async def _newest_form(eyes: Eyes, chosen: Filters, rows: Sequence[Row]) -> Sequence[Row]:
    """Of all versions of an object those of STIX 2.1, if there are any: others are to be asked for (TAXII 2.1 §3.5)."""
    before = {row.id for row in rows if row.spec_version == "2.0"}
    if chosen.spec_versions is not None or "all" not in chosen.versions or not before:
        return rows
    versions = await standing(eyes, await stored.posted(eyes, before), set())
    since = {one.id for one in versions if one.spec_version == "2.1"}
    return [row for row in rows if row.spec_version == "2.1" or row.id not in since]


async def _unmoved(eyes: Eyes, walk: Walk, shown: Sequence[Row]) -> list[Change]:
    """Signals whose claim stays as it is while an object for it comes or goes: our own indicator goes or comes then."""
    at = {
        row.signal: row.position
        for row in shown
        if row.signal and row.position > walk.start and row.covers != row.position
    }
    if not at:
        return []
    found = await feed.named(*eyes.parts, rows=at.keys())
    return [msgspec.structs.replace(change, position=at[change.voices[0].signal]) for change in found]


async def _named(eyes: Eyes, chosen: Filters, walk: Walk) -> list[Entry | Row]:
    """Objects asked for by id; not what is withdrawn."""
    ids = chosen.ids or ()
    rows = await stored.named(eyes, chosen, ids)
    shown = await _newest_form(eyes, chosen, await standing(eyes, rows, set()))
    entries: list[Entry | Row] = [*_preface(chosen, walk), *shown]
    if chosen.admits("indicator", "2.1"):
        signals = (await own_ids.signals(eyes.session, ids)).values()
        fresh = Walk(0, walk.now.head, 0, walk.now)
        made = await rendered.entries(eyes, fresh, await feed.named(*eyes.parts, ids=set(signals)))
        # A signal that was asked for by its id in another collection has another one here.
        entries += [entry for entry in made if entry.id in ids and chosen.admits_version(entry.version)]
    return sorted([entry for entry in entries if entry.position > walk.position], key=_position)


def _position(entry: Entry | Row) -> int:
    return entry.position
