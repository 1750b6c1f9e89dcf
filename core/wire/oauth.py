"""OAuth 2.0 as clients meet it: token requests and answers, metadata, keys, errors."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.common import Count, Problem

Printable = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[\x20\x21\x23-\x5b\x5d-\x7e]+$")]
"""Printable ASCII without quotes and backslash: what RFC 6749 §5.2 lets an error repeat."""


class TokenRequest(msgspec.Struct, frozen=True):
    """A form (RFC 6749 §4.4.2). The client proves itself by HTTP Basic or by an assertion, never both."""

    grant_type: Literal["client_credentials"]
    scope: Printable | UnsetType = UNSET
    """Separated by spaces; absent: all that the client holds."""
    resource: str | UnsetType = UNSET
    """The issuer, if anything (RFC 8707): a client that wants another audience is told so."""
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | UnsetType = UNSET
    client_assertion: Printable | UnsetType = UNSET
    """For `private_key_jwt` (RFC 7523): iss and sub the client id, aud the issuer, a jti, and exp within 300 s."""


class RevocationRequest(msgspec.Struct, frozen=True):
    """A form (RFC 7009 §2.1); the client proves itself as at /oauth/token."""

    token: Printable
    token_type_hint: Printable | UnsetType = UNSET
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | UnsetType = UNSET
    client_assertion: Printable | UnsetType = UNSET


class TokenOut(msgspec.Struct, frozen=True):
    """An access token (RFC 6749 §5.1). Treat it as opaque."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Count
    """Seconds."""
    scope: str


class OAuthProblem(Problem, frozen=True, kw_only=True, omit_defaults=True):
    """The problem of every endpoint, with the two members that OAuth clients look for (RFC 6749 §5.2)."""

    error: str
    error_description: str


class PublicKey(msgspec.Struct, frozen=True):
    """An EC key (RFC 7517) that verifies access tokens."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class KeySet(msgspec.Struct, frozen=True):
    """The hub's public keys: those in use, the next one, and retired ones whose tokens still live."""

    keys: tuple[PublicKey, ...]


class ServerMetadata(msgspec.Struct, frozen=True):
    """RFC 8414."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    scopes_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    grant_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    revocation_endpoint_auth_methods_supported: tuple[str, ...]
    revocation_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
