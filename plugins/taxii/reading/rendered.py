"""What a change of the feed is in a collection: an indicator of ours, new versions of posted objects, or nothing.

2026-11-22: a claim whose partner posted an object for it is told by that object, as it was posted; the indicator that
we render speaks for all claims, as soon as one of them has no object. Had every signal been rendered, each posted one
would be there twice. We gave up to show what such a partner changes in another way: it posts a new version.
Held by tests/plugins/taxii/test_reading.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.log import clock
from core.sdk import SignalOut, State, to_micros
from core.signals.feed import Change, Voice
from plugins.taxii.collections import Eyes
from plugins.taxii.reading import own_ids, stored
from plugins.taxii.reading.query import Walk
from plugins.taxii.reading.stored import Carried, Pair, Row
from plugins.taxii.stix import indicators


class Entry(NamedTuple):
    """A version of an object at its place in a collection."""

    position: int
    added: int
    """The time of the position, µs: `date_added`."""
    id: str
    version: str
    type: str
    spec_version: str
    body: bytes


Objects = Mapping[Pair, Sequence[Carried]]


class _Twin(NamedTuple):
    """What our own indicator says at a change."""

    change: Change
    signal: SignalOut
    since: int
    """Position at which the first of its claims was opened."""


class _Moved(NamedTuple):
    """An object that the reader has to be told of again."""

    change: Change
    pair: Pair
    id: str
    held: int
    """Position of the newest version that the reader may hold."""
    stands: bool
    """Its claim does again; else it is gone."""
    deleted: bool


async def entries(eyes: Eyes, walk: Walk, changes: Sequence[Change]) -> list[Entry]:
    """What these changes are in the collection."""
    if not changes:
        return []
    signals = {voice.signal for change in changes for voice in change.voices}
    objects = await stored.carried(eyes, signals)
    twins = [twin for change in changes if (twin := _twin(change, walk, objects))]
    moved = [one for change in changes for one in _moved(change, walk, objects)] if objects else []
    at = await _times(eyes, {twin.since for twin in twins} | {change.position for change in changes})
    space = eyes.namespace
    rendered = [_rendered(eyes, twin, space, at) for twin in twins]
    await own_ids.keep(eyes, {entry.id: twin.signal.id for entry, twin in zip(rendered, twins, strict=True)})
    return [*rendered, *(await _again(eyes, walk, moved, at) if moved else ())]


def _twin(change: Change, walk: Walk, objects: Objects) -> _Twin | None:
    """None where our indicator says nothing."""
    since = min(voice.opened for voice in change.voices)
    if not change.gone and any(voice.live and not _speaks(voice, objects) for voice in change.voices):
        return _Twin(change, change.signal, since)
    if any(walk.may_hold(voice.opened, change.position) and _was_rendered(voice, objects) for voice in change.voices):
        signal = change.signal if change.gone else SignalOut(change.signal.id, State.GONE, change.position)
        return _Twin(change, signal, since)
    return None


def _speaks(voice: Voice, objects: Objects) -> bool:
    """Whether its partner has an object for the claim."""
    return any(one.speaks for one in objects.get((voice.partner, voice.signal), ()))


def _was_rendered(voice: Voice, objects: Objects) -> bool:
    """Whether there may have been a time when the claim stood and no object spoke for it."""
    known = objects.get((voice.partner, voice.signal), ())
    came_with_it = any(one.position <= voice.opened for one in known)
    # What was deleted spoke until then.
    spoke = any(one.speaks or (one.removed or 0) > voice.position for one in known)
    stayed = spoke and not any(one.revoked for one in known)
    return not (came_with_it and stayed)


def _moved(change: Change, walk: Walk, objects: Objects) -> list[_Moved]:
    """Objects whose claim is gone, or stands again."""
    opened = {(voice.partner, voice.signal): voice.opened for voice in change.voices if voice.live}
    moved: dict[str, _Moved] = {}
    for pair in {(voice.partner, voice.signal) for voice in change.voices}:
        for one in sorted(objects.get(pair, ())):
            told = pair in opened and (one.covers or 0) >= opened[pair]
            # A copy keeps what was deleted for as long as the claim stands by another name.
            is_due = one.removed is None or pair not in opened
            if is_due and not told and walk.may_hold(one.position, change.position):
                moved[one.id] = _Moved(change, pair, one.id, one.position, pair in opened, bool(one.removed))
    return list(moved.values())


async def _again(eyes: Eyes, walk: Walk, moved: Sequence[_Moved], at: Mapping[int, int]) -> list[Entry]:
    last = {(row.id, row.partner): row for row in await stored.newest(eyes, {one.id for one in moved})}
    held = {row.position: row for row in await stored.at(eyes, {one.held for one in moved})}
    versions = await stored.versions(eyes, {one.held for one in moved})
    found = []
    for one in moved:
        newest, modified = last.get((one.id, one.pair[0])), at[one.change.position]
        later = _later(versions[one.held], one, modified)
        if one.deleted and not any(name == one.id for name, _ in last):
            found.append(_deleted(eyes, one, modified, later))
        elif newest is None or newest.signal != one.pair[1]:
            # What it means now is told by itself.
            continue
        elif newest.revoked:
            found.append(_entry(one.change, modified, newest, newest.version, newest.body))
        elif not one.stands or newest.position <= walk.position:
            # A newer version than the reader has is not shown with a claim that is gone.
            row = held[one.held]
            body = indicators.renewed(row.body, later, revoked=not one.stands)
            found.append(_entry(one.change, modified, row, indicators.timestamp(later), body))
    return found


def _later(version: str, one: _Moved, modified: int) -> int:
    """The `modified` of what we say after this version of an object, µs: clients believe the latest, and a poster whose
    clock is years ahead could not be contradicted."""
    posted = to_micros(datetime.fromisoformat(version))
    return max(modified, posted + one.change.position - one.held)


def _entry(change: Change, added: int, row: Row, version: str, body: bytes) -> Entry:
    return Entry(change.position, added, row.id, version, row.type, row.spec_version, body)


def _deleted(eyes: Eyes, one: _Moved, added: int, modified: int) -> Entry:
    """Of its bytes nothing is left: what is withdrawn is what its claim said."""
    change, collection = one.change, eyes.collection
    gone = SignalOut(change.signal.id, State.GONE, change.position)
    body = indicators.indicator(gone, change.kind, change.value, one.id, added, modified, collection.strictest)
    return Entry(change.position, added, one.id, indicators.timestamp(modified), "indicator", "2.1", body)


def _rendered(eyes: Eyes, twin: _Twin, space: UUID, at: Mapping[int, int]) -> Entry:
    change, collection = twin.change, eyes.collection
    name, modified = indicators.indicator_id(twin.signal.id, space), at[change.position]
    value = (change.kind, change.value)
    body = indicators.indicator(twin.signal, *value, name, at[twin.since], modified, collection.strictest)
    return Entry(change.position, modified, name, indicators.timestamp(modified), "indicator", "2.1", body)


async def _times(eyes: Eyes, positions: set[int]) -> dict[int, int]:
    order = sorted(positions)
    return dict(zip(order, await clock.times(eyes.session, order), strict=True))
