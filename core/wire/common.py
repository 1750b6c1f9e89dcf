"""Shapes that every room shares: bounded text, slugs, problems."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

# NUL and the other C0 controls cannot be stored by PostgreSQL or printed by anyone; tab, LF and CR may stand in prose.
LINE = r"^[^\u0000-\u001f\u007f]*$"
PROSE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"

_SLUG = r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$"
NAME = r"^[a-z][a-z0-9_]*$"
READS = {
    LINE: "one line without control characters",
    PROSE: "text without control characters",
    _SLUG: "lower-case letters, digits and inner hyphens",
    NAME: "lower-case letters, digits and underscores",
}
"""What refusals say instead of a pattern."""

Line = Annotated[str, Meta(min_length=1, max_length=300, pattern=LINE)]
"""One line of text, 1 to 300 characters."""
Prose = Annotated[str, Meta(max_length=5_000, pattern=PROSE)]
"""Text of several lines, up to 5,000 characters."""
Slug = Annotated[str, Meta(min_length=2, max_length=64, pattern=_SLUG)]
"""A name for use in addresses: lower-case letters, digits and inner hyphens."""
ExternalId = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)]
"""A partner's own name for a thing, kept verbatim."""
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""In hex."""
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
"""A code of ISO 3166-1 (alpha-2)."""
Time = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with a zone; the hub answers in UTC with `Z`."""
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A number of things, exact in JSON (RFC 8259 §6)."""
PageSize = Annotated[int, Meta(ge=1, le=10_000)]
"""Most items of a page."""


class FieldError(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault, and where it is."""

    pointer: str
    """JSON pointer (RFC 6901) into the body that was sent."""
    code: str
    """A stable word for programs."""
    detail: str
    """A sentence for people: what is expected."""


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every error of this API (RFC 9457, application/problem+json)."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    """What to do about it."""
    errors: tuple[FieldError, ...] = ()
    committed: int | None = None
    """Streams only: how many lines were stored before the fault."""
    line: int | None = None
    """Streams only: the line that ended the stream, counted from 1."""


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people read first, in Vietnamese and, where there is one, in English."""

    vi: Line
    en: Line | None = None
