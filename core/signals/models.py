"""Tables of the claim log."""

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class Signal(Base):
    """A canonical observable. Immutable but for `claims`."""

    __tablename__ = "signal"

    id: Mapped[int] = mapped_column(Micros, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Keyed digest of (kind, identity); in base32 it is the public id."""
    kind: Mapped[str] = mapped_column(Text)
    claims: Mapped[int] = mapped_column(Micros)
    """Rows of `claim` ever opened on it. 1 lets a reader skip the search for siblings."""


class Claim(Base):
    """What one partner says of a signal, to one audience. Moves to a new position when its content changes."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("signal", "partner", "closed"),
        Index(
            "ix_claim_valid_until",
            "valid_until",
            sqlite_where=text("closed = 0 AND valid_until IS NOT NULL"),
            postgresql_where=text("closed = 0 AND valid_until IS NOT NULL"),
        ),
        # For the purge, which would otherwise walk every standing claim.
        Index("ix_claim_closed", "closed", sqlite_where=text("closed > 0"), postgresql_where=text("closed > 0")),
    )

    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    signal: Mapped[int] = mapped_column(Micros, ForeignKey("signal.id"))
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    closed: Mapped[int] = mapped_column(Micros)
    """0 while it stands, else the position at which it was closed."""
    opened: Mapped[int] = mapped_column(Micros)
    """Position at which this audience could first see it."""
    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"))
    state: Mapped[str] = mapped_column(Text)
    """`active`, or why it was closed: `retracted`, `expired`, `gone`."""
    category: Mapped[str] = mapped_column(Text)
    confidence: Mapped[int | None] = mapped_column(SmallInteger)
    severity: Mapped[str | None] = mapped_column(Text)
    first_seen: Mapped[int | None] = mapped_column(Micros)
    last_seen: Mapped[int | None] = mapped_column(Micros)
    valid_until: Mapped[int | None] = mapped_column(Micros)
    campaign: Mapped[str | None] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text)
    """JSON object."""
    origin: Mapped[str | None] = mapped_column(Text)
    derived_from: Mapped[str] = mapped_column(Text)
    """Public ids, separated by spaces."""
    names: Mapped[int] = mapped_column(Micros)
    """How many references name it."""
    value: Mapped[str] = mapped_column(Text)
    """Canonical form. Not on the signal: spellings of one identity differ, and not all are for every reader."""
    original: Mapped[str] = mapped_column(Text)
    """The value as first spelled by this partner."""


class Reference(Base):
    """A partner's own name for its claim."""

    __tablename__ = "reference"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    signal: Mapped[int] = mapped_column(Micros, ForeignKey("signal.id"), index=True)


class Digest(Base):
    """Sum, mod 2^128, of h(position) over the live claims of an audience and kind."""

    __tablename__ = "digest"

    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    sum: Mapped[bytes] = mapped_column(LargeBinary)


class Cell(Base):
    """Rollup of openings and closings, kept in the writing transaction; what reports count."""

    __tablename__ = "cell"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day of the tick in Asia/Ho_Chi_Minh."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    audience: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    new: Mapped[int] = mapped_column(Micros)
    """Signals on which this was the partner's first claim."""
    opened: Mapped[int] = mapped_column(Micros)
    closed: Mapped[int] = mapped_column(Micros)
