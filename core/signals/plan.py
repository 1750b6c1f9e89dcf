"""The claim log's arithmetic: a picture of what a batch touches, folded in memory, then written once per claim.

Pure: no session in here. `ingest` loads a picture and writes its outcome down.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from core.log.head import Head
from core.signals.keys import Keys
from core.times import hub_day


class Said(msgspec.Struct, frozen=True):
    """What a partner says, to whom. Equal means: nothing changed."""

    audience: int
    category: str
    confidence: int | None = None
    severity: str | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    valid_until: int | None = None
    campaign: str | None = None
    context: str = "{}"
    origin: str | None = None
    derived_from: str = ""


CONTENT = tuple(field for field in Said.__struct_fields__ if field != "audience")


class Spelling(msgspec.Struct, frozen=True):
    """The value in canonical form, and as this partner first sent it. No part of what is said: the first stays."""

    value: str
    original: str


class Known(msgspec.Struct):
    """A signal of the picture; `id` 0 until it is opened for the first time."""

    key: bytes
    kind: str
    id: int = 0
    claims: int = 0
    stored: int = 0
    """`claims` as in the table."""


class Row(msgspec.Struct, frozen=True):
    """A standing claim as it is in the table."""

    position: int
    opened: int
    said: Said
    names: int
    spelling: Spelling


class Standing(msgspec.Struct):
    """One partner's claim on one signal: as it was, and as the batch leaves it."""

    partner: int
    signal: Known
    was: Row | None
    had: bool
    """This partner has had a claim on the signal before, standing or closed."""
    now: Said | None
    spelling: Spelling
    end: str = ""
    """Why it was closed, when `now` is None."""
    names: int = 0
    drop_names: bool = False
    """All names from before the batch are to go."""


class Picture:
    """Everything that a batch may touch. Built from rows, changed by `state`, `drop` and `end`."""

    def __init__(self) -> None:
        self.signals: dict[bytes, Known] = {}
        self.standing: dict[tuple[int, bytes], Standing] = {}
        self.names: dict[tuple[int, str], bytes | None] = {}
        self.stored_names: dict[tuple[int, str], bytes] = {}
        self.names_of: dict[tuple[int, bytes], set[str]] = defaultdict(set)
        self.touched: dict[tuple[int, bytes], Standing] = {}
        self.ended: set[tuple[int, bytes]] = set()
        """Where the partner has had a claim that is closed."""

    def load_name(self, partner: int, external_id: str, key: bytes) -> None:
        self.stored_names[partner, external_id] = key
        self._name(partner, external_id, key)

    def state(self, partner: int, signal: Known, said: Said, spelling: Spelling, name: str | None) -> str | None:
        """Fold one statement in. Returns `created`, `updated`, `unchanged`; None when the name is another signal's."""
        if name is not None and self.names.get((partner, name)) not in (None, signal.key):
            return None
        if signal.key not in self.signals:
            # A copy: after a transaction that failed, the item is folded again into another picture.
            self.signals[signal.key] = msgspec.structs.replace(signal)
        signal = self.signals[signal.key]
        at = (partner, signal.key)
        claim = self.standing.get(at)
        if claim is None:
            had = at in self.ended
            claim = self.standing[at] = Standing(partner, signal, was=None, had=had, now=None, spelling=spelling)
        self.touched[at] = claim
        if name is not None and self.names.get((partner, name)) is None:
            self._name(partner, name, signal.key)
            claim.names += 1
        if claim.now == said:
            return "unchanged"
        status = "created" if claim.now is None else "updated"
        if claim.now is None:
            claim.spelling = spelling
        claim.now = said
        return status

    def drop(self, partner: int, name: str, why: str) -> str | None:
        """Drop a partner's name; the claim goes with its last one. None when there is no such name."""
        key = self.names.get((partner, name))
        if key is None:
            return None
        claim = self.standing[partner, key]
        self.touched[partner, key] = claim
        self._name(partner, name, None)
        claim.names -= 1
        if claim.names > 0:
            return "released"
        self._close(claim, why)
        return "retracted"

    def end(self, partner: int, key: bytes, why: str) -> bool:
        """Close a partner's claim and drop all its names. False when none stands."""
        claim = self.standing.get((partner, key))
        if claim is None or claim.now is None:
            return False
        self.touched[partner, key] = claim
        self._close(claim, why)
        return True

    def _close(self, claim: Standing, why: str) -> None:
        claim.now, claim.end = None, why
        claim.names, claim.drop_names = 0, True
        for name in list(self.names_of[claim.partner, claim.signal.key]):
            self._name(claim.partner, name, None)

    def _name(self, partner: int, name: str, key: bytes | None) -> None:
        before = self.names.get((partner, name))
        if before is not None:
            self.names_of[partner, before].discard(name)
        if key is not None:
            self.names_of[partner, key].add(name)
        self.names[partner, name] = key


class Changes:
    """What a folded picture asks to be written. Rows are mappings of column names."""

    def __init__(self) -> None:
        self.new_signals: list[dict[str, Any]] = []
        self.counted_signals: list[dict[str, Any]] = []
        self.opened: list[dict[str, Any]] = []
        self.moved: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.renamed: list[dict[str, Any]] = []
        self.dropped_names: list[dict[str, Any]] = []
        self.dropped_all: list[dict[str, Any]] = []
        """Claims (partner, signal) whose earlier names all go."""
        self.new_names: list[dict[str, Any]] = []
        self.digests: dict[tuple[int, str], int] = defaultdict(int)
        self.cells: dict[tuple[str, int, int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])


def settle(picture: Picture, head: Head, keys: Keys) -> Changes:
    """Compare each touched claim's first and last state, and give positions to what really changed."""
    changes = Changes()
    for claim in picture.touched.values():
        _settle_claim(claim, head, keys, changes)
    _settle_signals(picture.touched.values(), changes)
    _settle_names(picture, changes)
    return changes


def _settle_claim(claim: Standing, head: Head, keys: Keys, changes: Changes) -> None:
    was, now = claim.was, claim.now
    if was is not None and (now is None or not _same_place(was.said, now)):
        _close(claim, was, head, keys, changes)
        if now is not None:
            _open(claim, now, head, keys, changes)
    elif was is None and now is not None:
        _open(claim, now, head, keys, changes)
    elif was is not None and now is not None and was.said != now:
        _move(claim, was, now, head, keys, changes)
    elif was is not None and was.names != claim.names:
        changes.renamed.append({"at": was.position, "names": claim.names})


def _same_place(before: Said, after: Said) -> bool:
    """A claim keeps its row while its audience and its category stay."""
    return before.audience == after.audience and before.category == after.category


def _open(claim: Standing, said: Said, head: Head, keys: Keys, changes: Changes) -> None:
    position = head.take()
    signal = claim.signal
    # The position of its first claim serves as the signal's id: unique, and given under the lock.
    signal.id = signal.id or position
    signal.claims += 1
    row = {name: getattr(said, name) for name in CONTENT}
    changes.opened.append(
        row
        | {
            "position": position,
            "signal": signal.id,
            "partner": claim.partner,
            "closed": 0,
            "opened": position,
            "opened_at": head.at,
            "audience": said.audience,
            "state": "active",
            "names": claim.names,
            "value": claim.spelling.value,
            "original": claim.spelling.original,
        }
    )
    changes.digests[said.audience, signal.kind] += keys.check(position)
    cell = changes.cells[_cell(claim, said, head)]
    cell[0] += not claim.had
    cell[1] += 1
    claim.had = True


def _move(claim: Standing, was: Row, now: Said, head: Head, keys: Keys, changes: Changes) -> None:
    position = head.take()
    row = {name: getattr(now, name) for name in CONTENT}
    changes.moved.append(row | {"at": was.position, "position": position, "names": claim.names})
    changes.digests[now.audience, claim.signal.kind] += keys.check(position) - keys.check(was.position)


def _close(claim: Standing, was: Row, head: Head, keys: Keys, changes: Changes) -> None:
    position = head.take()
    # Closed because another row takes its place, or because it ended.
    state = "gone" if claim.now is not None else claim.end
    changes.closed.append({"at": was.position, "position": position, "closed": position, "state": state})
    changes.digests[was.said.audience, claim.signal.kind] -= keys.check(was.position)
    changes.cells[_cell(claim, was.said, head)][2] += 1


def _cell(claim: Standing, said: Said, head: Head) -> tuple[str, int, int, str, str]:
    return hub_day(head.at), claim.partner, said.audience, claim.signal.kind, said.category


def _settle_signals(touched: Iterable[Standing], changes: Changes) -> None:
    for signal in {claim.signal.key: claim.signal for claim in touched}.values():
        if signal.claims == signal.stored:
            continue
        if signal.stored == 0:
            changes.new_signals.append({name: getattr(signal, name) for name in ("id", "key", "kind", "claims")})
        else:
            changes.counted_signals.append({"at": signal.id, "claims": signal.claims})


def _settle_names(picture: Picture, changes: Changes) -> None:
    purged = set()
    for claim in picture.touched.values():
        if claim.drop_names and claim.was is not None and claim.was.names:
            changes.dropped_all.append({"partner": claim.partner, "signal": claim.signal.id})
            purged.add((claim.partner, claim.signal.key))
    for (partner, name), key in picture.names.items():
        stored = picture.stored_names.get((partner, name))
        gone = stored is not None and (partner, stored) in purged
        if stored is not None and key != stored and not gone:
            changes.dropped_names.append({"partner": partner, "external_id": name})
        if key is not None and (key != stored or gone):
            signal = picture.signals[key]
            changes.new_names.append({"partner": partner, "external_id": name, "signal": signal.id})
