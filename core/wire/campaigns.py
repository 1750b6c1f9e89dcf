"""Campaigns and their activities as partners send and receive them."""

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import Count, ExternalId, FieldError, Line, Prose, Slug, Time, Title
from core.wire.signals import SubmitStatus


class CampaignState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    ENDED = "ended"


class CampaignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A campaign to found. It can be read by every partner that may read campaigns."""

    title: Title
    slug: Slug | None = None
    """Its name in addresses and on signals. Absent: made of the Vietnamese title."""
    summary: Prose = ""
    starts: datetime.date | None = None
    """First day."""
    ends: datetime.date | None = None
    """Last day."""
    state: CampaignState = CampaignState.PLANNED


class CampaignPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; absent fields stay as they are (RFC 7396)."""

    title: Title | UnsetType = UNSET
    summary: Prose | UnsetType = UNSET
    starts: datetime.date | None | UnsetType = UNSET
    ends: datetime.date | None | UnsetType = UNSET
    state: CampaignState | UnsetType = UNSET


class CampaignOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: Slug
    owner: Slug
    """The partner that founded it, and that may change it."""
    title: Title
    summary: Prose
    starts: datetime.date | None
    ends: datetime.date | None
    state: CampaignState
    version: Count
    """In quotes it is the ETag."""
    created: Time
    updated: Time


class CampaignPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    campaigns: tuple[CampaignOut, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class ActivityKind(StrEnum):
    MEDIA = "media"
    TRAINING = "training"
    SEMINAR = "seminar"
    FESTIVAL = "festival"
    EXHIBITION = "exhibition"
    LIVESTREAM = "livestream"
    QUIZ = "quiz"
    WORKSHOP = "workshop"


ProvinceCode = Annotated[str, Meta(pattern="^[0-9]{2}$", min_length=2, max_length=2)]
"""Official code of a province or centrally run city, with its leading zero; `GET /v1/provinces` lists them."""
CommuneCode = Annotated[str, Meta(pattern="^[0-9]{5}$", min_length=5, max_length=5)]
Reach = Annotated[int, Meta(ge=0, le=100_000_000_000)]
"""An audience count. Bounded, so that a sum over every activity stays exact."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    province: ProvinceCode
    commune: CommuneCode | None = None
    venue: Line | None = None


class AudienceCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many were reached. Counts only: nothing here names anyone."""

    sites: Reach = 0
    """Schools and other connection points."""
    classes: Reach = 0
    participants: Reach = 0
    views: Reach = 0


class ActivityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was done for a campaign, on one day in one place."""

    kind: ActivityKind
    title: Line
    place: Place
    date: datetime.date
    organiser: Line | None = None
    audience: AudienceCounts = AudienceCounts()
    external_id: ExternalId | None = None
    """The submitter's own name for it; sent again under this name it is updated, without a name it is new."""


class ActivityOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    campaign: Slug
    partner: Slug
    """Who submitted it, and may change it."""
    kind: ActivityKind
    title: Line
    place: Place
    date: datetime.date
    organiser: Line | None
    audience: AudienceCounts
    external_id: ExternalId | None
    """Your own name for it; null on others' activities."""
    updated: Time


class ActivityPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    activities: tuple[ActivityOut, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class ActivityResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one item."""

    index: Count
    id: str | None
    status: SubmitStatus
    errors: tuple[FieldError, ...] = ()


class ActivitiesSubmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a submission: an outcome for every item."""

    created: Count
    updated: Count
    unchanged: Count
    rejected: Count
    results: tuple[ActivityResult, ...]


class Province(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit of the first level, while it is or was in force under this code and name."""

    code: ProvinceCode
    name: Title
    valid_from: datetime.date
    valid_to: datetime.date | None
    """The first day on which it no longer holds; null while it does."""
    source: str
    """The decision that says so."""


class Provinces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provinces: tuple[Province, ...]
