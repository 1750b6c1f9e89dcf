"""What a reader asks of a collection: filters, where it stands, and how that is told to it."""

import re
import struct
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from core.log import clock
from core.sdk import FieldError, Invalid, Time, to_micros
from core.signals import feed
from core.signals.cursors import Cursor, Now, Place
from plugins.taxii.collections import Collection, Eyes
from plugins.taxii.stix.markings import PREFACE, PREFACE_AT
from plugins.taxii.stix.meaning import version
from plugins.taxii.stix.objects import ID

MOST = 10_000
"""Objects of a page."""
_MANY = 500
_TYPE = re.compile(r"[a-z0-9-]{1,250}", re.ASCII)
_SPEC = re.compile(r"2\.[01]", re.ASCII)
_FORM = struct.Struct(">QQQ8s")


class Filters(msgspec.Struct, frozen=True):
    """`match[…]` (TAXII 2.1 §3.5). None: not asked for; empty: nothing fits."""

    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str, ...] = ("last",)
    """`first`, `last`, `all`, and versions as they are kept."""
    spec_versions: tuple[str, ...] | None = None

    def admits(self, type: str, spec_version: str) -> bool:
        return (self.types is None or type in self.types) and (
            self.spec_versions is None or spec_version in self.spec_versions
        )

    def admits_version(self, version: str) -> bool:
        """Of an object that has this version only."""
        return version in self.versions or not _ONLY.isdisjoint(self.versions)


_ONLY = {"first", "last", "all"}


def filters(id: str | None, type: str | None, version: str | None, spec_version: str | None) -> Filters:
    """From the query. Raises `Invalid` for a version that is neither a word nor a time."""
    return Filters(
        ids=None if id is None else _listed(id, ID),
        types=None if type is None else _few(_listed(type, _TYPE), "match[type]"),
        versions=("last",)
        if version is None
        else _few(sorted(set(map(_version, version.split(",")))), "match[version]"),
        spec_versions=None if spec_version is None else _listed(spec_version, _SPEC),
    )


def _listed(text: str, form: re.Pattern[str]) -> tuple[str, ...]:
    """Without what nothing can be called."""
    return tuple(sorted(set(filter(form.fullmatch, text.split(",")))))


def _few(words: Sequence[str], name: str) -> tuple[str, ...]:
    """Each is a condition of a statement, of which databases take no thousands."""
    if len(words) > _MANY:
        raise _invalid(name, f"Name {_MANY} at most.")
    return tuple(words)


def _version(text: str) -> str:
    if text in _ONLY:
        return text
    expected = "Expected first, last, all or a time with a zone (RFC 3339)."
    try:
        return version(_moment(text, "match[version]", expected))
    except OverflowError:
        raise _invalid("match[version]", expected) from None


def _moment(text: str, name: str, expected: str) -> datetime:
    try:
        return msgspec.convert(text, Time)
    except msgspec.ValidationError:
        raise _invalid(name, expected) from None


class Walk(msgspec.Struct, frozen=True):
    """Where a reader stands. Up to `since` it had what it had before, from there on what this walk brought."""

    position: int
    start: int
    """Head of the log when the walk began: what was gone by then does not matter to it."""
    since: int
    now: Now

    @property
    def place(self) -> Place:
        return Place(Cursor(self.position, self.start), self.now)

    def may_hold(self, at: int, changed: int) -> bool:
        """Whether the reader may hold what came at position `at` and is not so any more from `changed` on."""
        return at <= self.position and (at <= self.since or changed > self.start)


async def walk(eyes: Eyes, chosen: Filters, next: str | None = None, added_after: str | None = None) -> Walk:
    """From the query. Who sends both stands where the later of them is: some move the time along with `next`.

    Raises `Invalid` for a `next` that was not given to this partner under these filters.
    """
    now = (await feed.place(eyes.session, eyes.principal, eyes.keys, eyes.collection.selection)).now
    begun = Walk(0, now.head, 0, now)
    if added_after is not None:
        after = to_micros(_moment(added_after, "added_after", "Expected a time with a zone (RFC 3339)."))
        said = sum(after >= PREFACE_AT + n for n in range(len(PREFACE)))
        position = await clock.at(eyes.session, after)
        # A date does not tell when its walk began: whatever is gone may matter.
        begun = Walk(position, 0, position, now) if position else Walk(said, now.head, 0, now)
    if next is None:
        return begun
    payload = eyes.keys.unseal(next, eyes.principal.partner)
    if payload is None or len(payload) != _FORM.size:
        raise _invalid("next", "This is not a place that the hub gave you in this collection.")
    position, start, since, bound = _FORM.unpack(payload)
    if bound != _bound(eyes.collection, chosen) or position > now.head:
        raise _invalid("next", "This place belongs to another collection or other filters; keep them, or leave it out.")
    return max(begun, Walk(position, start, since, now), key=lambda one: one.position)


def next_of(walk: Walk, reached: int, eyes: Eyes, chosen: Filters) -> str:
    """What `walk` takes to go on from `reached`; good for as often and as long as one likes."""
    payload = _FORM.pack(reached, walk.start, walk.since, _bound(eyes.collection, chosen))
    return eyes.keys.seal(payload, eyes.principal.partner)


def _bound(collection: Collection, chosen: Filters) -> bytes:
    return blake2b(collection.id.bytes + msgspec.json.encode(chosen), digest_size=8).digest()


def _invalid(name: str, detail: str) -> Invalid:
    return Invalid("The query is not what this call expects.", errors=[FieldError(f"/{name}", "invalid", detail)])
