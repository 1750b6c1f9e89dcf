"""Tables of takedowns: cases and their clock, and whom to reach when it runs out."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros

_OPEN = text("closed = 0")
_WAKES = text("wakes IS NOT NULL")
_ACKNOWLEDGED = text("acknowledged IS NOT NULL")
_BREACHED = text("breached IS NOT NULL")


class Takedown(Base):
    """A case: one target at one platform, asked for by one partner or several."""

    __tablename__ = "takedown"
    __table_args__ = (
        # One open case a target and platform; whoever asks again joins it.
        Index("uq_takedown_open", "target", "platform", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_takedown_queue", "platform", "state", "number"),
        Index("ix_takedown_wakes", "wakes", sqlite_where=_WAKES, postgresql_where=_WAKES),
        Index("ix_takedown_account", "platform", "account", "decided"),
        Index("ix_takedown_opened", "opened"),
        Index("ix_takedown_acknowledged", "acknowledged", sqlite_where=_ACKNOWLEDGED, postgresql_where=_ACKNOWLEDGED),
        Index("ix_takedown_breached", "breached", sqlite_where=_BREACHED, postgresql_where=_BREACHED),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order of opening; the cursor of lists."""
    id: Mapped[str] = mapped_column(Text, unique=True)
    target: Mapped[str] = mapped_column(Text)
    """Public id of the signal that the target is, or would be."""
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    """Canonical form: what the platform has to find."""
    account: Mapped[str] = mapped_column(Text)
    """Public id of the account behind the target, or the target's own: what repeats are counted on."""
    platform: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    state: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    """Of the request that opened it, as that was made: what it is counted by."""
    priority: Mapped[str] = mapped_column(Text)
    opened: Mapped[int] = mapped_column(Micros)
    due: Mapped[int | None] = mapped_column(Micros)
    """The strictest deadline of its requests, pauses counted in."""
    acknowledge_due: Mapped[int | None] = mapped_column(Micros)
    acknowledged: Mapped[int | None] = mapped_column(Micros)
    decided: Mapped[int | None] = mapped_column(Micros)
    """When the platform first answered with an outcome."""
    acted: Mapped[bool] = mapped_column(default=False)
    """Whether the answer that stands is that it was removed or restricted: what repeats are counted by."""
    wakes: Mapped[int | None] = mapped_column(Micros)
    """When the clock has to look at it next; null while nothing is due."""
    warned: Mapped[int] = mapped_column(default=0)
    """Warnings given of the deadline that stands."""
    breached: Mapped[int | None] = mapped_column(Micros)
    """When the deadline was found to have passed unanswered."""
    level: Mapped[int] = mapped_column(default=0)
    """How often it was escalated."""
    paused: Mapped[int | None] = mapped_column(Micros)
    """Since when its clock stands; null while it runs."""
    closed: Mapped[int] = mapped_column(Micros, default=0)
    """0 while it is open, else when it was closed."""
    version: Mapped[int] = mapped_column(default=1)
    """Of the case; the ETag."""


class TakedownRequest(Base):
    """Who asked, on which ground."""

    __tablename__ = "takedown_request"
    __table_args__ = (
        UniqueConstraint("takedown", "partner"),
        Index("ix_takedown_request_partner", "partner", "takedown"),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    takedown: Mapped[int] = mapped_column(Micros, ForeignKey("takedown.number"))
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    asked: Mapped[int] = mapped_column(Micros)
    """When this partner first asked; the terms that it asked on may be younger."""
    at: Mapped[int] = mapped_column(Micros)
    basis: Mapped[str] = mapped_column(Text)
    """`authority_order`, `user_complaint`, `protection_notice`, …: what the policy is found by."""
    order_number: Mapped[str | None] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(Text)
    order_date: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[Any]] = mapped_column(JSON)
    """References, never media and never who is affected."""
    external_id: Mapped[str | None] = mapped_column(Text)
    policy: Mapped[int | None] = mapped_column(ForeignKey("takedown_policy.id"))
    """The row that its deadline came from."""
    due: Mapped[int | None] = mapped_column(Micros)
    """Without pauses."""
    withdrawn: Mapped[int | None] = mapped_column(Micros)
    """When it was taken back; null while it stands."""


class TakedownStep(Base):
    """One move of a case."""

    __tablename__ = "takedown_step"
    __table_args__ = (Index("ix_takedown_step_at", "at"),)

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    takedown: Mapped[int] = mapped_column(Micros, ForeignKey("takedown.number"), index=True)
    at: Mapped[int] = mapped_column(Micros)
    actor: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    """Null: the hub's own clock."""
    client: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    """The state that was left."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Micros)
    """Of its event in the log."""


class TakedownOutcome(Base):
    """What the platform decided: a version each time that it says so."""

    __tablename__ = "takedown_outcome"
    __table_args__ = (Index("ix_takedown_outcome_at", "at"),)

    takedown: Mapped[int] = mapped_column(Micros, ForeignKey("takedown.number"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(Micros)
    client: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    """What it made of the case."""
    body: Mapped[Any] = mapped_column(JSON)
    """As `core.wire.takedowns.OutcomeIn` says it."""
    due: Mapped[int | None] = mapped_column(Micros)
    """The deadline of the case as it stood then: whether the answer was in time."""
    ends: Mapped[int | None] = mapped_column(Micros)
    """When a temporary lock ends."""
    correction: Mapped[str | None] = mapped_column(Text)
    """Why an earlier version was wrong."""


class TakedownPause(Base):
    """A time in which the clock of a case stands still."""

    __tablename__ = "takedown_pause"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    takedown: Mapped[int] = mapped_column(Micros, ForeignKey("takedown.number"), index=True)
    since: Mapped[int] = mapped_column(Micros)
    until: Mapped[int | None] = mapped_column(Micros)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    reason: Mapped[str] = mapped_column(Text)


class TakedownPolicy(Base):
    """How long is given for what, on which legal basis, and since when."""

    __tablename__ = "takedown_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    basis: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(Text)
    seconds: Mapped[int] = mapped_column(Micros)
    """Until the platform has to have acted."""
    acknowledge_seconds: Mapped[int | None] = mapped_column(Micros)
    """Until it has to have acknowledged."""
    counted: Mapped[str] = mapped_column(Text)
    """`elapsed`: every hour; `working`: the working hours of `calendar`."""
    calendar: Mapped[str] = mapped_column(Text)
    warn_seconds: Mapped[list[Any]] = mapped_column(JSON)
    """How long before the deadline it is warned of, largest first."""
    escalate_seconds: Mapped[int | None] = mapped_column(Micros)
    """After a breach, how long each further contact is given."""
    legal_basis: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[str] = mapped_column(Text)
    """Day in Viet Nam."""
    valid_until: Mapped[str | None] = mapped_column(Text)
    """Day in Viet Nam, exclusive."""
    added: Mapped[int] = mapped_column(Micros)
    added_by: Mapped[str] = mapped_column(Text)


class RepeatPolicy(Base):
    """How many violations of an account in how many days lead to what."""

    __tablename__ = "repeat_policy"

    days: Mapped[int] = mapped_column(primary_key=True)
    violations: Mapped[int] = mapped_column()
    lock_days_least: Mapped[int] = mapped_column()
    lock_days_most: Mapped[int] = mapped_column()
    legal_basis: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class CalendarDay(Base):
    """A day on which a calendar differs from what its library says: work moved, or time off by decree."""

    __tablename__ = "calendar_day"

    calendar: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    working: Mapped[bool] = mapped_column()
    name: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class Contact(Base):
    """Whom to reach at a partner when its queue is not enough, in which order."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("partner", "level"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    level: Mapped[int] = mapped_column()
    """1 is tried first."""
    channel: Mapped[str] = mapped_column(Text)
    """The name of a channel that a plugin adds: `webhook`, `mail`."""
    address: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed (`core.sealing`)."""
    label: Mapped[str] = mapped_column(Text)
    """The duty that answers there, never a person's name."""
    added: Mapped[int] = mapped_column(Micros)


class Push(Base):
    """Something that has to reach a partner now: one row until somebody there has it, tried contact by contact."""

    __tablename__ = "push"
    __table_args__ = (
        UniqueConstraint("subject", "partner", "round"),
        Index("ix_push_wakes", "wakes", sqlite_where=_WAKES, postgresql_where=_WAKES),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    subject: Mapped[str] = mapped_column(Text)
    """Id of the emergency or case that it speaks of."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    round: Mapped[int] = mapped_column()
    """The escalation that it belongs to."""
    about: Mapped[str] = mapped_column(Text)
    """Type of the event that it carries."""
    state: Mapped[str] = mapped_column(Text)
    """`waiting`, `sent`, `acknowledged`, `failed`."""
    level: Mapped[int] = mapped_column(default=0)
    """Of the contact that was tried last."""
    tries: Mapped[int] = mapped_column(default=0)
    patience: Mapped[int | None] = mapped_column(Micros)
    """Seconds that a contact is given to acknowledge before the next is tried; null: it is not waited for."""
    wakes: Mapped[int | None] = mapped_column(Micros)
    """When the next contact is tried; null when there is nothing more to do."""
    created: Mapped[int] = mapped_column(Micros)
    sent: Mapped[int | None] = mapped_column(Micros)
    acknowledged: Mapped[int | None] = mapped_column(Micros)
    error: Mapped[str | None] = mapped_column(Text)
    """What the last channel said."""
