"""Materials as partners send and receive them."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.assets import RenditionOut, ScanState
from core.wire.common import LINE, PROSE, Count, Country, Line, Prose, Sha256, Slug, Time, Title
from core.wire.scopes import PartnerKind
from core.wire.signals import Category


class MaterialKind(StrEnum):
    VIDEO = "video"
    IMAGE = "image"
    POSTER = "poster"
    LEAFLET = "leaflet"
    AUDIO = "audio"
    SLIDES = "slides"
    QUIZ = "quiz"
    SCENARIO = "scenario"
    CAPTIONS = "captions"
    SCRIPT = "script"
    LESSON = "lesson"
    LOGO = "logo"


class Audience(StrEnum):
    """Whom a material speaks to; young people by their age in years."""

    AGES_6_11 = "ages_6_11"
    AGES_12_15 = "ages_12_15"
    AGES_16_18 = "ages_16_18"
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
"""A BCP 47 tag: `vi`, `en`, and those of minorities (`km` Khmer, `cjm` Cham, `tyz` Tày, `mww` Hmong Daw…)."""
LicenceRef = Annotated[str, Meta(pattern="^[A-Za-z0-9.-]{2,64}$", max_length=64)]
"""An SPDX identifier or `LicenseRef-…` (spdx.org/licenses)."""
Words = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)]
"""What somebody looks for."""
MaterialId = Annotated[str, Meta(pattern="^mat_[a-z2-7]{26}$")]
FileName = Annotated[str, Meta(min_length=1, max_length=120, pattern=LINE)]
Transcript = Annotated[str, Meta(max_length=100_000, pattern=PROSE)]
Hashtag = Annotated[str, Meta(pattern=r"^[^\s#\u0000-\u001f\u007f]{1,100}$", max_length=100)]
"""Without `#`."""
Lines = Annotated[tuple[Line, ...], Meta(max_length=20)]


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a version may be listed and fetched."""

    opens: Time | None = None
    closes: Time | None = None
    """Exclusive. From then on it answers 410."""


class AssetText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An asset in words, for those who cannot see or hear it."""

    asset: FileName
    language: Language
    """Of what is said and written in the asset, and of these words."""
    alt: Annotated[str, Meta(max_length=1_000, pattern=PROSE)] = ""
    """What there is to see. A picture is not handed in without it."""
    transcript: Transcript = ""
    """All that is said and shown. Sound, video and PDF are not handed in without it."""


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words to copy into a post."""

    language: Language
    caption: Prose
    hashtags: Annotated[tuple[Hashtag, ...], Meta(max_length=30)] = ()


class Brief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a creator needs to know to say it in their own words."""

    aim: Line | None = None
    key_messages: Lines = ()
    do: Lines = ()
    avoid: Lines = ()
    formats: Lines = ()
    """Of what is to be delivered: length, ratio, date."""
    credits: Lines = ()
    """Who and what (music, pictures) has to be named."""
    contact: Line | None = None
    """Where to ask. An office, never a person."""


class MaterialIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a version. With its assets and its pack they are what is approved."""

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
    territory: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    """Where it may be published: it leaves for partners of these countries only. Empty: everywhere."""
    asset_texts: Annotated[tuple[AssetText, ...], Meta(max_length=100)] = ()
    """At most one for an asset and a language."""
    posts: Annotated[tuple[Post, ...], Meta(max_length=20)] = ()
    brief: Brief = Brief()


class AssetOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    media_type: str
    size: Count
    sha256: Sha256
    """Also its ETag."""
    href: str
    """Where its bytes are."""
    renditions: tuple[RenditionOut, ...] = ()
    scan: ScanState | UnsetType = UNSET
    """For the author and for reviewers."""


class ReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reviewer decides of a version that was submitted."""

    decision: Decision
    reason: Prose = ""
    digest: Sha256 | None = None
    """Of what you looked at; when it has changed since, the decision is refused."""


class ReviewOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    partner: Slug
    role: PartnerKind
    """As what it decided."""
    decision: Decision
    reason: Prose
    digest: Sha256
    at: Time
    counts: bool
    """Whether the decision still stands: a rejection ends those before it."""


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Approvals that are still to come."""

    role: PartnerKind | None
    """Of the partners that may give them; null: any but the author."""
    approvals: Count


class VersionOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Count
    state: MaterialState
    words: MaterialIn
    assets: tuple[AssetOut, ...]
    pack: Sha256 | None
    """Of the questions or steps, which GetPack answers with; null without."""
    digest: Sha256 | None
    """Of the words, assets and pack, fixed when it was submitted; approvals name it."""
    published: Time | None
    reviews: tuple[ReviewOut, ...] | UnsetType = UNSET
    """For the author and for reviewers."""
    missing: tuple[Missing, ...] | UnsetType = UNSET
    """For them, while it is in review or approved: the approvals that publication waits for."""


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
    """Why a material, or a version, must no longer be used. Everyone who asks for it from now on reads this."""

    reason: Line
    replacement: MaterialId | None = None
    """A published material to use instead."""
