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
    expires: Time
    """Then it lets nobody in, what it said is taken back, and its slug is free."""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sandbox vouches for: the payload of signed sheets."""

    sandbox: Line
    """Its address."""
    partner: Slug
    kind: PartnerKind
    at: Time
    sheets: tuple[Sheet, ...]


class SandboxSheets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you have managed so far."""

    sheets: tuple[Sheet, ...]
    """The first is of your own program, the others of the connectors that read your own format, if there are any."""
    signed: str | None
    """Once all of it holds: a compact JWS (RFC 7515) of it, to hand in when you ask to be admitted."""
