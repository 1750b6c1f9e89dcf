"""The claim log's arithmetic: what a folded picture asks to be written, once per claim.

A suspended claim is shown to nobody, so what happens to it happens in place: its row keeps the position at which its
readers lost it, also when it is closed, and one that was suspended from the start keeps `position` = `opened`, by which
the feed knows that there is nothing to tell of it. `closed` takes a position of its own even then: it says when.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import astuple

from core.log.head import Head
from core.signals.keys import Keys
from core.signals.plan import CONTENT, Known, Picture, Row, Said, Standing
from core.signals.score import Heard, read_opinions, write_opinions
from core.times import hub_day
from core.wire.opinions import Stance
from core.wire.signals import Category

NEW_SIGNAL = ("id", "key", "kind", "claims")
OPENED = (
    *("position", "signal", "partner", "closed", "opened", "opened_at", "audience", "state", "names"),
    *("value", "original", "opinions", "held", "wished", *CONTENT),
)
ACTIVE, SUSPENDED = "active", "suspended"


class Counted(msgspec.Struct, gc=False):
    """What is added to a cell; the fields are its columns."""

    new: int = 0
    opened: int = 0
    closed: int = 0
    first: int = 0
    retracted: int = 0
    expired: int = 0
    held: int = 0
    disputed: int = 0
    refuted: int = 0


class Changes:
    """What a folded picture asks to be written. Rows are mappings of column names, but where there may be thousands."""

    def __init__(self) -> None:
        self.new_signals: list[tuple[Any, ...]] = []
        """As `NEW_SIGNAL`."""
        self.counted_signals: list[dict[str, Any]] = []
        self.merged_signals: list[dict[str, Any]] = []
        self.opened: list[tuple[Any, ...]] = []
        """As `OPENED`."""
        self.moved: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.renamed: list[dict[str, Any]] = []
        self.dropped_names: list[dict[str, Any]] = []
        self.dropped_all: list[dict[str, Any]] = []
        """Claims (partner, signal) whose earlier names all go."""
        self.moved_names: list[dict[str, Any]] = []
        self.new_names: list[dict[str, Any]] = []
        self.opinions: list[dict[str, Any]] = []
        self.dropped_opinions: list[dict[str, Any]] = []
        self.held: dict[tuple[int, str], int] = defaultdict(int)
        """Claims that began to be held, by partner and why."""
        self.digests: dict[tuple[int, str], int] = defaultdict(int)
        self.cells: dict[tuple[str, int, int, str, str], Counted] = defaultdict(Counted)


def settle(picture: Picture, head: Head, keys: Keys) -> Changes:
    """Compare each touched claim's first and last state, and give positions to what really changed."""
    settling = _Settling(picture, head, keys)
    for claim in picture.touched.values():
        settling.claim(claim)
    _settle_signals(picture, settling.changes)
    _settle_names(picture, settling.changes)
    _settle_opinions(picture, settling.changes)
    return settling.changes


class _Settling:
    def __init__(self, picture: Picture, head: Head, keys: Keys) -> None:
        self.picture = picture
        self.head = head
        self.keys = keys
        self.changes = Changes()
        self.day = hub_day(head.at)

    def claim(self, claim: Standing) -> None:
        """A claim keeps its row while its audience, its category and its quarantine stay."""
        was, now = claim.was, claim.now
        if now is None:
            if was is not None:
                self._close(claim, was)
            return
        # While it is held, its partner alone sees it.
        audience = self.picture.private[claim.partner] if claim.held else now.audience
        # Held or released, it has another row, also where its partner alone may see it: by that one knows of a release.
        at = audience, now.category, claim.held
        if was is not None and (was.audience, was.said.category, was.held) == at:
            self._keep(claim, was, now)
            return
        if was is not None:
            self._close(claim, was)
        self._open(claim, now, audience)

    def _open(self, claim: Standing, said: Said, audience: int) -> None:
        position = self.head.take()
        signal = claim.signal
        cell = self._cell(claim, audience, said)
        cell.opened += 1
        if not claim.had:
            cell.new += 1
            cell.first += not signal.claims
        # The position of its first claim serves as the signal's id: unique, and given under the lock.
        signal.id = signal.id or position
        signal.claims += 1
        heard = self._heard(claim, audience) if signal.key in self.picture.opinions else {}
        state = self._state(claim, said, heard) if heard else ACTIVE
        spelled, opinions, wished = (
            claim.spelling,
            write_opinions(heard) if heard else "",
            said.audience if claim.held else 0,
        )
        at = position, signal.id, claim.partner, 0, position, claim.opened_at or self.head.at, audience
        row = (*at, state, claim.names, spelled.value, spelled.original, opinions, claim.held, wished)
        self.changes.opened.append(row + astuple(said)[1:])
        claim.position = position
        if state == ACTIVE:
            self.changes.digests[audience, signal.kind] += self.keys.check(position)
        if claim.held and (claim.was is None or not claim.was.held):
            self.changes.held[claim.partner, claim.held] += 1
            cell.held += 1
        claim.had = True

    def _keep(self, claim: Standing, was: Row, now: Said) -> None:
        opinions, state = was.opinions, was.state
        if claim.signal.key in self.picture.reheard:
            heard = self._reheard(claim, was)
            self._count_doubts(claim, was, heard)
            opinions, state = write_opinions(heard), self._state(claim, now, heard)
        told = was.state == state and was.opinions == opinions
        if not told or was.said != now or was.spelling is not claim.spelling:
            self._move(claim, was, now, state, opinions)
        elif was.names != claim.names:
            self.changes.renamed.append({"at": was.position, "names": claim.names})

    def _count_doubts(self, claim: Standing, was: Row, heard: Mapping[int, Heard]) -> None:
        opinions = self.picture.opinions[claim.signal.key]
        doubters = _doubters(heard)
        upheld = {author for author in doubters if author in opinions and opinions[author].verdict == "upheld"}
        came = bool(doubters) and not _doubters(read_opinions(was.opinions))
        found = bool(upheld) and upheld <= self.picture.upheld[claim.signal.key]
        if came or found:
            cell = self._cell(claim, was.audience, was.said)
            cell.disputed += came
            cell.refuted += found

    def _move(self, claim: Standing, was: Row, now: Said, state: str, opinions: str) -> None:
        hidden = was.state == state == SUSPENDED
        position = claim.position = was.position if hidden else self.head.take()
        row = {name: getattr(now, name) for name in CONTENT}
        self.changes.moved.append(
            row
            | {
                "at": was.position,
                "position": position,
                "state": state,
                "names": claim.names,
                "value": claim.spelling.value,
                "opinions": opinions,
                "opened_at": claim.opened_at or self.head.at,
                "wished": now.audience if claim.held else 0,
            }
        )
        check = self.keys.check
        shown = (state == ACTIVE and check(position)) - (was.state == ACTIVE and check(was.position))
        self.changes.digests[was.audience, claim.signal.kind] += shown

    def _close(self, claim: Standing, was: Row) -> None:
        closed = self.head.take()
        position = was.position if was.state == SUSPENDED else closed
        # Closed because another row takes its place, or because it ended.
        state = "gone" if claim.now is not None else claim.end
        self.changes.closed.append({"at": was.position, "position": position, "closed": closed, "state": state})
        if was.state == ACTIVE:
            self.changes.digests[was.audience, claim.signal.kind] -= self.keys.check(was.position)
        cell = self._cell(claim, was.audience, was.said)
        cell.closed += 1
        cell.retracted += state == "retracted"
        cell.expired += state == "expired"

    def _cell(self, claim: Standing, audience: int, said: Said) -> Counted:
        return self.changes.cells[self.day, claim.partner, audience, claim.signal.kind, said.category]

    def _heard(self, claim: Standing, audience: int) -> dict[int, Heard]:
        """The opinions that go with a claim of this audience."""
        said = {author: self._says(claim, author, audience) for author in self.picture.opinions[claim.signal.key]}
        return {author: heard for author, heard in said.items() if heard}

    def _reheard(self, claim: Standing, was: Row) -> dict[int, Heard]:
        """The opinions that go with a standing claim, those that changed looked at anew."""
        heard = read_opinions(was.opinions)
        for author in self.picture.reheard[claim.signal.key]:
            heard.pop(author, None)
            said = self._says(claim, author, was.audience)
            if said:
                heard[author] = said
        return heard

    def _says(self, claim: Standing, author: int, audience: int) -> Heard | None:
        """What an author says of a claim of another, if it sees it and nobody dismissed it."""
        opinion = self.picture.opinions[claim.signal.key].get(author)
        if opinion is None or author == claim.partner or opinion.verdict == "dismissed":
            return None
        sees = audience in self.picture.sight.get(author, ())
        return Heard(opinion.stance, opinion.at, opinion.outcome) if sees else None

    def _state(self, claim: Standing, said: Said, heard: dict[int, Heard]) -> str:
        """One voice that may suspend is enough, except against material of abuse: that takes two."""
        opinions = self.picture.opinions[claim.signal.key]
        against = sum(author in opinions and opinions[author].suspends for author in heard)
        return SUSPENDED if against >= (2 if said.category == Category.CSAM_HASH else 1) else ACTIVE


def _doubters(heard: Mapping[int, Heard]) -> list[int]:
    return [author for author, one in heard.items() if one.stance is not Stance.AGREE]


def _settle_signals(picture: Picture, changes: Changes) -> None:
    for signal in {claim.signal.key: claim.signal for claim in picture.touched.values()}.values():
        if signal.claims == signal.stored:
            continue
        if signal.stored == 0:
            changes.new_signals.append((signal.id, signal.key, signal.kind, signal.claims))
        else:
            changes.counted_signals.append({"at": signal.id, "claims": signal.claims})
    for old, new in picture.merged.items():
        changes.merged_signals.append({"at": picture.signals[old].id, "merged_into": picture.signals[new].id})


def _settle_names(picture: Picture, changes: Changes) -> None:
    for partner, old, new in picture.moved_names:
        changes.moved_names.append({"by": partner, "old": old.id, "new": new.id})
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


def _settle_opinions(picture: Picture, changes: Changes) -> None:
    for key, authors in picture.reheard.items():
        signal: Known = picture.signals[key]
        for author in authors:
            at = {"signal": signal.id, "partner": author}
            opinion = picture.opinions[key].get(author)
            if opinion is None:
                changes.dropped_opinions.append(at)
            else:
                row = {name: getattr(opinion, name) for name in opinion.__struct_fields__}
                changes.opinions.append(at | row | {"stance": opinion.stance.value})
