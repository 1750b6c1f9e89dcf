"""Materials as partners send and receive them."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import Count, Line, Prose, Sha256, Slug, Time, Title
from core.wire.signals import Category


class MaterialKind(StrEnum):
    POSTER = "poster"
    LEAFLET = "leaflet"
    VIDEO = "video"
    AUDIO = "audio"
    SLIDES = "slides"
    LESSON = "lesson"
    SCRIPT = "script"
    LOGO = "logo"


class Audience(StrEnum):
    """Whom a material speaks to."""

    CHILDREN = "children"
    TEENAGERS = "teenagers"
    STUDENTS = "students"
    PARENTS = "parents"
    TEACHERS = "teachers"
    PUBLIC = "public"


class MaterialState(StrEnum):
    """Of a version. It goes down this list, and from `in_review` back to `draft` when it is rejected."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What may be done with a version."""

    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35)]
"""A BCP 47 tag."""
LicenceRef = Annotated[str, Meta(pattern="^[A-Za-z0-9.-]{2,64}$", max_length=64)]
"""An SPDX identifier or `LicenseRef-…` (spdx.org/licenses)."""
MaterialId = Annotated[str, Meta(pattern="^mat_[a-z2-7]{26}$")]


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a version may be listed and fetched."""

    opens: Time | None = None
    closes: Time | None = None
    """Exclusive. From then on it answers 410."""


class MaterialIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a version. With its assets they are what is approved."""

    title: Title
    kind: MaterialKind
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, max_length=20)]
    summary: Prose = ""
    audiences: Annotated[tuple[Audience, ...], Meta(max_length=10)] = ()
    categories: Annotated[tuple[Category, ...], Meta(max_length=20)] = ()
    """The dangers it warns of."""
    licence: LicenceRef = "LicenseRef-KMM-1.0"
    """The terms under which creators may use it."""
    campaign: Slug | None = None
    window: Window = Window()


class AssetOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    media_type: str
    size: Count
    sha256: Sha256
    """Also its ETag."""
    href: str
    """Where its bytes are."""


class ReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reviewer decides of a version that was submitted."""

    decision: Decision
    reason: Prose = ""
    digest: Sha256 | None = None
    """Of what you looked at; when it has changed since, the decision is refused."""


class ReviewOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    partner: Slug
    decision: Decision
    reason: Prose
    digest: Sha256
    at: Time


class VersionOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Count
    state: MaterialState
    words: MaterialIn
    assets: tuple[AssetOut, ...]
    digest: Sha256 | None
    """Of the words and assets, fixed when it was submitted; approvals name it."""
    published: Time | None
    reviews: tuple[ReviewOut, ...] | UnsetType = UNSET
    """For the author and for reviewers."""


class MaterialOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A material and those of its versions that you may see, oldest first."""

    id: MaterialId
    author: Slug
    revision: Count
    """In quotes it is the ETag; it rises with every change."""
    created: Time
    versions: tuple[VersionOut, ...]


class MaterialPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    materials: tuple[MaterialOut, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class WithdrawalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a material must no longer be used. Everyone who asks for it from now on reads this."""

    reason: Line
    replacement: MaterialId | None = None
    """A published material to use instead."""
