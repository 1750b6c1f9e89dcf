"""Consolidated reports: what is ordered, how far it is, and where its files are."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Sha256, Slug, Time
from core.wire.documents import Language, Name, Period, Positions, ReaderClass
from core.wire.templates import Definition, Heading

ReportId = Annotated[str, Meta(pattern="^rep_[a-z2-7]{26}$", min_length=30, max_length=30)]


class ReportIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which report to freeze: by a template, or by a definition of its own."""

    period: Period
    template: Slug | None = None
    definition: Definition | None = None
    readers: ReaderClass | None = None
    """Default: the template's; without a template, `partner`."""
    title: Heading | None = None
    """Default: the template's. Needed beside a definition."""


class ReportState(StrEnum):
    QUEUED = "queued"
    DRAWING = "drawing"
    """Its figures are being counted."""
    PROTECTING = "protecting"
    """What has to be hidden is being worked out."""
    RENDERING = "rendering"
    """It is frozen; its files are being made."""
    MADE = "made"
    REFUSED = "refused"
    """It would have given away what is hidden in reports that its readers already hold."""
    FAILED = "failed"


class ReportProgress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Steps that are done, of so many."""

    done: Count
    of: Count


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why there is no report."""

    code: str
    """`weakens` or `failed`."""
    detail: str
    tables: tuple[str, ...] = ()
    """Those of this report and of earlier ones that together would say too much."""


class ReportFileOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file, at `/v1/reports/{id}/files/{name}`."""

    name: str
    media_type: str
    language: Language | None
    """Null: the same for both."""
    size: Count
    sha256: Sha256


class FrozenOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the log holds it."""

    at: Time
    position: Count
    document_sha256: Sha256
    """Of `report.json`; printed on every page."""
    positions: Positions
    provisional: bool
    """The period was not over; it is not made again."""


class ReportOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report, and how far it is."""

    id: ReportId
    title: Heading
    template: Slug | None
    definition: Definition
    readers: ReaderClass
    period: Period
    state: ReportState
    progress: ReportProgress
    created: Time
    frozen: FrozenOut | None
    """Null until it is."""
    files: tuple[ReportFileOut, ...]
    """In the order of their names. All are there once it is `made`, and the manifest with them."""
    left_out: tuple[str, ...]
    """Names of files that could not be made of it."""
    restates: ReportId | None
    """The report that it states again, in totals."""
    refusal: Refusal | None


class RestatementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a report is stated again."""

    reason: Heading
    """Printed in it: what was wrong, and since when it is right."""


class Reports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reports: tuple[ReportOut, ...]
    next: str | None
    """Cursor for the next page; null on the last."""


class RemadeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was drawn again."""

    name: str
    same: bool
    """Whether every byte is."""
    renderer_changed: bool
    """Another library or version draws it now; the file as it was first made is what is served."""


class Remade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report counted and drawn again, with the same cells hidden; what was frozen stays."""

    same: bool
    """Whether every byte of the document is, and every file that the renderer of then still draws."""
    document_sha256: Sha256
    """Of the document as it comes out now."""
    proved: bool
    """Whether the proof kept with it still shows that nothing hidden can be told, by these figures."""
    sections: tuple[Name, ...]
    """Those that differ."""
    files: tuple[RemadeFile, ...]
