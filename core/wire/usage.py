"""Reports of use: where a material was posted, and how many it reached."""

import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import LINE, Count, FieldError, Slug, Time
from core.wire.content import MaterialId
from core.wire.signals import SubmitStatus

PostUrl = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=LINE)]
PostReach = Annotated[int, Meta(ge=0, le=100_000_000_000)]
"""Bounded, so that a sum over every post stays exact."""


class UsageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post in which you used a material. Nothing here speaks of those who saw it."""

    material: MaterialId
    url: PostUrl
    """Of the post, http or https. With your partner it names the report: sent again, it is brought up to date."""
    platform: Slug
    """Where: `tiktok`, `facebook`, `youtube`, `zalo`, `website`…"""
    date: datetime.date
    """On which it was posted."""
    reach: PostReach = 0
    """How many it has reached by now, as the platform counts."""


class UsageResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one item or row."""

    index: Count
    """From 0; of a CSV, without its header."""
    status: SubmitStatus
    errors: tuple[FieldError, ...] = ()


class UsageSubmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a submission: an outcome for every item."""

    created: Count
    updated: Count
    unchanged: Count
    rejected: Count
    results: tuple[UsageResult, ...]


class UsageOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    material: MaterialId
    url: str
    platform: Slug
    date: datetime.date
    reach: Count
    updated: Time


class UsagePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    usage: tuple[UsageOut, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class UsageTotal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was reported of a material on a platform."""

    material: MaterialId
    platform: Slug
    posts: Count
    partners: Count
    """How many partners posted; never which."""
    reach: Count


class UsageTotals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    totals: tuple[UsageTotal, ...]
