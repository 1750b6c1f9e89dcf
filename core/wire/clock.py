"""The clock of takedowns: how long is given for what, days off, pauses, and whom to reach when time runs out."""

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Line, Slug, Time

Seconds = Annotated[int, Meta(ge=1, le=366 * 86_400)]
"""A span of time, at most a year."""


class Basis(StrEnum):
    """On what ground something is asked for: the words of a request's basis, and one more."""

    AUTHORITY_ORDER = "authority_order"
    USER_COMPLAINT = "user_complaint"
    PROTECTION_NOTICE = "protection_notice"
    EMERGENCY_CALL = "emergency_call"
    """A young person is at risk now: how soon somebody has to answer (`/v1/emergencies`)."""


class Priority(StrEnum):
    """In rising order."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Counted(StrEnum):
    """Which time counts."""

    ELAPSED = "elapsed"
    """All of it."""
    WORKING = "working"
    """The working hours of the policy's calendar."""


class PolicyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long is given for a request on this basis with this priority, from a day on."""

    basis: Basis
    priority: Priority
    seconds: Seconds
    """Until the platform has to have answered."""
    legal_basis: Line
    source: Line
    """Where that can be read, and what of it nobody has verified."""
    valid_from: datetime.date
    """Day in Viet Nam. It counts when the request was received."""
    valid_until: datetime.date | None = None
    """Day in Viet Nam, exclusive."""
    acknowledge_seconds: Seconds | None = None
    """Until the platform has to have acknowledged."""
    counted: Counted = Counted.ELAPSED
    calendar: Slug = "vn-office"
    warn_seconds: Annotated[tuple[Seconds, ...], Meta(max_length=10)] = ()
    """How long before the deadline the parties are warned; always counted as elapsed time."""
    escalate_seconds: Seconds | None = None
    """After a breach, or a push that nobody acknowledged: how long each contact is given. Null: none is told."""


class PolicyOut(PolicyIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy. It is never edited: end it, and add another."""

    id: str
    added: Time
    added_by: str


class PolicyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policies: tuple[PolicyOut, ...]
    repeats: tuple["RepeatPolicyOut", ...]


class PolicyEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a policy ends to hold."""

    valid_until: datetime.date
    """Day in Viet Nam, exclusive: today or later."""


class RepeatPolicyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many violations of one account lead to a lock."""

    violations: Annotated[int, Meta(ge=1, le=1_000_000)]
    lock_days_least: Annotated[int, Meta(ge=1, le=36_500)]
    lock_days_most: Annotated[int, Meta(ge=1, le=36_500)]
    legal_basis: Line
    source: Line
    """Where that can be read, and what of it nobody has verified."""


class RepeatPolicyOut(RepeatPolicyIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    days: int
    """Within how many days they are counted."""


class CalendarDayIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day that differs from what is known without it."""

    working: bool
    name: Line
    """What it is, such as the holiday that it was exchanged for."""
    source: Line
    """The decree or notice."""


class CalendarDayOut(CalendarDayIn, frozen=True, forbid_unknown_fields=True):
    day: datetime.date


class CalendarOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weekdays of a year that are off and the weekend days that are worked."""

    name: Slug
    zone: str
    opens: datetime.time
    closes: datetime.time
    weekdays: tuple[int, ...]
    """Worked as a rule, Monday being 1 (ISO 8601)."""
    days: tuple[CalendarDayOut, ...]


class PauseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the clock is stopped."""

    reason: Line


class PauseOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which the clock of a partner's request stood still; the operator's pauses hold for all requests."""

    partner: Slug
    reason: str
    since: Time
    until: Time | None
    """Null while it lasts."""


class ClockOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock of a case."""

    due: Time | None
    """Null when nothing is due, or while the clock of every request stands."""
    due_local: str | None
    """The same for people: in Viet Nam's time, with its offset."""
    paused: Time | None
    """Since when no request's clock runs."""
    pauses: tuple[PauseOut, ...]
    """Of who asked only your own and the operator's, unless you are the platform."""


class ContactIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somewhere to reach a partner at any hour."""

    channel: Slug
    """`mail`, `webhook`, or another that a plugin adds."""
    address: Line
    """As the channel has it: a mail address, a URL."""
    label: Line
    """The duty that answers there, never a person's name."""


class ContactsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All contacts of a partner, the first to be tried first."""

    contacts: Annotated[tuple[ContactIn, ...], Meta(max_length=10)]


class ContactOut(ContactIn, frozen=True, forbid_unknown_fields=True):
    level: int
    """1 is tried first."""


class ContactList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contacts: tuple[ContactOut, ...]


class PushState(StrEnum):
    WAITING = "waiting"
    """For its next contact."""
    SENT = "sent"
    """A channel took it; nobody has said that they have it."""
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    """Every contact was tried; the operator was told."""
    DROPPED = "dropped"
    """What it was about is over."""


class PushOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that has to reach a partner now, tried contact by contact."""

    id: str
    partner: Slug
    subject: str
    """Id of what it speaks of."""
    about: str
    """Type of the event that it carries."""
    state: PushState
    level: int
    """Of the contact that was tried last; 0 before the first."""
    tries: int
    created: Time
    sent: Time | None
    acknowledged: Time | None
    error: str | None
    """What the last channel said."""


class PushPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pushes in the order in which they came up."""

    pushes: tuple[PushOut, ...]
    next: str | None
