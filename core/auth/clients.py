"""Clients: the credentials of a partner's programs."""

import base64
import hmac
import secrets
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from joserfc import jwk
from joserfc.errors import JoseError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.auth.keys import touch
from core.auth.models import Client, KindScope, Partner, Revocation
from core.errors import Conflict, NotFound
from core.sealing import derive
from core.settings import Settings
from core.wire.common import FieldError
from core.wire.partners import AuthMethod, ClientIn, ClientOut, IssuedClient, KeySetIn, PartnerState
from core.wire.scopes import Scope

_PREFIX = "kmm_cs_"


async def issue(
    session: AsyncSession, principal: Principal, slug: str, data: ClientIn, settings: Settings
) -> IssuedClient:
    """A new client of a partner. Its secret is in the answer and nowhere else."""
    partner = await partners.find(session, slug)
    partners.require_charge(principal, partner.kind)
    await require_allowed(session, partner, data.scopes)
    secret = new_secret(_PREFIX) if data.auth_method is AuthMethod.CLIENT_SECRET_BASIC else None
    row = Client(
        id=ids.new("cli"),
        partner=partner.id,
        auth_method=data.auth_method.value,
        secret_digest=digest(secret, settings) if secret else None,
        jwks=_public_keys(data),
        scopes=" ".join(sorted(set(data.scopes))),
        created=times.now(),
        disabled=None,
    )
    session.add(row)
    await session.flush()
    await touch(session)
    return IssuedClient(**msgspec.structs.asdict(_to_wire(row, slug)), client_secret=secret)


async def listing(session: AsyncSession, principal: Principal, slug: str) -> tuple[ClientOut, ...]:
    """A partner's clients, the disabled ones too."""
    partner = await partners.find(session, slug)
    partners.require_charge(principal, partner.kind)
    rows = await session.scalars(select(Client).where(Client.partner == partner.id).order_by(Client.created, Client.id))
    return tuple(_to_wire(row, slug) for row in rows)


async def disable(session: AsyncSession, principal: Principal, slug: str, client: str) -> None:
    """Refuse a client and every token it holds, from now on. Once more changes nothing."""
    partner = await partners.find(session, slug)
    partners.require_charge(principal, partner.kind)
    row = await session.get(Client, client) if ids.named("cli", client) else None
    if row is None or row.partner != partner.id:
        raise NotFound
    if row.disabled is None:
        await session.execute(update(Client).where(Client.id == client).values(disabled=times.now()))
        await touch(session)


async def revoke_token(session: AsyncSession, jti: str, expires: int) -> None:
    """Refuse one access token until it would have expired (µs); older revocations are dropped."""
    await session.execute(delete(Revocation).where(Revocation.expires <= times.now()))
    if await session.get(Revocation, jti) is None:
        await session.execute(insert(Revocation).values(jti=jti, expires=expires))
        await touch(session)


def digest(secret: str, settings: Settings) -> str:
    """What is stored of a secret. A secret of 256 random bits needs no slow hash; the key keeps a dump useless."""
    return blake2b(secret.encode(), key=derive(settings.secret, b"client secrets"), digest_size=32).hexdigest()


def matches(secret: str, stored: str | None, settings: Settings) -> bool:
    return stored is not None and hmac.compare_digest(digest(secret, settings), stored)


def new_secret(prefix: str) -> str:
    """256 random bits behind a prefix and before a CRC-32, by which scanners for leaked secrets know it."""
    text = prefix + _base32(secrets.token_bytes(32))
    return text + _base32(zlib.crc32(text.encode()).to_bytes(4, "big"))


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


async def require_allowed(session: AsyncSession, partner: Partner, scopes: tuple[Scope, ...]) -> None:
    """Raises `Conflict` when the partner is suspended, or its kind may not hold all of these."""
    if partner.state != PartnerState.ACTIVE:
        raise Conflict("The partner is suspended; reinstate it first.")
    allowed = set(await session.scalars(select(KindScope.scope).where(KindScope.kind == partner.kind)))
    errors = [
        FieldError(pointer=f"/scopes/{index}", code="not_for_kind", detail=f"Kind {partner.kind} may not hold {scope}.")
        for index, scope in enumerate(scopes)
        if scope not in allowed
    ]
    if errors:
        raise Conflict("Ask for less; GET /v1/kinds shows what each kind may hold.", errors=errors)


def _public_keys(data: ClientIn) -> str | None:
    if data.auth_method is AuthMethod.CLIENT_SECRET_BASIC:
        if isinstance(data.jwks, KeySetIn):
            raise _bad_keys("/jwks", "Keys are for private_key_jwt; leave them out, or choose it.")
        return None
    if not isinstance(data.jwks, KeySetIn):
        raise _bad_keys("/jwks", "private_key_jwt needs the client's public keys.")
    keys = [_public_key(key, index) for index, key in enumerate(data.jwks.keys)]
    kids = [key.get("kid") for key in keys]
    if len(keys) > 1 and (None in kids or len(set(kids)) < len(kids)):
        raise _bad_keys("/jwks/keys", "Where there are several keys, each needs a kid of its own.")
    return msgspec.json.encode({"keys": keys}).decode()


def _public_key(given: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The members that verification needs, of a key that our algorithms can use."""
    pointer = f"/jwks/keys/{index}"
    try:
        key = jwk.import_key(dict(given))
    except (JoseError, ValueError, TypeError, KeyError):
        raise _bad_keys(pointer, "This is not a JSON Web Key (RFC 7517).") from None
    if key.is_private or isinstance(key, jwk.OctKey):
        raise _bad_keys(pointer, "Send the public half only; whoever has seen the private one can be you.")
    shape = (given.get("kty"), given.get("crv"))
    bits = key.raw_value.key_size if isinstance(key, jwk.RSAKey) else 0
    if shape not in (("EC", "P-256"), ("OKP", "Ed25519")) and not 2_048 <= bits <= 4_096:
        raise _bad_keys(pointer, "Use EC P-256, Ed25519, or RSA of 2,048 to 4,096 bits.")
    kept = {name: given[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in given}
    return kept | ({"kid": str(given["kid"])[:200]} if given.get("kid") else {})


def _bad_keys(pointer: str, detail: str) -> Conflict:
    return Conflict(detail, errors=[FieldError(pointer=pointer, code="bad_key", detail=detail)])


def _to_wire(row: Client, slug: str) -> ClientOut:
    return ClientOut(
        id=row.id,
        partner=slug,
        auth_method=AuthMethod(row.auth_method),
        scopes=tuple(map(Scope, row.scopes.split())),
        created=times.from_micros(row.created),
        disabled=None if row.disabled is None else times.from_micros(row.disabled),
    )
