"""Recalls: who fetched what was withdrawn, and who says that it is down."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Prose, Slug, Time
from core.wire.content import MaterialId


class TakenDown(StrEnum):
    """What was done with what had been fetched."""

    REMOVED = "removed"
    REPLACED = "replaced"
    NEVER_USED = "never_used"


PostUrl = Annotated[str, Meta(pattern=r"^https://[^\s\u0000-\u001f\u007f]+$", max_length=2_000)]


class RecalledPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: PostUrl
    done: TakenDown


class AcknowledgementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What your partner did. Send it again to correct it."""

    done: TakenDown
    posts: Annotated[tuple[RecalledPost, ...], Meta(max_length=1_000)] = ()
    """Of the material, post by post."""
    note: Prose = ""


class AcknowledgementOut(AcknowledgementIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    at: Time


class RecalledFrom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner that fetched versions which were withdrawn."""

    partner: Slug
    versions: tuple[Count, ...]
    acknowledged: AcknowledgementOut | None
    """The latest; null while any of these versions waits for it."""


class RecallOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who fetched what was withdrawn of a material. Its author and reviewers see everyone, others themselves."""

    material: MaterialId
    fetched: Count
    """Partners, on all pages, as far as you see them."""
    acknowledged: Count
    partners: tuple[RecalledFrom, ...]
    next: str | None
    """The `after` of the next page; null on the last."""
