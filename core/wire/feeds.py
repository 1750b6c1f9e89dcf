"""Materials as a feed for scripts and readers: JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import msgspec

from core.wire.common import Count, Sha256, Slug, Time
from core.wire.content import Audience, Language, LicenceRef, MaterialId, MaterialKind
from core.wire.signals import Category


class FeedAuthor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class FeedAttachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str
    """Takes a token, as the feed does."""
    mime_type: str
    title: str
    size_in_bytes: Count


class FeedDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What JSON Feed has no words for."""

    material: MaterialId
    version: Count
    kind: MaterialKind
    audiences: tuple[Audience, ...]
    categories: tuple[Category, ...]
    campaign: Slug | None
    licence: LicenceRef
    kit: str
    """All of it as one zip."""
    link: str
    """The short link, to post with it."""
    digest: Sha256 | None
    """What was approved."""


class FeedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    id: str
    url: str
    title: str
    content_text: str
    """The caption to copy, with its hashtags; without one, the summary."""
    date_published: Time
    authors: tuple[FeedAuthor, ...]
    language: Language
    kmm: FeedDetails = msgspec.field(name="_kmm")
    summary: str | None = None
    tags: tuple[str, ...] = ()
    """Hashtags."""
    attachments: tuple[FeedAttachment, ...] = ()


class JsonFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    language: Language
    items: tuple[FeedItem, ...]
    """What was published last comes first."""
