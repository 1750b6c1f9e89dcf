"""Templates of reports: which sections, in which order, for which readers."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Line, Prose, Slug
from core.wire.documents import Name, ReaderClass


class Heading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A title in both languages."""

    vi: Line
    en: Line


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report consists of. Equal definitions over equal positions give equal bytes."""

    sections: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=20)]
    """Of core (`signals`, `takedowns`, `reach`, `content`, `partner_quality`, `data_quality`) or of a plugin, in the
    order of the report; each once."""


class TemplateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template of your own."""

    title: Heading
    readers: ReaderClass
    """Whom a report by it is drawn for, unless the order says otherwise."""
    definition: Definition
    note: Prose = ""
    """Who asked for it, on which ground."""


class TemplateOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template, shipped with the hub or a partner's own."""

    slug: Slug
    own: bool
    """Whether it is your partner's; those shipped are everybody's."""
    title: Heading
    readers: ReaderClass
    definition: Definition
    note: str
    """For whom, and where it says so."""
    version: Count
    """Of your own: the ETag. Of those shipped: 0; they change with a release."""


class Templates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    templates: tuple[TemplateOut, ...]
    """Those shipped, then your own by slug."""
