"""A picture of what a batch touches, folded in memory; `settle` makes of it what is to be written.

Pure: no session in here. `ingest` loads a picture and writes its outcome down.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from core.wire.opinions import Stance


# A batch makes thousands of these, and none is ever in a cycle: the garbage collector need not look at them.
class Said(msgspec.Struct, frozen=True, gc=False):
    """What a partner says, to whom. Equal means: nothing changed."""

    audience: int
    """That the partner asked for; while the claim is held, only its owner sees it."""
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


CONTENT = Said.__struct_fields__[1:]
"""All but the audience, in this order."""


class Spelling(msgspec.Struct, frozen=True, gc=False):
    """The value in canonical form, and as this partner first sent it. No part of what is said: the first stays."""

    value: str
    original: str


class Known(msgspec.Struct, gc=False):
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
    audience: int
    said: Said
    names: int
    spelling: Spelling
    state: str
    held: str
    opinions: str
    """As in `claim.opinions`."""


class Standing(msgspec.Struct, gc=False):
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
    held: str = ""
    """Why it is quarantined, or empty."""
    opened_at: int = 0
    """When its age counts from; 0: from this batch."""
    names: int = 0
    position: int = 0
    """Of its row, as it was loaded or as `settle` leaves it."""
    drop_names: bool = False
    """All names from before the batch are to go."""


class Opinion(msgspec.Struct, frozen=True):
    """What a partner thinks of others' claims on a signal, and what the review thought of that."""

    stance: Stance
    reason: str
    at: int
    suspends: bool
    outcome: str = ""
    verdict: str = ""
    reviewer: int | None = None
    reviewed: int | None = None
    review_reason: str | None = None


class Burst(msgspec.Struct):
    """How much a partner did in this hour that others see."""

    opened: int
    most: int | None
    """Above this claims are held and other changes refused; None: a bulk window is open."""
    stored: int | None
    """`opened` as in the table, if it is there."""


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
        self.unseen: set[tuple[int, bytes]] = set()
        """Where the last of them was closed while it was held for being much."""
        self.on: dict[bytes, list[Standing]] = defaultdict(list)
        """The same claims by signal."""
        self.opinions: dict[bytes, dict[int, Opinion]] = defaultdict(dict)
        """By signal and author."""
        self.reheard: dict[bytes, set[int]] = defaultdict(set)
        """Authors whose opinion changed, by signal."""
        self.upheld: dict[bytes, set[int]] = defaultdict(set)
        """Authors whose opinion a review found right in this batch, by signal."""
        self.suspended_by: dict[int, int] = defaultdict(int)
        """How many opinions of each author began to suspend in this batch."""
        self.sight: dict[int, set[int]] = {}
        """Audiences that each author sees, of those that matter here."""
        self.private: dict[int, int] = {}
        """The audience that is a partner alone, of those with held claims."""
        self.bursts: dict[int, Burst] = {}
        self.merged: dict[bytes, bytes] = {}
        """Signals that became another."""
        self.moved_names: list[tuple[int, Known, Known]] = []
        """Partners whose names go from a signal to another."""

    def load(self, claim: Standing) -> None:
        self.standing[claim.partner, claim.signal.key] = claim
        self.on[claim.signal.key].append(claim)

    def load_name(self, partner: int, external_id: str, key: bytes) -> None:
        self.stored_names[partner, external_id] = key
        self._name(partner, external_id, key)

    def state(
        self, partner: int, signal: Known, said: Said, spelling: Spelling, name: str | None, held: str = ""
    ) -> str | None:
        """Fold one statement in. Returns the word of `SubmitStatus`; None when the name is another signal's.

        `held` quarantines what it opens to an audience. What stands for the same one is not held again, and changes as
        long as the partner's hour has room for it: `rejected` else.
        """
        if name is not None and self.names.get((partner, name)) not in (None, signal.key):
            return None
        claim = self._claim(partner, signal, spelling)
        now = claim.now
        unchanged = now == said
        shown = now is not None and not unchanged and not claim.held and now.audience == said.audience
        if shown and not self.spend(partner):
            return "rejected"
        if name is not None and self.names.get((partner, name)) is None:
            self._name(partner, name, signal.key)
            claim.names += 1
        if unchanged:
            return "unchanged"
        status = "updated"
        if now is None:
            # What was closed before a reviewer let it pass waits on: no hour's end and no refusal makes it seen.
            burst = self._burst(partner) or ("burst" if claim.held == "burst" else "")
            claim.spelling, claim.held = spelling, held or burst
            # Closed a moment ago in the same batch, it is as new as it would be in the next one.
            claim.opened_at = 0
            status = "quarantined" if claim.held else "created"
        elif not claim.held and now.audience != said.audience:
            # Shown to others anew, which is as good as an opening: what was piled up in private is a flood, too.
            burst = self._burst(partner)
            claim.held = held or burst
            status = "quarantined" if claim.held else "updated"
        claim.now = said
        return status

    def _claim(self, partner: int, signal: Known, spelling: Spelling) -> Standing:
        """The partner's claim on the signal, standing or about to."""
        if signal.key not in self.signals:
            # A copy: after a transaction that failed, the item is folded again into another picture.
            self.signals[signal.key] = Known(signal.key, signal.kind)
        at = (partner, signal.key)
        claim = self.standing.get(at)
        if claim is None:
            signal = self.signals[signal.key]
            held = "burst" if at in self.unseen else ""
            claim = Standing(partner, signal, was=None, had=at in self.ended, now=None, spelling=spelling, held=held)
            self.load(claim)
        self.touched[at] = claim
        return claim

    def _burst(self, partner: int) -> str:
        """Count an opening; why it is held, if the partner's hour has no room for it."""
        if self.spend(partner):
            return ""
        self.bursts[partner].opened += 1
        return "burst"

    def spend(self, partner: int) -> bool:
        """Count a change of what others see, if the partner's hour has room for it."""
        burst = self.bursts.get(partner)
        if burst is None:
            return True
        if burst.most is not None and burst.opened >= burst.most:
            return False
        burst.opened += 1
        return True

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

    def hold(self, partner: int, key: bytes, why: str) -> Standing | None:
        """Quarantine a standing claim, or release it (`why` empty). None when none stands."""
        claim = self.standing.get((partner, key))
        if claim is None or claim.now is None:
            return None
        self.touched[partner, key] = claim
        claim.held = why
        return claim

    def spell(self, claim: Standing, spelling: Spelling) -> None:
        """Give a claim another spelling of the same value."""
        self.touched[claim.partner, claim.signal.key] = claim
        claim.spelling = spelling

    def move(self, claim: Standing, to: Known, spelling: Spelling, held: str) -> None:
        """Take a claim to the signal that its value is read as now. One that its partner has there stands instead.

        `held` quarantines it, unless it is held already.
        """
        there = self._claim(claim.partner, to, spelling)
        if there.now is None:
            there.now, there.held, there.spelling = claim.now, claim.held or held, spelling
            # Another reading of what was claimed before is no new claim.
            there.had, there.opened_at = True, claim.opened_at
        there.names += claim.names
        self.moved_names.append((claim.partner, claim.signal, there.signal))
        for name in list(self.names_of[claim.partner, claim.signal.key]):
            self._name(claim.partner, name, there.signal.key)
        self.touched[claim.partner, claim.signal.key] = claim
        claim.now, claim.end, claim.names = None, "gone", 0

    def merge(self, old: bytes, new: bytes) -> None:
        """Say where a signal went, and take the opinions on it there. What an author said of the other one stays."""
        self.merged[old] = new
        for author, opinion in self.opinions[old].copy().items():
            self.say(old, author, None)
            if author not in self.opinions[new]:
                self.say(new, author, opinion)

    def say(self, key: bytes, author: int, opinion: Opinion | None) -> None:
        """Give, change or withdraw an opinion."""
        if opinion is None:
            self.opinions[key].pop(author, None)
        else:
            self.opinions[key][author] = opinion
        self.reheard[key].add(author)
        self.touched |= {(claim.partner, key): claim for claim in self.on[key]}

    def shown_to(self, author: int, key: bytes) -> Iterable[Standing]:
        """Claims of others on a signal that a partner can read."""
        seen = self.sight.get(author, ())
        for claim in self.on.get(key, ()):
            was = claim.was
            if claim.partner != author and claim.now and was and was.state == "active" and was.audience in seen:
                yield claim

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
