"""Asking a platform to keep data, and the hands that evidence passes through."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Count, Line, Sha256, Slug, Time
from core.wire.signals import KindName, SignalId
from core.wire.takedowns import TakedownId, TargetIn

PreservationId = Annotated[str, Meta(pattern="^prs_[a-z2-7]{26}$")]
Days = Annotated[int, Meta(ge=1, le=180)]
"""Of one term."""


class DataKind(StrEnum):
    """What is to be kept, in the words of the UN Convention against Cybercrime (Articles 25 to 30)."""

    SUBSCRIBER = "subscriber"
    TRAFFIC = "traffic"
    CONTENT = "content"
    PAYMENT = "payment"


class PreservationState(StrEnum):
    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    PRESERVED = "preserved"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    RELEASED = "released"
    """The requester needs it no longer."""
    EXPIRED = "expired"
    """Its term ended before it was renewed."""


class PreservationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep what you have of the target until somebody with the right to it fetches it."""

    platform: Slug
    target: TargetIn
    scope: Annotated[tuple[DataKind, ...], Meta(min_length=1, max_length=4)]
    days: Days
    legal_basis: Line
    order_number: Line | None = None
    takedown: TakedownId | None = None
    """The case that it belongs to."""


class PreservationMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The platform acknowledges, preserves or refuses; the requester releases. A refusal needs a reason."""

    state: Literal["acknowledged", "preserved", "refused", "released"]
    reason: Line | None = None


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more term, from the end of the one that runs."""

    days: Days


class PreservationOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request to preserve, as its two parties and the operator read it."""

    id: PreservationId
    partner: Slug
    platform: Slug
    target: SignalId
    kind: KindName
    value: str
    scope: tuple[DataKind, ...]
    days: Days
    """Of the term that runs."""
    renewals: Count
    since: Time
    until: Time
    legal_basis: Line
    order_number: Line | None
    takedown: TakedownId | None
    state: PreservationState
    reason: Line | None
    version: Count


class PreservationPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the order in which they were requested."""

    preservations: tuple[PreservationOut, ...]
    next: str | None


class CustodyAction(StrEnum):
    COLLECTED = "collected"
    HANDED_OVER = "handed_over"
    RECEIVED = "received"
    VERIFIED = "verified"
    """Hashed anew, and found to be the same."""


class CustodyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done with one item. The evidence itself never comes here."""

    action: CustodyAction
    item: Line
    """Under what the holder keeps it; the same in every entry of the item."""
    sha256: Sha256
    size: Count
    """Bytes."""
    to: Slug | None = None
    """To whom it was handed over."""


class CustodyOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the chain."""

    seq: Count
    at: Time
    partner: Slug
    action: CustodyAction
    item: Line
    sha256: Sha256
    size: Count
    to: Slug | None
    previous: str
    """SHA-256, in hex, of the entry before: as it stands here, without spaces. Empty at the first."""


class CustodyManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The chain of custody of all that was preserved under one request."""

    preservation: PreservationOut
    entries: tuple[CustodyOut, ...]
    made: Time


class SignedManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manifest, and the same under the hub's signature."""

    manifest: CustodyManifest
    jws: str
    """Compact JWS (RFC 7515), ES256, `typ` `custody+json`. Its payload is the manifest; the key is in
    /.well-known/jwks.json."""
