"""The oracle: everything that partners have said, thought and been told off for, in plain dictionaries.

It knows no positions, no rows of sight and no digests. Whatever changes in one transaction changes inside `together`.
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from tests.signals.model.words import (
    GROUPS,
    HOUR,
    NAMES,
    At,
    Claim,
    Key,
    Opinion,
    Partner,
    Past,
    Place,
    Statement,
    belief,
    sees,
)


class Sent(msgspec.Struct, frozen=True):
    """An item of a submission."""

    kind: str
    value: str
    said: Statement
    name: str | None = None


def read(kind: str, value: str, version: int) -> tuple[Key, str]:
    """The signal of a value, and how the value is shown."""
    if kind == "nick" and version == 2:
        return (kind, value.lower()), value.lower()
    return (kind, value), value


class World:
    def __init__(self, now: int) -> None:
        self.now = now
        self.version = 1
        """Of the normaliser of nicks."""
        self.partners = {name: Partner("platform") for name in NAMES}
        self.claims: dict[At, Claim] = {}
        self.past: list[Past] = []
        self.begun: dict[Key, int] = {}
        """Signals in the order in which they were first claimed."""
        self.opinions: dict[Key, dict[str, Opinion]] = defaultdict(dict)
        self.places: set[Place] = set()
        """Every audience that there has been."""
        self.views: Counter[str] = Counter()
        """How often each partner's sight has changed: its copies from before are void."""
        self.bursts: Counter[tuple[str, int]] = Counter()
        self.unseen: dict[At, int] = {}
        """Where a partner's last claim ended while it was held for being much, and when."""
        self.guarded: dict[Key, int] = {}
        """The negative list, with when each entry came."""
        self.due: set[Key] = set()
        """Entries that standing claims are still to be held against."""
        self.changed: dict[Key, int] = {}
        """When anything about a signal last changed."""
        self._numbers = 0
        self._reheard: set[tuple[Key, str]] = set()
        for group, members in GROUPS.items():
            for name in members:
                self.partners[name].groups.add(group)

    # What may be seen.

    def sees(self, name: str, place: Place) -> bool:
        return sees(name, self.partners[name], place)

    def suspended(self, claim: Claim) -> bool:
        opinions = self.opinions[claim.key]
        against = sum(author in opinions and opinions[author].suspends for author in claim.heard)
        return against >= (2 if claim.said.category == "csam_hash" else 1)

    def visible(self, name: str) -> dict[Key, list[Claim]]:
        seen: dict[Key, list[Claim]] = {}
        for claim in self.claims.values():
            if self.sees(name, claim.place) and not self.suspended(claim):
                seen.setdefault(claim.key, []).append(claim)
        return seen

    def footprints(self, name: str) -> dict[Key, set[tuple[object, ...]]]:
        return {key: {claim.footprint for claim in some} for key, some in self.visible(name).items()}

    # Transactions.

    @contextmanager
    def together(self) -> Iterator[None]:
        before = {at: copy.copy(claim) for at, claim in self.claims.items()}
        self._reheard = set()
        yield
        self._numbers += 1
        for claim in sorted(self.claims.values(), key=lambda claim: claim.stood):
            self.begun.setdefault(claim.key, len(self.begun) + self._numbers)
        for at, claim in self.claims.items():
            was = before.get(at)
            if was is None or was.kept_by != claim.kept_by:
                claim.row, claim.heard = self._numbers, {}
                self._hear(claim, self.opinions[claim.key])
            else:
                claim.heard = dict(was.heard)
                self._hear(claim, [author for key, author in self._reheard if key == claim.key])
            if claim.held:
                self.places.add(claim.place)
            if was is None or was.footprint != claim.footprint:
                self.changed[claim.key] = self.now
        for at, was in before.items():
            if at not in self.claims or self.claims[at].row != was.row:
                self.past.append(Past(was.owner, was.key, was.row, was.place, self.now))
                self.changed[was.key] = self.now
        self.changed |= {key: self.now for key, _ in self._reheard}

    def _hear(self, claim: Claim, authors: Iterable[str]) -> None:
        for author in authors:
            opinion = self.opinions[claim.key].get(author)
            claim.heard.pop(author, None)
            said = opinion is not None and opinion.verdict != "dismissed" and author != claim.owner
            if opinion is not None and said and self.sees(author, claim.place):
                claim.heard[author] = opinion.stance, opinion.at

    # What partners do.

    def submit(self, owner: str, items: Iterable[Sent]) -> list[str]:
        items = list(items)
        for item in items:
            if self._admits(owner, item.said):
                self.places.add((owner, item.said.tlp, item.said.groups))
        return [self._take(owner, item) for item in items]

    def _admits(self, owner: str, said: Statement) -> bool:
        return self.partners[owner].groups.issuperset(said.groups)

    def _take(self, owner: str, item: Sent) -> str:
        key, shown = read(item.kind, item.value, self.version)
        named = next((c.key for c in self.claims.values() if c.owner == owner and item.name in c.names), key)
        until = item.said.valid_until
        if not self._admits(owner, item.said) or named != key or (until is not None and until <= self.now):
            return "rejected"
        claim = self.claims.get((owner, key))
        place = (owner, item.said.tlp, item.said.groups)
        changes = claim is not None and not claim.held and claim.place == place and claim.said != item.said
        if changes and not self._room(owner):
            return "rejected"
        guarded = "guard" if key in self.guarded else ""
        if claim is None:
            self._numbers += 1
            held = self._burst(owner) or ("burst" if (owner, key) in self.unseen else "")
            held = guarded or held
            claim = Claim(owner, key, item.said, shown, item.value, self.now, self._numbers, held)
            self.claims[owner, key] = claim
            status = "quarantined" if held else "created"
        elif claim.said == item.said:
            status = "unchanged"
        else:
            status = "updated"
            # What stands is looked at again only when it is to be shown to others.
            if not claim.held and claim.place != place:
                burst = self._burst(owner)
                claim.held = guarded or burst
                status = "quarantined" if claim.held else "updated"
            claim.said = item.said
        if item.name is not None:
            claim.names.add(item.name)
        return status

    def _room(self, name: str) -> bool:
        """Whether the partner may do one thing more in this hour that others see."""
        hour, most = (name, self.now // HOUR), self.partners[name].most
        if most is not None and self.bursts[hour] >= most:
            return False
        self.bursts[hour] += 1
        return True

    def _burst(self, owner: str) -> str:
        if self._room(owner):
            return ""
        self.bursts[owner, self.now // HOUR] += 1
        return "burst"

    def end(self, at: At) -> str | None:
        claim = self.claims.pop(at, None)
        if claim is None:
            return None
        self.unseen.pop(at, None)
        if claim.held == "burst":
            self.unseen[at] = self.now
        return "retracted"

    def retract(self, owner: str, names: Iterable[str], keys: Iterable[Key]) -> list[str]:
        done = []
        for name in names:
            claim = next((c for c in self.claims.values() if c.owner == owner and name in c.names), None)
            if claim is None:
                done.append("not_found")
                continue
            claim.names.discard(name)
            done.append("released" if claim.names else "retracted")
            if not claim.names:
                self.end((owner, claim.key))
        return done + [self.end((owner, key)) or "not_found" for key in keys]

    def opine(self, author: str, key: Key, stance: str | None, reason: str) -> str:
        before = self.opinions[key].get(author)
        if stance is None:
            status = "not_found" if before is None or before.verdict == "dismissed" else "withdrawn"
        elif (author, key) in self.claims:
            status = "own_claim"
        elif before is None:
            status = "given" if key in self.visible(author) else "not_found"
        else:
            status = "unchanged" if (before.stance, before.reason) == (stance, reason) else "changed"
        if status in ("given", "changed") and not self._room(author):
            return "rejected"
        if status in ("given", "changed", "withdrawn"):
            self._reheard.add((key, author))
            self._say(author, key, stance, reason)
        return status

    def _say(self, author: str, key: Key, stance: str | None, reason: str) -> None:
        before = self.opinions[key].pop(author, None)
        if stance is None:
            return
        if before is not None and (before.stance == stance or before.verdict == "dismissed"):
            # In other words, or overruled: what the review said of it stands.
            self.opinions[key][author] = before
            before.stance, before.reason = stance, reason
            return
        said = self.opinions[key][author] = Opinion(stance, reason, self.now)
        said.suspends = stance != "agree" and self.partners[author].weighs and self._trust(key) < 50

    def _trust(self, key: Key) -> float:
        """The score over everything, whoever may see it."""
        claims = [claim for claim in self.claims.values() if claim.key == key]
        heard = {a: (one.stance, one.at) for a, one in self.opinions[key].items() if one.verdict != "dismissed"}
        return belief(claims, heard, self.partners, self.now)

    # What the operator and the clock do.

    def judge(self, reviewer: str, key: Key, author: str, verdict: str) -> str:
        opinion = self.opinions[key].get(author)
        if opinion is None:
            return "not_found"
        if reviewer == author or (reviewer, key) in self.claims:
            return "involved"
        opinion.verdict = verdict
        opinion.suspends = opinion.suspends and verdict == "upheld"
        self._reheard.add((key, author))
        return "done"

    def release(self, reviewer: str, at: At, *, refuse: bool) -> str:
        claim = self.claims.get(at)
        if claim is None or not claim.held:
            return "not_found"
        if reviewer == claim.owner:
            return "involved"
        if refuse:
            self.end(at)
            return "refused"
        claim.held, claim.released = "", self.now
        return "released"

    def sweep(self) -> None:
        """Hold what entries of the negative list hit, but for what was released since they came."""
        for claim in self.claims.values():
            if claim.key in self.due and not claim.held and claim.released < self.guarded[claim.key]:
                claim.held = "guard"
        self.due = {key for key in self.due if self.guarded[key] >= self.now - 5_000_000}

    def expire(self) -> None:
        for at, claim in list(self.claims.items()):
            if claim.said.valid_until is not None and claim.said.valid_until <= self.now:
                self.end(at)

    def purge(self, before: int) -> None:
        self.past = [one for one in self.past if one.closed >= before]
        self.unseen = {at: when for at, when in self.unseen.items() if when >= before}
        kept = {one.key for one in self.past} | {claim.key for claim in self.claims.values()}
        for key in [key for key in self.begun if key not in kept]:
            del self.begun[key]
            self.opinions.pop(key, None)

    def reread(self) -> None:
        """Every nick by the second version of its normaliser."""
        self.version = 2
        into: dict[Key, Key] = {}
        nicks = [claim for claim in self.claims.values() if claim.key[0] == "nick"]
        for claim in sorted(nicks, key=lambda claim: self.begun[claim.key]):
            old, (key, claim.value) = claim.key, read("nick", claim.original, 2)
            if key == old:
                continue
            into[old] = key
            del self.claims[claim.owner, old]
            there = self.claims.setdefault((claim.owner, key), claim)
            there.names |= claim.names
            if there is claim and key in self.guarded:
                there.held = there.held or "guard"
            there.key = key
        for old, key in into.items():
            for author, opinion in self.opinions.pop(old, {}).items():
                self._reheard |= {(key, author)} if author not in self.opinions[key] else set()
                self.opinions[key].setdefault(author, opinion)

    def standing(self, name: str, **change: object) -> None:
        """Another kind or state of a partner."""
        with self.view_of(name):
            for field, value in change.items():
                setattr(self.partners[name], field, value)

    @contextmanager
    def view_of(self, name: str) -> Iterator[None]:
        before = {place for place in self.places if self.sees(name, place)}
        yield
        self.views[name] += before != {place for place in self.places if self.sees(name, place)}
