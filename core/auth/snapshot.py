"""The picture of who may call, held in memory by every process and read anew when it has changed."""

import msgspec
from joserfc import jwk
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import keys
from core.auth.models import AccessVersion, Client, KindScope, Partner, Revocation
from core.settings import Settings
from core.wire.partners import AuthMethod, PartnerState
from core.wire.scopes import PartnerKind, Scope


class LiveClient(msgspec.Struct, frozen=True):
    """A client that is not disabled, of a partner that is not suspended."""

    id: str
    partner: int
    slug: str
    kind: PartnerKind
    auth_method: AuthMethod
    secret_digest: str | None
    keys: jwk.KeySet | None
    scopes: frozenset[Scope]
    """Granted, and allowed to its kind."""


class Snapshot(msgspec.Struct, frozen=True):
    """Immutable; a change makes a new one."""

    version: int
    clients: dict[str, LiveClient]
    ring: keys.Ring
    revoked: frozenset[str]
    """`jti` of tokens that have not expired yet."""


async def version(session: AsyncSession) -> int:
    return (await session.execute(select(AccessVersion.version))).scalar_one()


async def load(session: AsyncSession, settings: Settings) -> Snapshot:
    """Read everything, from one view of the database."""
    return Snapshot(
        version=await version(session),
        clients=await _clients(session),
        ring=await keys.load(session, settings),
        revoked=frozenset(await session.scalars(select(Revocation.jti).where(Revocation.expires > times.now()))),
    )


async def _clients(session: AsyncSession) -> dict[str, LiveClient]:
    allowed: dict[str, set[str]] = {}
    for kind, scope in await session.execute(select(KindScope.kind, KindScope.scope)):
        allowed.setdefault(kind, set()).add(scope)
    rows = await session.execute(
        select(Client, Partner.slug, Partner.kind)
        .join(Partner, Partner.id == Client.partner)
        .where(Client.disabled.is_(None), Partner.state == PartnerState.ACTIVE)
    )
    return {
        client.id: LiveClient(
            id=client.id,
            partner=client.partner,
            slug=slug,
            kind=PartnerKind(kind),
            auth_method=AuthMethod(client.auth_method),
            secret_digest=client.secret_digest,
            keys=jwk.KeySet.import_key_set(msgspec.json.decode(client.jwks)) if client.jwks else None,
            scopes=frozenset(map(Scope, allowed.get(kind, set()).intersection(client.scopes.split()))),
        )
        for client, slug, kind in rows
    }
