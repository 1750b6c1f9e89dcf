"""Tables of the plugin: what partners posted, byte for byte; what became of each post; what the hub says itself."""

from typing import ClassVar

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Micros = BigInteger().with_variant(Integer, "sqlite")
"""A time in µs, or a position."""


class Base(DeclarativeBase):
    """Apart from core's tables: nothing there refers to these."""

    __table__: ClassVar[Table]


class TaxiiObject(Base):
    """One version of an object as one partner posted it to one collection. Read through `visible()` alone.

    What it means as a signal is that partner's claim, in the same transaction; a row is there for its bytes.
    """

    __tablename__ = "taxii_object"
    __table_args__ = (
        UniqueConstraint("collection", "id", "version", "partner"),
        Index("ix_taxii_object_collection", "collection", "position"),
        Index(
            "ix_taxii_object_last",
            *("collection", "position"),
            sqlite_where=text("is_last"),
            postgresql_where=text("is_last"),
        ),
        Index("ix_taxii_object_signal", "signal", "partner"),
    )

    position: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    """That of its claim where the two were stored together, so that a reader meets both at one place of the log."""
    date_added: Mapped[int] = mapped_column(Micros)
    """The time of the position, µs."""
    collection: Mapped[str] = mapped_column(Text)
    """UUID, as in its address."""
    id: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    """`modified`, else `created`, with six digits of a second; `NO_VERSION` for objects that have neither."""
    partner: Mapped[int] = mapped_column(Integer)
    """Who posted it. Others' objects of the same id are rows of their own."""
    audience: Mapped[int] = mapped_column(Integer)
    """Of core's: who may see it in this collection."""
    type: Mapped[str] = mapped_column(Text)
    spec_version: Mapped[str] = mapped_column(Text)
    bytes: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty once it is deleted."""
    is_first: Mapped[bool]
    """Of the versions that the partner has in the collection and has not deleted."""
    is_last: Mapped[bool]
    revoked: Mapped[bool]
    """Whether it is an indicator that its poster withdraws with this version."""
    signal: Mapped[int | None] = mapped_column(Micros)
    """Row of the signal that it means; `NO_SIGNAL` where the claim was taken back before it was stored; null for what
    is no signal."""
    covers: Mapped[int | None] = mapped_column(Micros)
    """Position of the partner's claim when it was stored: the object says all that the claim says up to there."""
    removed: Mapped[int | None] = mapped_column(Micros)
    """Position at which it was deleted."""


class TaxiiRendered(Base):
    """An indicator that the hub made, and told somebody of. Never dropped: who was told of it may have it still."""

    __tablename__ = "taxii_rendered"

    number: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    """Of its id, as `own_ids` makes it."""
    signal: Mapped[str] = mapped_column(Text)
    """Public id of the signal: that stays when one is purged and comes again."""


NO_VERSION = "1970-01-01T00:00:00.000000Z"
NO_SIGNAL = 0


class TaxiiStatus(Base):
    """What became of a post, for its poster. Purged by time, as the table `retention` says."""

    __tablename__ = "taxii_status"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(Integer)
    at: Mapped[int] = mapped_column(Micros, index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The status resource, TAXII 2.1 section 4.3.1."""
