"""The document that a report is frozen as, and the manifest that is signed over it."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Count, Prose, Sha256, Slug, Time

Name = Annotated[str, Meta(min_length=2, max_length=64, pattern="^[a-z][a-z0-9_]*$")]
"""Of a section, a table or a measure: a word for programs."""
Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""Of a member of a dimension: a word of the hub, a province's code, a partner's slug, a day."""
Decimal = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""A number that is not whole, as text: equal documents are equal bytes."""


class Language(StrEnum):
    """Of what people read (BCP 47)."""

    VI = "vi"
    EN = "en"


class ReaderClass(StrEnum):
    """Who holds a report. What is hidden from a class is hidden over everything that the class holds."""

    NATIONAL = "national"
    """Agencies with `reports:national`: every partner's counts, partner by partner."""
    PARTNER = "partner"
    """One partner: what it may see, its own figures beside those of all others."""
    PUBLIC = "public"
    """Everyone: no figure of a single partner."""


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """Days in Viet Nam (Asia/Ho_Chi_Minh), half open."""

    since: date
    """The first day that counts."""
    until: date
    """The first day that counts no longer; at most 400 days after `from`."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    vi: Prose
    en: Prose


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a dimension."""

    code: Code
    label: Words


class Dimension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What figures are divided by. The members are all that there are, in the order of rows."""

    name: Name
    title: Words
    members: tuple[Member, ...]


class Unit(StrEnum):
    """What is counted."""

    CLAIMS = "claims"
    SIGNALS = "signals"
    CASES = "cases"
    REQUESTS = "requests"
    ACTIVITIES = "activities"
    SITES = "sites"
    CLASSES = "classes"
    PARTICIPANTS = "participants"
    VIEWS = "views"
    DOWNLOADS = "downloads"
    CREATORS = "creators"
    POSTS = "posts"
    DAYS = "days"
    SECONDS = "seconds"
    PERCENT = "percent"
    COUNT = "count"


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a column of cells counts."""

    name: Name
    title: Words
    unit: Unit
    additive: bool
    """Whether a row with null in its key is the sum of the rows with every member in that place."""


class ChartKind(StrEnum):
    TIME_SERIES = "time_series"
    """The first dimension is time, the second, if any, makes the lines."""
    TILE_GRID = "tile_grid"
    """The dimension is `province`; the first measure colours the tiles."""
    FUNNEL = "funnel"
    """The measures of the row of totals, in their order."""
    BARS = "bars"
    """The members of the first dimension by the first measure."""


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table is drawn."""

    kind: ChartKind
    measures: tuple[Name, ...]


Cell = int | Decimal | None
"""Null: hidden, whether it is small itself or would give a small one away."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of one combination of members."""

    key: tuple[Code | None, ...]
    """A member of each dimension; null: all of them together."""
    cells: tuple[Cell, ...]
    """One for each measure."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures by their dimensions. Rows that are not there are zero in every additive measure."""

    name: Name
    title: Words
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    """In the order of their members, totals (null) last."""
    chart: Chart | None = None


class SectionStatus(StrEnum):
    MADE = "made"
    PARTIAL = "partial"
    """Some of what it counts was silent: the note says who, `since` since when."""
    UNAVAILABLE = "unavailable"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a report, or the statement that it could not be made."""

    name: Name
    title: Words
    status: SectionStatus = SectionStatus.MADE
    since: Time | None = None
    """Of what is partial or unavailable: since when, as far as the hub knows."""
    note: Words | None = None
    """How to read it; or why it is missing, so that a short report is not taken for a quiet month."""
    tables: tuple[Table, ...] = ()


class Positions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which stretch of the log is counted: all that took its position behind `after`, up to `to`."""

    after: Count
    to: Count


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen report. Its canonical JSON (sorted keys, whole numbers and text only, NFC) is what is signed.

    It carries neither its id nor the time of its making: made again of the same stretch of the log it is the same
    bytes.
    """

    format: Literal["khongmotminh-report-1"]
    title: Words
    template: Slug
    definition_sha256: Sha256
    """Of the canonical JSON of the definition that it was made by."""
    readers: ReaderClass
    partner: Slug | None
    """Through whose eyes, for readers `partner`."""
    period: Period
    """Days in `zone` on which what is counted took its position."""
    zone: str
    positions: Positions
    as_of: Time
    """The end of the period; of one that is not over, the time of `positions.to`."""
    provisional: bool
    """The period was not over. Frozen, and not made again: a final report of the same period will differ."""
    pattern_sha256: Sha256
    """Of what is hidden, so that making it again hides the same."""
    sections: tuple[Section, ...]


class ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a report."""

    name: str
    media_type: str
    language: Language | None
    """Null: the same for both."""
    size: Count
    sha256: Sha256
    renderer: str
    """Library and version that drew it; another one may draw other bytes of the same document."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the hub signs of a report (compact JWS, RFC 7515): what it was made of, and every file made of it."""

    report: str
    document_sha256: Sha256
    """Of the canonical JSON; printed on every page."""
    definition_sha256: Sha256
    pattern_sha256: Sha256
    readers: ReaderClass
    partner: Slug | None
    period: Period
    positions: Positions
    position: Count
    """Where the log holds `document_sha256`."""
    frozen: Time
    files: tuple[ManifestFile, ...]


class Frozen(msgspec.Struct, frozen=True):
    """What a renderer is handed: the document, and what a page says of it."""

    report: str
    document: Document
    sha256: Sha256
    position: Count
    issuer: str
    """Address of the hub."""
