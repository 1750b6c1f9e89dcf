"""Partners, their clients, and who may hold which scope."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import Count, Country, Line, Slug, Time
from core.wire.scopes import PartnerKind, Scope


class PartnerState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Its tokens are refused and it sees nothing; its claims stand."""


class Attribution(StrEnum):
    """Whether peers learn who said something."""

    ANONYMOUS = "anonymous"
    NAMED = "named"


class AuthMethod(StrEnum):
    """How a client proves itself at /oauth/token."""

    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 (the name of a method, RFC 7591 §2)
    PRIVATE_KEY_JWT = "private_key_jwt"
    """Recommended: the hub never holds anything that could speak for the client."""


Percent = Annotated[int, Meta(ge=0, le=100)]


class PartnerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation to admit."""

    slug: Slug
    """Its name in addresses; never changes."""
    name: Line
    kind: PartnerKind
    attribution: Attribution = Attribution.ANONYMOUS
    territory: Country = "VN"
    """Where it publishes: material for other countries does not leave for it."""


class PartnerPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change; the rest stays."""

    name: Line | UnsetType = UNSET
    kind: PartnerKind | UnsetType = UNSET
    """Its clients keep of their scopes what the new kind may hold."""
    state: PartnerState | UnsetType = UNSET
    attribution: Attribution | UnsetType = UNSET
    territory: Country | UnsetType = UNSET
    burst_per_hour: Count | None | UnsetType = UNSET
    """Its own number in place of the policy's (`SignalPolicies`); null for the policy's. For the operator, as is what
    follows."""
    bulk_until: Time | None | UnsetType = UNSET
    """Until then nothing of it is held or refused for being much; null ends that."""
    quality: Percent | None | UnsetType = UNSET
    """How often it was right, of 100; null while nobody states it."""


class PartnerOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation."""

    slug: Slug
    name: Line
    kind: PartnerKind
    state: PartnerState
    attribution: Attribution
    territory: Country
    created: Time
    burst_per_hour: Count | None | UnsetType = UNSET
    """Told, as is what follows, to the operator and to the partner itself."""
    bulk_until: Time | None | UnsetType = UNSET
    quality: Percent | None | UnsetType = UNSET


class PartnerList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    partners: tuple[PartnerOut, ...]
    next: str | None
    """Send it as `after` for the next page; null on the last."""


class KeySetIn(msgspec.Struct, frozen=True):
    """Public keys of a client (RFC 7517): EC P-256, Ed25519, or RSA of 2,048 to 4,096 bits for PS256."""

    keys: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1, max_length=10)]


class ClientIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client to issue."""

    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=50)]
    """At most what the partner's kind may hold."""
    auth_method: AuthMethod = AuthMethod.CLIENT_SECRET_BASIC
    jwks: KeySetIn | UnsetType = UNSET
    """For `private_key_jwt`, and for it only."""


class ClientOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client, without its secret."""

    id: str
    partner: Slug
    auth_method: AuthMethod
    scopes: tuple[Scope, ...]
    """Granted. A token holds what the partner's kind still allows of them."""
    created: Time
    disabled: Time | None


class IssuedClient(ClientOut, frozen=True, forbid_unknown_fields=True):
    """A new client."""

    client_secret: str | None
    """Shown this once; null for `private_key_jwt`."""


class ClientList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clients: tuple[ClientOut, ...]


class KindIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that clients of a kind may hold, as a whole."""

    scopes: Annotated[tuple[Scope, ...], Meta(max_length=50)]


class KindOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: PartnerKind
    scopes: tuple[Scope, ...]


class KindList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one table of who may hold which scope."""

    kinds: tuple[KindOut, ...]


class Me(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the hub takes the caller for."""

    client: str
    partner: Slug
    kind: PartnerKind
    scopes: tuple[Scope, ...]
    """Of this token."""


class MePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a partner decides about itself."""

    attribution: Attribution
