"""What lies in a kit beside the files."""

import msgspec

from core.wire.common import Count, Sha256, Slug
from core.wire.content import MaterialId, MaterialIn
from core.wire.links import ShortCode


class KitFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    """In the archive."""
    media_type: str
    size: Count
    sha256: Sha256


class KitItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a material, as it was when the kit was made."""

    material: MaterialId
    version: Count
    author: Slug
    code: ShortCode
    link: str
    """The short link, to post with it."""
    recall: str
    """HEAD answers 410 once this version must no longer be used, and says what to use instead."""
    digest: Sha256 | None
    """What was approved."""
    words: MaterialIn
    files: tuple[KitFile, ...]


class KitManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json` of a kit. It holds no time, so that a kit of the same things is the same bytes."""

    partner: Slug
    """For whom."""
    materials: tuple[KitItem, ...]
