"""Signals as partners send and receive them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import NAME, Count, ExternalId, FieldError, Line, Slug, Time, Title
from core.wire.kinds import Fact
from core.wire.score import OpinionCounts, Score, Term


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (first.org/tlp), from widest to strictest."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


COMMUNITY = frozenset({Tlp.CLEAR, Tlp.GREEN})
"""What every partner sees that may read signals, where no groups are named."""
RE_EXPORTED = COMMUNITY | {Tlp.AMBER}
"""What may leave for tools and exchanges behind a partner. AMBER+STRICT and RED stay, and so does what has no mark."""


class Category(StrEnum):
    """What the observable is used for."""

    ONLINE_KIDNAPPING = "online_kidnapping"
    GROOMING = "grooming"
    SEXTORTION = "sextortion"
    IMPERSONATION = "impersonation"
    TRAFFICKING_RECRUITMENT = "trafficking_recruitment"
    PHISHING = "phishing"
    INVESTMENT_SCAM = "investment_scam"
    GAMBLING = "gambling"
    CSAM_HASH = "csam_hash"
    """Child sexual abuse material, by the hash of a file only."""
    SELF_HARM = "self_harm"
    OTHER = "other"

    @classmethod
    def tagged(cls, tags: Iterable[str]) -> "Category":
        """The first tag that is one of these words, whatever its case and hyphens: tags of others are free text."""
        words = (tag.lower().replace("-", "_") for tag in tags)
        return next((cls(word) for word in words if word in set(cls)), cls.OTHER)


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class State(StrEnum):
    """Of an item (`active`, `disputed`) or a tombstone (the rest)."""

    ACTIVE = "active"
    DISPUTED = "disputed"
    RETRACTED = "retracted"
    EXPIRED = "expired"
    GONE = "gone"
    """No longer shared with you; never why."""


SignalId = Annotated[str, Meta(pattern="^sig_[a-z2-7]{26}$", min_length=30, max_length=30)]
KindName = Annotated[str, Meta(min_length=2, max_length=40, pattern=NAME)]
Confidence = Annotated[int, Meta(ge=0, le=100)]
ContextName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")]
ContextText = Annotated[str, Meta(max_length=500, pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$")]
ContextNumber = Annotated[int, Meta(ge=-(2**53 - 1), le=2**53 - 1)]
Context = Annotated[dict[ContextName, ContextText | ContextNumber | float | bool | None], Meta(max_length=20)]
"""Up to 20 short facts about the observable. Never about a person affected."""


class SignalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a partner says of an observable, and stands by. The same item again changes nothing."""

    kind: KindName
    """Built in: `url`, `domain`, `ip`, `email`, `phone`, `bank_account`, `e_wallet`, `crypto_address`,
    `social_account`, `meeting`, `app`, `text`, `md5`, `sha1`, `sha256`, `pdq`. Plugins add more."""
    value: Annotated[str, Meta(min_length=1, max_length=8192)]
    """The observable as seen; the hub normalises it and keeps the spelling."""
    category: Category | None = None
    """Absent: `other`."""
    confidence: Confidence | None = None
    """0 to 100."""
    severity: Severity | None = None
    tlp: Tlp | None = None
    """Absent: for the submitter alone (or for `groups`)."""
    groups: Annotated[tuple[Slug, ...], Meta(max_length=20)] | None = None
    """Sharing groups that the submitter belongs to."""
    campaign: Slug | None = None
    external_id: ExternalId | None = None
    """The submitter's own name for the item; retraction by it needs no hub id."""
    first_seen: Time | None = None
    last_seen: Time | None = None
    valid_until: Time | None = None
    context: Context | None = None
    origin: Line | None = None
    """Where the submitter has it from; two claims of one origin corroborate nothing."""
    derived_from: Annotated[tuple[SignalId, ...], Meta(max_length=10)] = ()
    """Signals of which this is an echo."""


class SubmitStatus(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"
    """Taken, counted as created, and shown to nobody else until it is released."""
    REJECTED = "rejected"


class SubmitResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one item."""

    index: Count
    id: SignalId | None
    status: SubmitStatus
    errors: tuple[FieldError, ...] = ()
    """Why it was rejected; notes on an accepted item: why it is held (`guard`, `burst`), also when it was sent again,
    `audience_empty`, `look_alike`, `tracking_parameters`."""


class Submitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a submission: an outcome for every item."""

    position: Count
    """Of the log after this submission."""
    created: Count
    updated: Count
    unchanged: Count
    rejected: Count
    results: tuple[SubmitResult, ...]
    quarantined: Count = 0
    """Of those created: taken, and shown to nobody else until they are released."""


class Retraction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the caller's own claims to withdraw: by the caller's names or by the hub's ids."""

    external_ids: Annotated[tuple[ExternalId, ...], Meta(max_length=10_000)] = ()
    ids: Annotated[tuple[str, ...], Meta(max_length=10_000)] = ()


class RetractStatus(StrEnum):
    RETRACTED = "retracted"
    RELEASED = "released"
    """The name was dropped; the claim stands under its other names."""
    NOT_FOUND = "not_found"


class RetractResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: Count
    id: SignalId | None
    status: RetractStatus


class Retracted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: Count
    retracted: Count
    results: tuple[RetractResult, ...]


class SignalOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A signal as this caller may see it, made of the claims it may see; or a tombstone of one that it lost.

    A tombstone has `id`, `state` and `position` and nothing else.
    """

    id: SignalId
    state: State
    position: Count
    """Place in the log of the newest claim that the caller may see."""
    kind: KindName | UnsetType = UNSET
    value: str | UnsetType = UNSET
    """Canonical form."""
    tlp: Tlp | None | UnsetType = UNSET
    """The strictest of the claims used; null when none carries one."""
    category: Category | UnsetType = UNSET
    """Of the most confident claim, the earliest among equals; so is `severity`."""
    severity: Severity | None | UnsetType = UNSET
    confidence: Confidence | None | UnsetType = UNSET
    first_seen: Time | None | UnsetType = UNSET
    last_seen: Time | None | UnsetType = UNSET
    valid_until: Time | None | UnsetType = UNSET
    """When the last of the claims lapses; null when one does not."""
    campaign: Slug | None | UnsetType = UNSET
    claims: Count | UnsetType = UNSET
    """How many partners' claims the caller may see."""
    terms: tuple[Term, ...] | UnsetType = UNSET
    """What the score is made of at any time: `Term` says how."""
    opinions: OpinionCounts | UnsetType = UNSET
    check: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | UnsetType = UNSET
    """Adds up, mod 2^128 over a caught-up copy, to the feed's `digest`."""


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the log as this caller may see it."""

    signals: tuple[SignalOut, ...]
    next: str
    """Cursor for the next page; also when there is none yet."""
    more: bool
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")] | UnsetType = UNSET
    """On the last page: sum of the checks of everything the caller may see now."""


class Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The caller's whole view as one number, to compare a copy with."""

    position: Count
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class LookupItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: KindName
    value: Annotated[str, Meta(min_length=1, max_length=8192)]


class LookupResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: Count
    known: bool
    signal: SignalOut | None = None
    score: Score | None = None
    """Of what you may see, now."""
    errors: tuple[FieldError, ...] = ()
    """Why the item could not be looked up."""


NOT_KNOWN = Title(
    vi="Chưa có trong dữ liệu không có nghĩa là an toàn.",
    en="Not known does not mean safe.",
)


class LookedUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    results: tuple[LookupResult, ...]
    note: Title = NOT_KNOWN
    """To be shown wherever an unknown value is shown."""


class ClaimState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Held(StrEnum):
    GUARD = "guard"
    """The value is on the negative list."""
    BURST = "burst"
    """You submitted more in an hour than is distributed unseen."""
    SCREEN = "screen"
    """A plugin of the hub asks for a look at it."""


class ClaimOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One partner's statement about the signal."""

    position: Count
    partner: Slug | None
    """Null unless it is your own, you are the operator, or the partner chose to be named."""
    category: Category
    confidence: Confidence | None
    severity: Severity | None
    tlp: Tlp | None
    groups: tuple[Slug, ...]
    """Those that you belong to."""
    first_seen: Time | None
    last_seen: Time | None
    valid_until: Time | None
    campaign: Slug | None
    context: Context
    origin: Line | None
    derived_from: tuple[SignalId, ...]
    """What the submitter declares; you may not be able to see all of them."""
    external_ids: tuple[ExternalId, ...] = ()
    """Your own names for it; empty on others' claims."""
    original: str | None = None
    """The value as you first spelled it; null on others' claims."""
    state: ClaimState = ClaimState.ACTIVE
    """`suspended` is shown to its own partner only: others have lost the claim until the dispute is settled."""
    held: Held | None = None
    """Why your claim waits for release and is shown to nobody else."""


class SignalDetail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal and each claim that the caller may see."""

    signal: SignalOut
    """A tombstone (`gone`) when only your own suspended claim is left to see."""
    claims: tuple[ClaimOut, ...]
    score: Score | None
    """Of what you may see, now; null with a tombstone."""
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)
    """What follows from the value alone, such as `registrable_domain`, `look_alike` or `tracking_parameters`."""
