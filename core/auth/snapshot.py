"""The picture of who may call, held in memory by every process and read anew when it has changed."""

from collections.abc import Collection, Mapping

import msgspec
from joserfc import jwk
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import feed_keys, keys
from core.auth.models import AccessVersion, Client, FeedKey, KindScope, Partner, Revocation
from core.settings import Settings
from core.wire.feed_keys import Addressed, FeedFormat, Selection
from core.wire.partners import AuthMethod, PartnerState
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import Tlp


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


class LiveFeedKey(msgspec.Struct, frozen=True):
    """A feed key that is not revoked, of a partner that is not suspended."""

    id: str
    partner: int
    slug: str
    kind: PartnerKind
    format: FeedFormat
    second_digest: str | None
    selection: Selection
    addressed: Addressed
    scopes: frozenset[Scope]
    """Granted, and allowed to its kind."""


class Snapshot(msgspec.Struct, frozen=True):
    """Immutable; a change makes a new one."""

    version: int
    clients: dict[str, LiveClient]
    feed_keys: dict[str, LiveFeedKey]
    """By digest of the key."""
    ring: keys.Ring
    revoked: frozenset[str]
    """`jti` of tokens that have not expired yet."""


async def version(session: AsyncSession) -> int:
    return (await session.execute(select(AccessVersion.version))).scalar_one()


async def load(session: AsyncSession, settings: Settings) -> Snapshot:
    """Read everything, from one view of the database."""
    allowed = await _allowed(session)
    return Snapshot(
        version=await version(session),
        clients=await _clients(session, allowed),
        feed_keys=await _feed_keys(session, allowed),
        ring=await keys.load(session, settings),
        revoked=frozenset(await session.scalars(select(Revocation.jti).where(Revocation.expires > times.now()))),
    )


_Allowed = Mapping[str, Collection[str]]


async def _allowed(session: AsyncSession) -> _Allowed:
    """The scopes of each kind."""
    found: dict[str, set[str]] = {}
    for kind, scope in await session.execute(select(KindScope.kind, KindScope.scope)):
        found.setdefault(kind, set()).add(scope)
    return found


def _granted(scopes: str, kind: str, allowed: _Allowed) -> frozenset[Scope]:
    return frozenset(map(Scope, set(scopes.split()).intersection(allowed.get(kind, ()))))


async def _clients(session: AsyncSession, allowed: _Allowed) -> dict[str, LiveClient]:
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
            scopes=_granted(client.scopes, kind, allowed),
        )
        for client, slug, kind in rows
    }


async def _feed_keys(session: AsyncSession, allowed: _Allowed) -> dict[str, LiveFeedKey]:
    rows = await session.execute(
        select(FeedKey, Partner.slug, Partner.kind)
        .join(Partner, Partner.id == FeedKey.partner)
        .where(FeedKey.revoked.is_(None), Partner.state == PartnerState.ACTIVE)
    )
    return {
        key.key_digest: LiveFeedKey(
            id=key.id,
            partner=key.partner,
            slug=slug,
            kind=PartnerKind(kind),
            format=FeedFormat(key.format),
            second_digest=key.second_digest,
            selection=feed_keys.selection(key),
            addressed=Addressed(None if key.tlp is None else Tlp(key.tlp), tuple(key.groups.split())),
            scopes=_granted(key.scopes, kind, allowed),
        )
        for key, slug, kind in rows
    }
