"""Whose an id is: the hub's own, or of the partner that posted it first.

2026-11-22: STIX leaves it to clients whom they believe, and stock clients take the latest version of an id, whoever
sent it. So others may post the very same thing, as those do who pass it on, and nothing else under that id. It is asked
on the head of the log: the snapshot of a request may be older than its body, and who sends that slowly has the time to
read whose name to take. We gave up that two partners take turns with new versions of what is neither's own. Held by
tests/plugins/taxii/test_refused.py.
"""

from collections.abc import Sequence

import msgspec

from core.signals import selection
from plugins.taxii.collections import Eyes
from plugins.taxii.posting.posted import Posted
from plugins.taxii.posting.statuses import TaxiiStatusDetails
from plugins.taxii.reading import own_ids, stored
from plugins.taxii.stix import indicators
from plugins.taxii.stix.markings import PREFACE

_HUBS = "id_taken: it is the hub's; give yours an id of its own."
_OTHERS = "id_taken: another partner posted it first, and not so; give yours an id of its own."
_PREFACE = frozenset(msgspec.json.decode(one)["id"] for one in PREFACE)


async def refused(eyes: Eyes, posted: Sequence[Posted]) -> dict[int, TaxiiStatusDetails]:
    """What becomes of objects whose ids are not their poster's, by number."""
    ids = {one.meant.id for one in posted}
    hubs = _PREFACE | (await own_ids.signals(eyes.session, ids)).keys()
    told = {
        one.number: one.told(_HUBS) for one in posted if one.meant.id in hubs or indicators.is_bundled(one.meant.id)
    }
    others = await _others(eyes, ids)
    theirs = [one for one in posted if one.meant.id in others]
    same = {one.number: others[one.meant.id].get(one.meant.version) for one in theirs}
    rows = await stored.at(eyes, {position for position in same.values() if position})
    bodies = {row.position: msgspec.json.decode(row.body) for row in rows}
    for one in theirs:
        position = same[one.number]
        if position is None or bodies[position] != msgspec.json.decode(one.raw):
            told[one.number] = one.told(_OTHERS)
    return told


async def _others(eyes: Eyes, ids: set[str]) -> dict[str, dict[str, int]]:
    """Of each id that another partner posted first, where its versions are; of what the poster sees, or could see until
    it was withdrawn: who holds that would take whatever comes by its id for a new version."""
    rows = await stored.posted(eyes, ids)
    if not rows:
        return {}
    pairs = {(row.partner, row.signal) for row in rows if row.signal is not None}
    shown = await selection.standing(eyes.session, eyes.principal, eyes.collection.selection, pairs, ever=True)
    first: dict[str, int] = {}
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.signal is not None and (row.partner, row.signal) not in shown:
            continue
        if first.setdefault(row.id, row.partner) == row.partner != eyes.principal.partner:
            found.setdefault(row.id, {})[row.version] = row.position
    return found
