"""A young person is at risk now: where help is needed and of what kind, never who."""

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Line, Slug, Time
from core.wire.places import ProvinceCode
from core.wire.signals import Category, SignalId

EmergencyId = Annotated[str, Meta(pattern="^emg_[a-z2-7]{26}$")]


class AgeBand(StrEnum):
    """Never a date of birth. Those affected are mostly 18 to 22; minors too."""

    UNDER_7 = "under_7"
    FROM_7_TO_15 = "7_15"
    FROM_16_TO_17 = "16_17"
    FROM_18_TO_22 = "18_22"
    OVER_22 = "over_22"
    UNKNOWN = "unknown"


class EmergencyState(StrEnum):
    OPEN = "open"
    LOWERING = "lowering"
    """One of two people said that it is over."""
    LOWERED = "lowered"


Summary = Annotated[
    str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$")
]


class EmergencyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What those who answer have to know before they call you back."""

    category: Category
    summary: Summary
    """What is happening, and under which number you keep the case. Read by those who answer and by you alone; what
    looks like a phone number, an email address or an identity card is refused."""
    age_band: AgeBand = AgeBand.UNKNOWN
    province: ProvinceCode | None = None
    signals: Annotated[tuple[SignalId, ...], Meta(max_length=50)] = ()
    """Signals that you see and that belong to it: accounts, numbers, links."""


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the partners that are to answer."""

    partner: Slug
    tries: Count
    sent: Time | None
    """When a channel last took it."""
    acknowledged: Time | None


class EmergencyOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An emergency, as its parties and the operator read it."""

    id: EmergencyId
    partner: Slug
    agency: Slug
    protection: Slug
    category: Category
    age_band: AgeBand
    province: ProvinceCode | None
    signals: tuple[SignalId, ...]
    state: EmergencyState
    declared: Time
    lowered: Time | None
    reason: Line | None
    """Why it is over."""
    told: tuple[Told, ...]
    version: Count
    summary: Summary | None = None
    """Absent for the operator, and once it is over."""


class EmergencyPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the order in which they were declared."""

    emergencies: tuple[EmergencyOut, ...]
    next: str | None


class Lowering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is over. The second of two people says so, too, in words of their own."""

    reason: Line


class ResponsibilityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers from a day on, where and for what."""

    agency: Slug
    protection: Slug
    source: Line
    """Who laid that down."""
    valid_from: datetime.date
    """Day in Viet Nam."""
    category: Category | None = None
    """Null: every category that has no row of its own."""
    province: ProvinceCode | None = None
    """Null: every province that has no row of its own."""


class ResponsibilityEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When it ends."""

    valid_until: datetime.date
    """Day in Viet Nam, exclusive."""


class ResponsibilityOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of who answers. The row of a province comes before that of a category, and either before the general one;
    of equals the newest counts."""

    id: Annotated[str, Meta(pattern="^rsp_[1-9][0-9]*$")]
    agency: Slug
    protection: Slug
    category: Category | None
    province: ProvinceCode | None
    source: Line
    valid_from: datetime.date
    valid_until: datetime.date | None
    """Exclusive."""


class Responsibilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every row there ever was: they are ended, never edited."""

    responsibilities: tuple[ResponsibilityOut, ...]
