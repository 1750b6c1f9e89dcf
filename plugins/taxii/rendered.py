"""What a change of the feed is in a collection: an indicator of ours, new versions of posted objects, or nothing.

2026-11-22: a claim whose partner posted an object for it is told by that object, as it was posted; the indicator that
we render speaks for all claims, as soon as one of them has no object. Had every signal been rendered, each posted one
would be there twice. We gave up to show what such a partner changes in another way: it posts a new version.
Held by tests/plugins/taxii/test_reading.py.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.log import clock
from core.sdk import SignalOut, State
from core.signals.feed import Change, Voice
from plugins.taxii import names, stix, stored
from plugins.taxii.asking import Walk
from plugins.taxii.names import Eyes
from plugins.taxii.stored import Carried, Pair, Row


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


async def entries(eyes: Eyes, walk: Walk, changes: Sequence[Change]) -> list[Entry]:
    """In the order of the changes; what stands at one position belongs together."""
    if not changes:
        return []
    signals = {voice.signal for change in changes for voice in change.voices}
    objects = await stored.carried(eyes.session, eyes.principal, str(eyes.collection.id), signals)
    twins = [(change, twin) for change in changes if (twin := _twin(change, walk, objects))]
    moved = [(change, name, pair) for change in changes for name, pair in _moved(change, walk, objects)]
    since = {id(change): min(voice.opened for voice in change.voices) for change, _ in twins}
    at = await _times(eyes, {change.position for change in changes} | set(since.values()))
    rendered = [_rendered(eyes, change, twin, at[since[id(change)]], at[change.position]) for change, twin in twins]
    names.note({entry.id: change.signal.id for entry, (change, _) in zip(rendered, twins, strict=True)})
    if not moved:
        return rendered
    last = await stored.newest(eyes.session, eyes.principal, str(eyes.collection.id), {name for _, name, _ in moved})
    of = {(row.id, row.partner): row for row in last}
    again = [
        _again(of[name, pair[0]], change, pair, at[change.position])
        for change, name, pair in moved
        if (name, pair[0]) in of
    ]
    return sorted([*rendered, *[one for one in again if one]], key=lambda one: one.position)


def _twin(change: Change, walk: Walk, objects: Objects) -> SignalOut | None:
    """What our own indicator says at this change; None where it says nothing."""
    if not change.gone and any(voice.live and not _speaks(voice, objects) for voice in change.voices):
        return change.signal
    if any(walk.may_hold(voice.opened, change.position) and _was_rendered(voice, objects) for voice in change.voices):
        return change.signal if change.gone else SignalOut(change.signal.id, State.GONE, change.position)
    return None


def _speaks(voice: Voice, objects: Objects) -> bool:
    """Whether its partner has an object for the claim."""
    return any(one.speaks for one in objects.get((voice.partner, voice.signal), ()))


def _was_rendered(voice: Voice, objects: Objects) -> bool:
    """Whether there may have been a time when the claim stood and no object spoke for it."""
    known = objects.get((voice.partner, voice.signal), ())
    came_with_it = any(one.position <= voice.opened for one in known)
    return not (came_with_it and any(one.speaks or one.removed for one in known))


def _moved(change: Change, walk: Walk, objects: Objects) -> list[tuple[str, Pair]]:
    """Objects that the reader has to be told of again: their claim is gone, or stands again."""
    if not objects:
        return []
    stands = {(voice.partner, voice.signal): voice.opened for voice in change.voices if voice.live}
    moved = {}
    for pair in {(voice.partner, voice.signal) for voice in change.voices}:
        for one in objects.get(pair, ()):
            told = pair in stands and (one.covers or 0) >= stands[pair]
            if one.removed is None and not told and walk.may_hold(one.position, change.position):
                moved[one.id] = pair
    return list(moved.items())


def _rendered(eyes: Eyes, change: Change, twin: SignalOut, created: int, modified: int) -> Entry:
    collection = eyes.collection
    told = change if twin is change.signal else _gone(change, twin)
    name = stix.indicator_id(twin.id, collection.id)
    body = stix.indicator(told, name, created, modified, collection.strictest)
    return Entry(change.position, modified, name, stix.timestamp(modified), "indicator", "2.1", body)


def _gone(change: Change, twin: SignalOut) -> Change:
    return Change(change.position, twin, change.kind, change.value, True, change.former, change.voices)


def _again(row: Row, change: Change, pair: Pair, modified: int) -> Entry | None:
    """A new version of a posted object at a later position; None when its last version means another signal."""
    if row.revoked:
        return Entry(change.position, modified, row.id, row.version, row.type, row.spec_version, row.body)
    if row.signal != pair[1]:
        return None
    stands = any(voice.live and (voice.partner, voice.signal) == pair for voice in change.voices)
    body = stix.renewed(row.body, modified, revoked=not stands)
    return Entry(change.position, modified, row.id, stix.timestamp(modified), row.type, row.spec_version, body)


async def _times(eyes: Eyes, positions: set[int]) -> dict[int, int]:
    order = sorted(positions)
    return dict(zip(order, await clock.times(eyes.session, order), strict=True))
