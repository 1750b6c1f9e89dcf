"""Takedowns: what platforms are asked to act on, how far they are, what they decided."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.clock import Priority
from core.wire.common import Count, ExternalId, FieldError, Line, Prose, Sha256, Slug, Time
from core.wire.outcomes import OutcomeIn
from core.wire.signals import Category, KindName, SignalId

TakedownId = Annotated[str, Meta(pattern="^tkd_[a-z2-7]{26}$")]


class TakedownState(StrEnum):
    """How far a case is."""

    REQUESTED = "requested"
    NOTIFIED = "notified"
    """The platform has read it, in its queue or by its id; an event alone says only that there is something to read."""
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    REMOVED = "removed"
    RESTRICTED = "restricted"
    NO_ACTION = "no_action"
    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    APPEALED = "appealed"
    UPHELD = "upheld"
    """Appealed, and the decision stands."""
    REVERSED = "reversed"
    """Appealed, and the decision was undone."""
    CLOSED = "closed"


class EvidenceKind(StrEnum):
    """What a reference leads to. The thing itself stays where it is."""

    ORDER = "order"
    CASE_FILE = "case_file"
    CAPTURE = "capture"
    HASH = "hash"
    OTHER = "other"


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where evidence lies: never media of abuse, and never who is affected."""

    kind: EvidenceKind
    reference: Line
    """Under what you keep it; what is asked for when it is needed."""
    sha256: Sha256 | None = None


class AuthorityOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="authority_order"):
    """An authority demands it. For agencies."""

    order_number: Line
    issuer: Line
    """The authority, never a person."""
    date: date
    """Of the order."""


class UserComplaint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="user_complaint"):
    """Somebody complained, with reason."""


class ProtectionNotice(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="protection_notice"
):
    """A child-protection group found it."""


LegalBasis = AuthorityOrder | UserComplaint | ProtectionNotice


class TargetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal that you hold a claim on, or that each of the platforms sees itself; or else an address."""

    signal: SignalId | None = None
    url: Annotated[str, Meta(min_length=1, max_length=8192)] | None = None


class AccountIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account behind a target, as a signal would name it: repeated violations are counted on it."""

    kind: KindName
    value: Annotated[str, Meta(min_length=1, max_length=8192)]


class TakedownIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one or more platforms are asked to act on. The same again changes nothing."""

    target: TargetIn
    platforms: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=100)]
    basis: LegalBasis
    category: Category
    priority: Priority = Priority.NORMAL
    reason: Prose = ""
    """For the platform. Never about a person: what looks like a phone number, an email address or an identity card is
    refused."""
    evidence: Annotated[tuple[Evidence, ...], Meta(max_length=20)] = ()
    external_id: ExternalId | None = None
    account: AccountIn | None = None


class RequestStatus(StrEnum):
    OPENED = "opened"
    JOINED = "joined"
    """The case was there: you are one of those who ask now, or your request changed."""
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class RequestResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one item at one platform."""

    index: Count
    """Of the item."""
    platform: Slug | None
    """Null where the item was rejected as a whole."""
    id: TakedownId | None
    status: RequestStatus
    errors: tuple[FieldError, ...] = ()


class TakedownsRequested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome for every item and platform, in their order."""

    position: Count
    """Of the log after it."""
    opened: Count
    joined: Count
    unchanged: Count
    rejected: Count
    results: tuple[RequestResult, ...]


class RequestOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks, and on which ground. For the platform, the operator and whoever asked."""

    partner: Slug
    at: Time
    basis: LegalBasis
    priority: Priority
    category: Category
    reason: Prose
    evidence: tuple[Evidence, ...]
    external_id: ExternalId | None
    """Your own; null for others."""
    due: Time | None
    """The deadline of this request, without pauses."""
    withdrawn: Time | None


class TakedownOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A case: one target at one platform."""

    id: TakedownId
    target: SignalId
    """The signal that the target is, or would be if somebody claimed it."""
    kind: KindName
    value: str
    """What to find, in canonical form."""
    account: SignalId
    """The account behind the target, or the target itself: what repeats are counted on."""
    platform: Slug
    state: TakedownState
    category: Category
    priority: Priority
    """The highest that was asked for."""
    opened: Time
    due: Time | None
    """When the platform has to have acted; null while no policy says so."""
    acknowledge_due: Time | None
    acknowledged: Time | None
    decided: Time | None
    """When the platform first answered."""
    breached: Time | None
    """When the deadline had passed unanswered."""
    level: Count
    """How often it was escalated."""
    paused: Time | None
    """Since when the clock stands."""
    closed: Time | None
    version: Count
    """The ETag."""
    requests: tuple[RequestOut, ...]
    """Those that you may read."""
    others: tuple[Category, ...]
    """Of the requests that you may not read, what each is about."""


class Role(StrEnum):
    """What somebody is to a case."""

    PLATFORM = "platform"
    REQUESTER = "requester"
    OPERATOR = "operator"
    HUB = "hub"
    """The hub's own clock and deliveries."""


class StepOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One move of a case."""

    at: Time
    by: Role
    partner: Slug | None
    """Null for the hub, and for another requester."""
    origin: TakedownState
    """The state that was left."""
    state: TakedownState
    reason: Prose | None
    """Null also where another requester gave it."""
    position: Count
    """Of its event in the log."""


class OutcomeOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of what the platform decided; the last one stands."""

    version: Count
    at: Time
    state: TakedownState
    outcome: OutcomeIn
    ends: Time | None
    """When the last of its restrictions for a time ends."""
    correction: Prose | None
    """Why the version before was wrong."""


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often the platform acted against the account within so many days, and what the law makes of it.

    The platform and the operator count every case, who asks the cases that it asked for.
    """

    days: Count
    violations: Count
    threshold: Count
    reached: bool
    lock_days_least: Count
    lock_days_most: Count
    legal_basis: str


class TakedownDetail(TakedownOut, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A case with its history."""

    steps: tuple[StepOut, ...]
    outcomes: tuple[OutcomeOut, ...]
    repeats: tuple[Repeat, ...]


class TakedownPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cases in the order in which they were opened."""

    takedowns: tuple[TakedownOut, ...]
    next: str | None


class Outcomes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every version of what the platform decided, the first one first."""

    outcomes: tuple[OutcomeOut, ...]
