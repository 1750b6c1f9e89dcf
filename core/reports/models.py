"""Tables of reports: what was ordered, its files, and what never leaves the hub."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros

_WAKES = text("wakes IS NOT NULL")
_DUE = text("due IS NOT NULL")
_OPEN = text("state IN ('queued', 'counting')")


class Report(Base):
    """An order, and what became of it. Nothing of it changes once it is frozen, but that files are added."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_partner_number", "partner", "number"),
        Index("ix_report_wakes", "wakes", sqlite_where=_WAKES, postgresql_where=_WAKES),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order of orders; the cursor of lists."""
    id: Mapped[str] = mapped_column(Text, unique=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    """Who ordered it."""
    client: Mapped[str] = mapped_column(Text)
    created: Mapped[int] = mapped_column(Micros)
    template: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    """JSON of a `Heading`."""
    definition: Mapped[str] = mapped_column(Text)
    """JSON of a `Definition`, as the template had it."""
    readers: Mapped[str] = mapped_column(Text)
    since: Mapped[str] = mapped_column(Text)
    until: Mapped[str] = mapped_column(Text)
    restates: Mapped[str | None] = mapped_column(Text)
    """Id of the report that is stated again."""
    reason: Mapped[str | None] = mapped_column(Text)
    """JSON of a `Heading`: why it is."""
    state: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    wakes: Mapped[int | None] = mapped_column(Micros)
    """When a worker may take it: at once, or when the lease of the one that has it runs out. Null: nothing is left."""
    holder: Mapped[str] = mapped_column(Text, default="")
    """Whose lease it is."""
    attempts: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None] = mapped_column(Text)
    """JSON of a `Refusal`."""
    left_out: Mapped[str] = mapped_column(Text, default="[]")
    """JSON: names of files that could not be made."""
    after: Mapped[int | None] = mapped_column(Micros)
    """Null in this and in what follows: it is not frozen, nor is it of a report that was."""
    up_to: Mapped[int | None] = mapped_column(Micros)
    ends: Mapped[int | None] = mapped_column(Micros)
    """First time that it does not count."""
    provisional: Mapped[bool | None]
    frozen: Mapped[int | None] = mapped_column(Micros)
    position: Mapped[int | None] = mapped_column(Micros)
    """Of its event in the log."""
    sha256: Mapped[str | None] = mapped_column(Text)
    """Of the document, which is the file `report.json`."""
    pattern_sha256: Mapped[str | None] = mapped_column(Text)
    manifest: Mapped[str | None] = mapped_column(Text)
    """Compact JWS; null until it is made."""


class ReportFile(Base):
    """A file of a report, as first made; the bytes lie in the blob store."""

    __tablename__ = "report_file"

    report: Mapped[int] = mapped_column(Micros, ForeignKey("report.number"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Micros)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    renderer: Mapped[str] = mapped_column(Text)


class ReportSecret(Base):
    """What a frozen report hides: no route reads it, and on PostgreSQL no request can."""

    __tablename__ = "report_secret"

    report: Mapped[int] = mapped_column(Micros, ForeignKey("report.number"), primary_key=True)
    cubes: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack of its cubes."""
    cubes_sha256: Mapped[str] = mapped_column(Text)
    pattern: Mapped[bytes] = mapped_column(LargeBinary)
    """Canonical JSON of which cells are hidden."""
    held: Mapped[str] = mapped_column(Text)
    """JSON: the numbers of the reports that its readers held when it was frozen, as far as they count the same time."""
    witnesses: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack of the tables that prove it."""


class ReportTemplate(Base):
    """A partner's own template; those that everybody has are data/templates.json."""

    __tablename__ = "report_template"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[Any] = mapped_column(JSON)
    """A `TemplateIn`."""
    version: Mapped[int] = mapped_column(default=1)


class ReportSchedule(Base):
    """Reports that a partner orders once for all."""

    __tablename__ = "report_schedule"
    __table_args__ = (Index("ix_report_schedule_due", "due", sqlite_where=_DUE, postgresql_where=_DUE),)

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    client: Mapped[str] = mapped_column(Text)
    """Who said so last; its name stands beside the reports."""
    scopes: Mapped[str] = mapped_column(Text)
    """What that client could do, separated by spaces: a schedule never orders more than it could."""
    body: Mapped[Any] = mapped_column(JSON)
    """A `ScheduleIn`."""
    due: Mapped[int | None] = mapped_column(Micros)
    """When it orders next; null while it is paused."""
    ordered: Mapped[int | None] = mapped_column(Micros)
    """The due time that was last seen to."""
    until: Mapped[str | None] = mapped_column(Text)
    """Day before which everything was ordered: no period is ordered twice."""
    report: Mapped[str | None] = mapped_column(Text)
    """The last that it ordered."""
    trouble: Mapped[str | None] = mapped_column(Text)
    """Why it could not order one at its last due time."""
    version: Mapped[int] = mapped_column(default=1)


class ReportCut(Base):
    """An ad-hoc question, its round answer, and who asked. Kept as a log of what was told."""

    __tablename__ = "report_cut"
    __table_args__ = (
        Index("ix_report_cut_partner_number", "partner", "number"),
        Index("ix_report_cut_lease", "lease", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    client: Mapped[str] = mapped_column(Text)
    created: Mapped[int] = mapped_column(Micros)
    readers: Mapped[str] = mapped_column(Text)
    asked: Mapped[Any] = mapped_column(JSON)
    """A `CutIn`."""
    state: Mapped[str] = mapped_column(Text)
    lease: Mapped[int] = mapped_column(Micros)
    """Until when whoever counts it has it for itself."""
    problem: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """JSON; rounded, as it was told."""
    parquet: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
