"""Terms under which material may be used, and who accepted them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import PROSE, Count, Sha256, Time
from core.wire.content import LicenceRef

Terms = Annotated[str, Meta(min_length=1, max_length=50_000, pattern=PROSE)]


class LicenceTextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms in both languages; of the two the Vietnamese text decides."""

    vi: Terms
    en: Terms


class LicenceOut(LicenceTextIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The terms as they hold now."""

    ref: LicenceRef
    version: Count
    digest: Sha256
    """Of the two texts; what is accepted."""
    since: Time
    accepted: Time | None
    """When your client accepted this text; null: it has to before its first download."""


class LicenceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    licences: tuple[LicenceOut, ...]


class AcceptanceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That you read the terms and keep to them."""

    digest: Sha256
    """Of the text that you read."""


class AcceptanceOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ref: LicenceRef
    version: Count
    digest: Sha256
    accepted: Time
