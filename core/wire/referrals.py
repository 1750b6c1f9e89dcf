"""Handing a person over to those who help. No field says who the person is."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Line, Slug, Time
from core.wire.emergencies import AgeBand, EmergencyId
from core.wire.places import ProvinceCode

ReferralId = Annotated[str, Meta(pattern="^ref_[a-z2-7]{26}$")]


class Service(StrEnum):
    """What kind of help is asked for."""

    HOTLINE_111 = "hotline_111"
    """The national child-protection hotline."""
    SCHOOL_PSYCHOLOGY = "school_psychology"
    MEDICAL = "medical"
    LEGAL_AID = "legal_aid"
    SHELTER = "shelter"


class Urgency(StrEnum):
    ROUTINE = "routine"
    SOON = "soon"
    """Within the day."""
    NOW = "now"


class ConsentBy(StrEnum):
    PERSON = "person"
    REPRESENTATIVE = "representative"
    """The legal representative of a child."""
    BOTH = "both"


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ground", tag="consent"):
    """The person, or who acts for it, agreed to be handed over."""

    by: ConsentBy
    """A child under 16 is referred with its representative's word, from 7 years on with the child's own too (Law on
    Personal Data Protection 91/2025/QH15)."""
    at: Time


class VitalInterest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ground", tag="vital_interest"):
    """Life or health is at stake and nobody could be asked."""

    reason: Line


class ReferralState(StrEnum):
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    """Somebody at the receiver has read it."""
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    """The sender refers elsewhere."""
    WITHDRAWN = "withdrawn"
    """By the sender, or because the consent was withdrawn."""


Note = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$")]


class ReferralIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An offer to one receiver."""

    receiver: Slug
    service: Service
    ground: Consent | VitalInterest
    age_band: AgeBand = AgeBand.UNKNOWN
    urgency: Urgency = Urgency.ROUTINE
    province: ProvinceCode | None = None
    note: Note | None = None
    """Under which number the person is known in your own files, and how to call you back. Read by the receiver alone,
    never logged, erased when the referral ends."""
    emergency: EmergencyId | None = None
    """The emergency that it comes from."""


class ReferralMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next state. A decline and a withdrawal need a reason."""

    state: Literal["acknowledged", "accepted", "in_progress", "completed", "declined", "withdrawn"]
    reason: Line | None = None


class ReferralStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One move, and whose it was."""

    at: Time
    partner: Slug
    origin: ReferralState
    state: ReferralState
    reason: Line | None = None


class ReferralOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A referral as its two parties read it; the operator reads it without ground, note and reasons."""

    id: ReferralId
    sender: Slug
    receiver: Slug
    service: Service
    age_band: AgeBand
    urgency: Urgency
    province: ProvinceCode | None
    emergency: EmergencyId | None
    state: ReferralState
    offered: Time
    acknowledged: Time | None
    ended: Time | None
    version: int
    ground: Consent | VitalInterest | None = None
    note: Note | None = None
    steps: tuple[ReferralStep, ...] = ()
    """In the order in which they were made; only when a single referral is read."""


class ReferralPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Referrals that one sent or was offered, in the order in which they were."""

    referrals: tuple[ReferralOut, ...]
    next: str | None
