"""Consolidated reports: what is asked for, and the document that is frozen."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Count, Line, Prose, Sha256, Slug, Time
from core.wire.documents import Name, Period

ReportId = Annotated[str, Meta(pattern="^rep_[a-z2-7]{26}$", min_length=30, max_length=30)]


class ReportScope(StrEnum):
    PARTNER = "partner"
    """What the partner may see."""
    NATIONAL = "national"
    """Every partner's counts; needs `reports:national`."""


class ReportIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which report to freeze."""

    period: Period
    scope: ReportScope = ReportScope.PARTNER
    title: Line | None = None


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    kind: Literal["day", "text", "count"]
    """A day is YYYY-MM-DD; a count is an integer."""


Cell = Count | str | None


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of a report, or the statement that it could not be made."""

    name: Name
    title: Line
    status: Literal["made", "unavailable"] = "made"
    note: Prose = ""
    """How to read it; or why it is missing, so that a short report is not taken for a quiet month."""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    """As many cells a row as there are columns, in a fixed order of rows."""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen report. Its canonical JSON (sorted keys, integers and text only) is what the ETag is the SHA-256 of.

    It carries neither its id nor the time of its making: frozen twice over unchanged data it is the same bytes.
    """

    title: Line | None
    scope: ReportScope
    partner: Slug | None
    """Through whose eyes; null in a national report."""
    period: Period
    position: Count
    """The last of the log in the period when this was frozen. Every signal up to it is counted.

    Activities count by their own day, also when they are told of after the period; a report frozen later may have more.
    """
    as_of: Time
    """The end of the period; of one that is not over, the time of `position`."""
    complete: bool
    """Whether the period was over, so that no signal can be added to it."""
    sections: tuple[Section, ...]


class ReportOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a frozen report is and how to recognise it."""

    id: ReportId
    title: Line | None
    scope: ReportScope
    period: Period
    position: Count
    """Of its freezing in the log; lists are in this order."""
    created: Time
    sha256: Sha256
    """Of the document that GET gives as JSON."""


class Reports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reports: tuple[ReportOut, ...]
    next: str | None
    """Cursor for the next page; null on the last."""
