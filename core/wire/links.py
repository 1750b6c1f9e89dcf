"""Short links and QR codes of materials, as partners and passers-by read them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Title
from core.wire.content import Audience, Language, LicenceRef, MaterialId, MaterialKind

ShortCode = Annotated[str, Meta(pattern="^[2-9a-hjkmnp-z]{8}$")]


class LinkOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The short link of a material. It stays the same through all versions, and says so when they are recalled."""

    code: ShortCode
    url: str
    """What the QR code holds."""
    qr: str
    """Where the QR code is: SVG, or PNG by `Accept`."""


class SharedOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What anyone learns who follows a short link: that the material is the campaign's, and current."""

    material: MaterialId
    title: Title
    kind: MaterialKind
    languages: tuple[Language, ...]
    audiences: tuple[Audience, ...]
    licence: LicenceRef
    href: str
    """Where partners get it."""
