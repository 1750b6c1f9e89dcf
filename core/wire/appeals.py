"""Appeals: somebody was listed wrongly, and one call reaches everyone who acted on it."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Count, Line, Prose, Slug, Time
from core.wire.signals import SignalId
from core.wire.takedowns import Evidence, TakedownId

AppealId = Annotated[str, Meta(pattern="^apl_[a-z2-7]{26}$")]


class AppealState(StrEnum):
    FIRST_LOOK = "first_look"
    """The signal scores too high to be suspended on one voice: a reviewer looks first."""
    GATHERING = "gathering"
    """The platforms that acted look again, and the reviewer decides."""
    UPHELD = "upheld"
    """The signal stands, and is distributed as before."""
    REVERSED = "reversed"
    """It was wrong: every claim on it is closed, and every platform undoes what it did."""
    WITHDRAWN = "withdrawn"


class AppealIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Brought by a partner, for whoever is harmed. One appeal of a signal is open at a time."""

    signal: SignalId
    reason: Annotated[Prose, Meta(min_length=1)]
    """Read by reviewers and the platforms that acted. Never about a person: what looks like a phone number, an email
    address or an identity card is refused."""
    evidence: Annotated[tuple[Evidence, ...], Meta(max_length=20)] = ()


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the first look came to."""

    suspend: bool
    """Whether the signal is withheld until the appeal is decided."""
    reason: Line


class Ruling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reviewer's decision on the whole."""

    decision: Literal["upheld", "reversed"]
    reason: Line
    without_platforms: bool = False
    """Decide although platforms have not answered."""


class AppealTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A platform that acted, asked through its case to look again."""

    takedown: TakedownId
    platform: Slug
    decision: Literal["upheld", "reversed"] | None
    """Null while it has not said since it was asked last."""
    at: Time | None


class AppealOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An appeal, as reviewers, the partner that brought it and the platforms that are asked read it."""

    id: AppealId
    signal: SignalId
    partner: Slug
    reason: Prose
    evidence: tuple[Evidence, ...]
    state: AppealState
    suspended: bool
    opened: Time
    look_due: Time | None
    """Until when somebody looks; null once somebody has, or the operator was told that nobody did."""
    decision_reason: Line | None
    closed: Time | None
    tasks: tuple[AppealTask, ...]
    """For a platform that is asked, its own."""
    version: Count


class AppealPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the order in which they were opened."""

    appeals: tuple[AppealOut, ...]
    next: str | None
