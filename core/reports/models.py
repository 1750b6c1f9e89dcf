"""Table of frozen reports."""

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class FrozenReport(Base):
    """A report as it was frozen. Never changed."""

    __tablename__ = "report"
    __table_args__ = (Index("ix_report_partner_position", "partner", "position"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    """Who had it made; nobody else reads it."""
    position: Mapped[int] = mapped_column(Micros)
    """Of its event in the log; the order of lists."""
    created: Mapped[int] = mapped_column(Micros)
    title: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    since: Mapped[str] = mapped_column(Text)
    until: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    document: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """Canonical JSON of `core.wire.reports.Report`, served as it is. Lists leave it where it lies."""
