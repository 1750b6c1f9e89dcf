"""Who may see what, worked out a second time: from the audience table of the design, without a line of the hub's code.

It keeps what every partner said and with whom it shares groups, and answers for any partner what it may see now.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

STRICTNESS = (None, "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
COMMUNITY = {"CLEAR", "GREEN"}
READING_KINDS = {"platform", "protection", "agency", "alliance", "operator"}
"""Kinds that may hold signals:read."""


class Said(msgspec.Struct, frozen=True):
    """A standing claim."""

    owner: str
    value: str
    tlp: str | None
    groups: frozenset[str]
    category: str
    confidence: int | None
    campaign: str
    note: str
    """In its context."""
    external_id: str
    opened: int
    """Order in which claims came to their present audience."""


class Counted(msgspec.Struct, frozen=True):
    """A claim that was opened (`new` when it is the partner's first on the signal) or closed."""

    what: str
    owner: str
    tlp: str | None
    groups: frozenset[str]
    category: str


class Oracle:
    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.suspended: set[str] = set()
        self.named: set[str] = set()
        """Those that let peers see who said it."""
        self.members: dict[str, set[str]] = defaultdict(set)
        self.invited: dict[str, set[str]] = defaultdict(set)
        self.standing: dict[tuple[str, str], Said] = {}
        self.history: list[Said] = []
        """Whatever came to an audience, in order."""
        self.counted: list[Counted] = []
        self.opinions: dict[str, dict[str, str]] = defaultdict(dict)
        """By value, the reason of each that agrees. Given when nobody's sight changes any more."""
        self.ids: dict[str, str] = {}
        """The hub's id of each value."""
        self._ever: set[tuple[str, str]] = set()

    def say(self, said: Said) -> str:
        """Take a claim in; the status that the hub should answer."""
        at = (said.owner, said.value)
        before = self.standing.get(at)
        if before and _place(before) == _place(said):
            self.standing[at] = msgspec.structs.replace(said, opened=before.opened)
            return "updated"
        if before:
            self._count("closed", before)
        self._count("opened", said)
        if at not in self._ever:
            self._count("new", said)
        self._ever.add(at)
        self.standing[at] = msgspec.structs.replace(said, opened=len(self.history))
        self.history.append(said)
        return "updated" if before else "created"

    def close(self, owner: str, value: str) -> None:
        self._count("closed", self.standing.pop((owner, value)))

    def _count(self, what: str, said: Said) -> None:
        self.counted.append(Counted(what, said.owner, said.tlp, said.groups, said.category))

    def sees(self, viewer: str, said: Said | Counted) -> bool:
        """The audience table, for a partner that is admitted."""
        if viewer in self.suspended:
            return False
        if viewer == said.owner or self.kinds[viewer] == "operator":
            return True
        if said.groups:
            return any(viewer in self.members[group] for group in said.groups)
        return said.tlp in COMMUNITY and self.kinds[viewer] in READING_KINDS

    def visible(self, viewer: str) -> list[Said]:
        return [said for said in self.standing.values() if self.sees(viewer, said)]

    def signals(self, viewer: str, part: Callable[[Said], bool] = lambda _: True) -> dict[str, dict[str, Any]]:
        """Id to what the viewer's copy should say, of this part of what it may see."""
        by_value: dict[str, list[Said]] = defaultdict(list)
        for said in filter(part, self.visible(viewer)):
            by_value[said.value].append(said)
        return {
            self.ids[value]: _merged(claims) | {"agree": self._agreeing(value, claims)}
            for value, claims in by_value.items()
        }

    def _agreeing(self, value: str, claims: Iterable[Said]) -> int:
        """Those whose opinion concerns one of these claims."""
        return sum(any(self.sees(author, said) for said in claims) for author in self.opinions[value])

    def told(self, viewer: str, value: str) -> dict[str, str]:
        """The reasons that the viewer reads, by author."""
        own = self.standing.get((viewer, value))
        return {
            author: reason
            for author, reason in self.opinions[value].items()
            if author == viewer or self.kinds[viewer] == "operator" or (own and self.sees(author, own))
        }

    def groups_of(self, viewer: str) -> set[str]:
        return {group for group in self.members if viewer in self.members[group] | self.invited[group]}

    def shown_as(self, viewer: str, owner: str) -> str | None:
        """The partner as the viewer reads its name on a claim."""
        known = viewer == owner or owner in self.named or self.kinds[viewer] == "operator"
        return owner if known else None

    def opened(self, viewer: str) -> Counter[tuple[str, str]]:
        """Claims that came in sight, by whose they are, the viewer's own or others', and by category."""
        seen = (one for one in self.counted if one.what == "opened" and self.sees(viewer, one))
        return Counter((viewer if one.owner == viewer else "others", one.category) for one in seen)


def _place(said: Said) -> tuple[Any, ...]:
    """What a claim cannot change without being closed and opened anew."""
    return (said.tlp, said.groups, said.category)


def _merged(claims: Iterable[Said]) -> dict[str, Any]:
    every = list(claims)
    best = min(every, key=lambda said: (-(said.confidence or 0), said.opened))
    sure = [said.confidence for said in every if said.confidence is not None]
    return {
        "kind": "domain",
        "value": best.value,
        "tlp": max((said.tlp for said in every), key=STRICTNESS.index),
        "category": best.category,
        "campaign": best.campaign,
        "confidence": max(sure, default=None),
        "claims": len(every),
    }
