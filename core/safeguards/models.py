"""Tables of what stands beside a case: emergencies, appeals, referrals, preservation, how partners did."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros

_OPEN = text("closed = 0")


class Responsibility(Base):
    """Which agency and which child-protection partner answer an emergency of this kind, there."""

    __tablename__ = "responsibility"

    id: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(Text)
    """Empty: every category without a row of its own."""
    province: Mapped[str] = mapped_column(Text)
    """Empty: every province without a row of its own."""
    agency: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    protection: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    source: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[str | None] = mapped_column(Text)


class Emergency(Base):
    """A young person is at risk now. Says where help is needed and of what kind, never who."""

    __tablename__ = "emergency"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    agency: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    protection: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    category: Mapped[str] = mapped_column(Text)
    province: Mapped[str | None] = mapped_column(Text)
    age_band: Mapped[str] = mapped_column(Text)
    summary: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed; empty once it was lowered."""
    signals: Mapped[list[Any]] = mapped_column(JSON)
    """Public ids."""
    state: Mapped[str] = mapped_column(Text)
    """`open`, `lowering` (one of two has said so), `lowered`."""
    declared: Mapped[int] = mapped_column(Micros)
    lowered: Mapped[int | None] = mapped_column(Micros)
    first: Mapped[str | None] = mapped_column(Text)
    """The client that asked to lower it."""
    lowering: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    """Whose client that is."""
    second: Mapped[str | None] = mapped_column(Text)
    """The other one, that agreed."""
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)


class Appeal(Base):
    """Somebody says that a signal is wrong and should not have been acted on; brought by a partner."""

    __tablename__ = "appeal"
    __table_args__ = (Index("uq_appeal_open", "target", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),)

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    target: Mapped[str] = mapped_column(Text)
    """Public id of the signal."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    """As `core.wire.appeals.AppealState`. Decided and not closed: what follows is being done."""
    suspended: Mapped[bool] = mapped_column()
    """Whether the signal's distribution is suspended by it."""
    opened: Mapped[int] = mapped_column(Micros)
    look_due: Mapped[int | None] = mapped_column(Micros)
    """Until when somebody has to have looked at it first; null once somebody has, or was told that nobody did."""
    reviewer: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    closed: Mapped[int] = mapped_column(Micros, default=0)
    version: Mapped[int] = mapped_column(default=1)


class AppealTask(Base):
    """A case that an appeal asks its platform to look at again. What came of it, the steps of the case say."""

    __tablename__ = "appeal_task"

    appeal: Mapped[int] = mapped_column(Micros, ForeignKey("appeal.number"), primary_key=True)
    takedown: Mapped[int] = mapped_column(Micros, ForeignKey("takedown.number"), primary_key=True, index=True)


class Referral(Base):
    """A person needs help: handed over to those who give it. Nothing here says who the person is."""

    __tablename__ = "referral"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    receiver: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    service: Mapped[str] = mapped_column(Text)
    """`hotline_111`, `school_psychology`, …"""
    province: Mapped[str | None] = mapped_column(Text)
    age_band: Mapped[str] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(Text)
    consent: Mapped[Any] = mapped_column(JSON)
    """Who agreed to what, when, and whether it was withdrawn."""
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; how the sender finds the person in its own files. Gone when the referral ends."""
    emergency: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    offered: Mapped[int] = mapped_column(Micros)
    acknowledged: Mapped[int | None] = mapped_column(Micros)
    ended: Mapped[int | None] = mapped_column(Micros)
    version: Mapped[int] = mapped_column(default=1)


class ReferralStep(Base):
    """One move of a referral."""

    __tablename__ = "referral_step"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    referral: Mapped[int] = mapped_column(Micros, ForeignKey("referral.number"), index=True)
    at: Mapped[int] = mapped_column(Micros)
    actor: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    client: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


class Preservation(Base):
    """Data that a platform is asked to keep until somebody with the right to it fetches it."""

    __tablename__ = "preservation"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    platform: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    target: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    takedown: Mapped[int | None] = mapped_column(Micros, ForeignKey("takedown.number"))
    scope: Mapped[list[Any]] = mapped_column(JSON)
    """Kinds of data: `account`, `content`, `traffic`, `payment`."""
    legal_basis: Mapped[str] = mapped_column(Text)
    order_number: Mapped[str | None] = mapped_column(Text)
    days: Mapped[int] = mapped_column()
    """Of the first term and of each renewal."""
    renewals: Mapped[int] = mapped_column(SmallInteger, default=0)
    since: Mapped[int] = mapped_column(Micros)
    until: Mapped[int] = mapped_column(Micros)
    state: Mapped[str] = mapped_column(Text)
    """`requested`, `acknowledged`, `preserved`, `handed_over`, `released`, `expired`, `refused`."""
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)


class CustodyEntry(Base):
    """One hand that a piece of evidence passed through; each names the one before by its digest."""

    __tablename__ = "custody_entry"

    preservation: Mapped[int] = mapped_column(Micros, ForeignKey("preservation.number"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(Micros)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    client: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    """`collected`, `handed_over`, `received`, `verified`."""
    item: Mapped[str] = mapped_column(Text)
    """What it is, in the holder's words."""
    sha256: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Micros)
    to: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    previous: Mapped[str] = mapped_column(Text)
    """SHA-256 of the entry before; empty at the first."""


class PartnerQuality(Base):
    """How a partner did, counted anew from cases and reviews."""

    __tablename__ = "partner_quality"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    at: Mapped[int] = mapped_column(Micros)
    upheld: Mapped[int] = mapped_column(Micros)
    """Of its claims and requests, those that others bore out."""
    reversed: Mapped[int] = mapped_column(Micros)
    """Those that turned out wrong."""
    measured: Mapped[int] = mapped_column(SmallInteger)
    """0 to 100, shrunk towards the prior while there is little to count."""
    figures: Mapped[Any] = mapped_column(JSON)
    """As `core.wire.quality.Quality` says it."""
