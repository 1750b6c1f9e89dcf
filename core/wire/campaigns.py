"""Campaigns and their activities as partners send and receive them."""

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import Count, ExternalId, FieldError, Line, Prose, Slug, Time, Title
from core.wire.places import Commune, CommuneCode, ProvinceCode
from core.wire.signals import SubmitStatus


class CampaignState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    ENDED = "ended"


class PartyRole(StrEnum):
    ORGANISER = "organiser"
    SPONSOR = "sponsor"
    SUPPORTER = "supporter"


Link = Annotated[str, Meta(pattern=r"^https?://[^\u0000-\u0020\u007f/]+[^\u0000-\u0020\u007f]*$", max_length=2_000)]


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation that carries a campaign."""

    role: PartyRole
    name: Title
    partner: Slug | None = None
    """Its name at the hub, for one that is a partner."""
    url: Link | None = None


class Measure(StrEnum):
    """What a goal counts."""

    COMMUNES = "communes"
    """Communes in force today in which something was done."""
    ACTIVITIES = "activities"
    POINTS = "points"
    """Connection points."""
    SITES = "sites"
    CLASSES = "classes"
    PARTICIPANTS = "participants"
    VIEWS = "views"


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a campaign wants to reach, counted over those of its activities that fit.

    "At least one school in each commune" is the measure `communes` with `sites` 1 and no target.
    """

    slug: Slug
    title: Title
    measure: Measure
    target: Annotated[int, Meta(ge=1, le=100_000_000_000)] | None = None
    """Null for `communes` alone: every commune in force."""
    kind: "ActivityKind | None" = None
    """Counts only activities of this kind."""
    strand: Slug | None = None
    """Counts only activities of this strand."""
    sites: Annotated[int, Meta(ge=0, le=1_000)] = 0
    """For `communes`: the sites that a commune must have had together. A connection point is one."""


Parties = Annotated[tuple[Party, ...], Meta(max_length=100)]
Goals = Annotated[tuple[Goal, ...], Meta(max_length=50)]


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
    parties: Parties = ()
    goals: Goals = ()


class CampaignPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; absent fields stay as they are (RFC 7396)."""

    title: Title | UnsetType = UNSET
    summary: Prose | UnsetType = UNSET
    starts: datetime.date | None | UnsetType = UNSET
    ends: datetime.date | None | UnsetType = UNSET
    state: CampaignState | UnsetType = UNSET
    parties: Parties | UnsetType = UNSET
    """All of them anew."""
    goals: Goals | UnsetType = UNSET
    """All of them anew."""


class CampaignOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: Slug
    owner: Slug
    """The partner that founded it, and that may change it."""
    title: Title
    summary: Prose
    starts: datetime.date | None
    ends: datetime.date | None
    state: CampaignState
    parties: tuple[Party, ...]
    goals: tuple[Goal, ...]
    """`GET /v1/campaigns/{slug}/goals` says how far each is reached."""
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


class EvidenceLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an activity can be seen: a report in the press, a recording, a post."""

    url: Link
    title: Line | None = None


class ConnectionPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place from which people took part in an activity that was held elsewhere, such as a school at a livestream."""

    name: Line
    commune: CommuneCode
    participants: Reach = 0


class ActivityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was done for a campaign, on one day in one place."""

    kind: ActivityKind
    title: Line
    place: Place
    date: datetime.date
    organiser: Line | None = None
    audience: AudienceCounts = AudienceCounts()
    strand: Slug | None = None
    """Part of the campaign that it belongs to; `GET /v1/strands` lists them."""
    evidence: Annotated[tuple[EvidenceLink, ...], Meta(max_length=50)] = ()
    points: Annotated[tuple[ConnectionPoint, ...], Meta(max_length=5_000)] = ()
    """All of its connection points, each in a commune of that day."""
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
    strand: Slug | None
    evidence: tuple[EvidenceLink, ...]
    point_count: Count
    """Its connection points; `GET /v1/activities/{id}/points` lists them."""
    external_id: ExternalId | None
    """Your own name for it; null on others' activities."""
    updated: Time


class ActivityPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    activities: tuple[ActivityOut, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class ConnectionPointPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    points: tuple[ConnectionPoint, ...]
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


class Strand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a campaign that is reported by itself."""

    slug: Slug
    name: Title
    source: str
    """Who divided it so."""


class Strands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    strands: tuple[Strand, ...]


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a goal is reached."""

    goal: Goal
    reached: Count
    target: Count


class GoalsProgress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    day: datetime.date
    """Units are those in force on this day, whatever they were called when an activity was held."""
    goals: tuple[Progress, ...]


class ProvinceCover(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Communes of a province in force, and those in which something was done."""

    province: ProvinceCode
    communes: Count
    covered: Count


class GapPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Communes in which nothing was done yet. With the covered ones they are all communes in force."""

    day: datetime.date
    communes: Count
    """In force, in the province that was asked for or in all."""
    covered: Count
    provinces: tuple[ProvinceCover, ...]
    gaps: tuple[Commune, ...]
    next: str | None
    """The `after` of the next page; null on the last."""
