"""The words of the design, and nothing of how the hub does it: who may see what, and what one partner says."""

from collections.abc import Mapping

import msgspec

NAMES = ("ann", "ben", "cho", "pol", "hub")
GROUPS = {"g1": ("ann", "ben"), "g2": ("ben", "pol")}
READING = ("platform", "agency", "protection", "operator")
"""Kinds that may read what the community shares; `creator` may not."""
WEIGHING = ("agency", "protection")
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
HALF_LIVES = {"phone": 30, "nick": 10}
"""Days."""

Key = tuple[str, str]
"""A signal: kind and identity."""
Place = tuple[str, str, tuple[str, ...]]
"""An audience: owner, TLP or nothing, groups."""
At = tuple[str, Key]
"""Where at most one claim stands: owner and signal."""


class Partner(msgspec.Struct):
    kind: str
    quality: int | None = None
    most: int | None = None
    """Openings an hour that are not held."""
    active: bool = True
    groups: set[str] = msgspec.field(default_factory=set)

    @property
    def weighs(self) -> bool:
        return self.kind in WEIGHING or (self.quality or 0) >= 80


def sees(name: str, partner: Partner, place: Place) -> bool:
    owner, tlp, groups = place
    if not partner.active:
        return False
    if name == owner or partner.kind == "operator":
        return True
    if groups:
        return not partner.groups.isdisjoint(groups)
    return tlp in ("CLEAR", "GREEN") and partner.kind in READING


class Statement(msgspec.Struct, frozen=True):
    """What a partner says of a signal, and to whom it wishes to say it."""

    tlp: str = ""
    groups: tuple[str, ...] = ()
    category: str = "other"
    confidence: int | None = None
    valid_until: int | None = None
    origin: str | None = None
    derived_from: tuple[str, ...] = ()


class Claim(msgspec.Struct):
    """A statement that stands."""

    owner: str
    key: Key
    said: Statement
    value: str
    original: str
    since: int
    """When its partner began to stand by it."""
    stood: int
    """A number of its own for each time that it was taken up."""
    held: str = ""
    released: int = -1
    """When a reviewer let it through."""
    names: set[str] = msgspec.field(default_factory=set)
    row: int = 0
    """Rises with each place, category and quarantine that it was given; equal for those given together."""
    heard: dict[str, tuple[str, int]] = msgspec.field(default_factory=dict)
    """Stance and time of each opinion whose author may see it here."""

    @property
    def place(self) -> Place:
        """Quarantined, it is its owner's alone."""
        return (self.owner, "", ()) if self.held else (self.owner, self.said.tlp, self.said.groups)

    @property
    def kept_by(self) -> tuple[Place, str, str]:
        """While it is the same, so is the row."""
        return self.place, self.said.category, self.held

    @property
    def footprint(self) -> tuple[object, ...]:
        """All that a reader may tell of it: while it is the same, there is no news."""
        return self.owner, self.row, self.stood, self.said, self.value, tuple(sorted(self.heard.items()))


class Opinion(msgspec.Struct):
    stance: str
    reason: str
    at: int
    suspends: bool = False
    verdict: str = ""


class Past(msgspec.Struct, frozen=True):
    """A row that is closed."""

    owner: str
    key: Key
    row: int
    place: Place
    closed: int


def strength(claim: Claim, partners: Mapping[str, Partner]) -> float:
    confidence = 50 if claim.said.confidence is None else claim.said.confidence
    quality = partners[claim.owner].quality
    return 0.6 * confidence / 100 * (100 if quality is None else quality) / 100


def belief(
    claims: list[Claim], heard: Mapping[str, tuple[str, int]], partners: Mapping[str, Partner], at: int
) -> float:
    """The score, by the words of the design: independent voices add up, age and doubt take away."""
    if not claims:
        return 0.0
    days = HALF_LIVES.get(claims[0].key[0])

    def faded(strong: float, since: int) -> float:
        return strong if days is None else strong * 0.5 ** ((at - since) / DAY / days)

    firm = [claim for claim in claims if not claim.said.derived_from]
    voices: dict[str, float] = {}
    for claim in firm or claims:
        origin = claim.said.origin
        voice = "an echo" if not firm else f"by {claim.owner}" if origin is None else f"from {origin.lower()}"
        voices[voice] = max(voices.get(voice, 0.0), faded(strength(claim, partners), claim.since))
    unbelieved, left = 1.0, 1.0
    for one in voices.values():
        unbelieved *= 1 - one
    owners = {claim.owner for claim in claims}
    for author, (stance, since) in heard.items():
        if author not in owners:
            unbelieved *= 1 - faded(0.3, since) if stance == "agree" else 1
            left *= {"agree": 1.0, "disagree": 0.75, "false_positive": 0.5}[stance]
    return 100 * (1 - unbelieved) * left
