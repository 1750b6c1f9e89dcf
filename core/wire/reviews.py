"""What waits for a reviewer, and what reviewers decide."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, FieldError, Line, Prose, Slug, Time
from core.wire.opinions import Stance
from core.wire.score import Score
from core.wire.signals import Category, Confidence, KindName, Severity, SignalId, Tlp


class Waiting(StrEnum):
    """Why something waits."""

    DISPUTE = "dispute"
    """An opinion suspended the signal."""
    QUARANTINE = "quarantine"
    """A claim was held when it was submitted, or since."""


class ReviewedClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standing claim on the signal, suspended and held ones included."""

    partner: Slug
    category: Category
    confidence: Confidence | None
    severity: Severity | None
    tlp: Tlp | None
    origin: Line | None
    held: str
    """Why it is quarantined: `guard`, `burst`, `screen`; else empty."""


class SignalReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that waits."""

    what: Waiting
    id: SignalId
    kind: KindName
    value: str
    partner: Slug
    """Who disputes, or whose claim is quarantined."""
    stance: Stance | None
    """Of a dispute."""
    reason: Prose
    """Of a dispute in its author's words; else `guard` or `burst`."""
    since: Time
    score: Score
    """Over all standing claims and the opinions on them."""
    claims: tuple[ReviewedClaim, ...]


class HeldOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of one partner is quarantined for one reason."""

    partner: Slug
    reason: str
    claims: Count
    since: Time


class SignalReviews(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: tuple[SignalReview, ...]
    next: str | None
    """Send it as `after` for the next page; null on the last."""
    held: tuple[HeldOf, ...] = ()
    """With the first page of what is quarantined: all of it, by partner and reason."""


class Verdict(StrEnum):
    UPHELD = "upheld"
    """The doubt is right: the claims stay suspended."""
    DISMISSED = "dismissed"
    """It is not: the opinion no longer counts, and the claims are shown again."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="what", tag="dispute"):
    """About a dispute."""

    id: SignalId
    author: Slug
    verdict: Verdict
    reason: Line


class Clearance(StrEnum):
    RELEASE = "release"
    """Shown to those whom the partner meant it for."""
    REFUSE = "refuse"
    """Closed as retracted."""


class Clearing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="what", tag="quarantine"):
    """About what of one partner is quarantined."""

    partner: Slug
    clearance: Clearance
    reason: Line
    ids: Annotated[tuple[SignalId, ...], Meta(max_length=10_000)] | None = None
    """Absent: everything of the partner, up to 10,000 a decision; send it again until nothing is `left`."""


class DecisionStatus(StrEnum):
    DONE = "done"
    NOT_FOUND = "not_found"
    """Nothing of the kind waits."""
    INVOLVED = "involved"
    """You submitted it, or disputed it: someone else has to decide."""
    REJECTED = "rejected"


class DecisionResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one decision."""

    index: Count
    status: DecisionStatus
    done: Count = 0
    """Opinions judged, or claims released or refused."""
    left: Count = 0
    """Claims of the partner that are still quarantined."""
    errors: tuple[FieldError, ...] = ()


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    results: tuple[DecisionResult, ...]
