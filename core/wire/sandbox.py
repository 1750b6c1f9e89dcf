"""Trying the hub out before one is admitted."""

import msgspec

from core.wire.common import Line, Slug, Time
from core.wire.conformance import Sheet
from core.wire.scopes import PartnerKind, Scope


class SandboxAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to sign in. The secret is shown this once."""

    partner: Slug
    kind: PartnerKind
    client_id: str
    client_secret: str
    scopes: tuple[Scope, ...]


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sandbox vouches for: the payload of a signed sheet."""

    sandbox: Line
    """Its address."""
    partner: Slug
    kind: PartnerKind
    at: Time
    sheet: Sheet


class SandboxSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you have managed so far."""

    sheet: Sheet
    signed: str | None
    """Once all of it holds: a compact JWS (RFC 7515) of it, to hand in when you ask to be admitted."""
