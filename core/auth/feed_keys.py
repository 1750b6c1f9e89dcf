"""Feed keys: static credentials of a partner's programs that speak one format and cannot fetch tokens.

2026-11-22: whoever may read the feed may issue and revoke the keys of its own partner: each of them reads the feed, and
no scope is for one's own credentials alone. No key may do what the token that made it may not. Held by
tests/auth/test_feed_keys.py.
"""

import hmac
import secrets
from collections.abc import Collection, Sequence
from hashlib import blake2b

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import clients, partners
from core.auth.access import Principal
from core.auth.audiences import memberships
from core.auth.keys import touch
from core.auth.models import FeedKey, Partner
from core.errors import Conflict, Forbidden, NotFound
from core.log import audit
from core.sealing import derive
from core.settings import Settings
from core.wire.common import FieldError
from core.wire.feed_keys import FeedFormat, FeedKeyIn, FeedKeyOut, IssuedFeedKey, Selection
from core.wire.scopes import Scope
from core.wire.signals import Tlp

_PREFIX = "kmm_fk_"
_MOST = 50
"""Live keys of a partner: every process of the hub holds them in memory."""


async def issue(
    session: AsyncSession, principal: Principal, slug: str, data: FeedKeyIn, settings: Settings
) -> IssuedFeedKey:
    """A new key of a partner. Its secrets are in the answer and nowhere else.

    Raises `Forbidden` where the caller itself may not do what the key would, `Conflict` where its partner may not, and
    for too many.
    """
    partner = await _managed(session, principal, slug)
    scopes = (Scope.SIGNALS_READ, *((Scope.SIGNALS_WRITE, Scope.OPINIONS_WRITE) if data.writes else ()))
    _require_held(principal, scopes)
    await clients.require_allowed(session, partner, scopes)
    _require_member(data.groups, await memberships(session, partner.id))
    live = select(func.count()).where(FeedKey.partner == partner.id, FeedKey.revoked.is_(None))
    if (await session.execute(live)).scalar_one() >= _MOST:
        raise Conflict(f"A partner has {_MOST} feed keys at most; revoke one.")
    key, second = _secrets(data.format)
    row = FeedKey(
        id=ids.new("fk"),
        partner=partner.id,
        format=data.format.value,
        key_digest=digest(key, settings),
        second_digest=digest(second, settings) if second else None,
        kinds=" ".join(sorted(set(data.kinds))),
        campaign=data.campaign,
        min_score=data.min_score,
        tlp=None if data.tlp is None else data.tlp.value,
        groups=" ".join(sorted(set(data.groups))),
        scopes=" ".join(scopes),
        created=times.now(),
        revoked=None,
    )
    session.add(row)
    await session.flush()
    await touch(session)
    await audit.note(session, principal, "IssueFeedKey", {"partner": slug, "key": row.id})
    return IssuedFeedKey(id=row.id, key=key, subscription_key=second, base_url=settings.base_url + data.format.path)


async def listing(session: AsyncSession, principal: Principal, slug: str) -> tuple[FeedKeyOut, ...]:
    """A partner's keys, the revoked ones too."""
    partner = await _managed(session, principal, slug)
    wanted = select(FeedKey).where(FeedKey.partner == partner.id).order_by(FeedKey.created, FeedKey.id)
    return tuple(_to_wire(row, slug) for row in await session.scalars(wanted))


async def revoke(session: AsyncSession, principal: Principal, key: str) -> None:
    """Refuse a key from now on. Once more changes nothing."""
    row = await session.get(FeedKey, key) if ids.named("fk", key) else None
    partner = await session.get(Partner, row.partner) if row else None
    if row is None or partner is None or not _manages(principal, partner):
        raise NotFound(f"There is no feed key {key}.")
    if row.revoked is None:
        await session.execute(update(FeedKey).where(FeedKey.id == key).values(revoked=times.now()))
        await touch(session)
        await audit.note(session, principal, "RevokeFeedKey", {"partner": partner.slug, "key": key})


async def _managed(session: AsyncSession, principal: Principal, slug: str) -> Partner:
    """Raises `NotFound` for a partner whose keys are not the caller's to manage, whether there is one or not."""
    partner = await partners.find(session, slug)
    if not _manages(principal, partner):
        raise NotFound
    return partner


def _manages(principal: Principal, partner: Partner) -> bool:
    """Everyone the keys of its own partner, and those who issue clients to others their keys as well."""
    others = Scope.PARTNERS_ADMIT in principal.scopes and partners.has_charge(principal, partner.kind)
    return partner.id == principal.partner or others


def selection(row: FeedKey) -> Selection:
    """What the key reads. Programs behind it are not the partner's own, so only what may be re-exported."""
    return Selection(tuple(row.kinds.split()), row.campaign, row.min_score, leaving=True)


def digest(secret: str, settings: Settings) -> str:
    """What is stored of each half, as `clients.digest` does and for its reasons."""
    return blake2b(secret.encode(), key=derive(settings.secret, b"feed keys"), digest_size=32).hexdigest()


def fits(second: str, stored: str | None, settings: Settings) -> bool:
    """Whether the second secret is the one; where the format has none, it must be empty."""
    return hmac.compare_digest(digest(second, settings), stored) if stored else not second


def _secrets(form: FeedFormat) -> tuple[str, str]:
    if form is FeedFormat.GRAPH:
        # Its libraries take a number and a bar before the secret for granted.
        return f"{10**11 + secrets.randbelow(9 * 10**11)}|{secrets.token_urlsafe(32)}", ""
    return clients.new_secret(_PREFIX), clients.new_secret(_PREFIX)


def _require_held(principal: Principal, scopes: Collection[Scope]) -> None:
    if lacking := " ".join(sorted(set(scopes) - principal.scopes)):
        raise Forbidden(
            f"A key may do no more than the token that it is made with, which lacks: {lacking}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{lacking}"'},
        )


def _require_member(groups: Sequence[str], member: Collection[str]) -> None:
    errors = [
        FieldError(f"/groups/{index}", "not_a_member", "The partner is not a member of this group.")
        for index, group in enumerate(groups)
        if group not in member
    ]
    if errors:
        raise Conflict("What is submitted with the key could not go there.", errors=errors)


def _to_wire(row: FeedKey, slug: str) -> FeedKeyOut:
    scopes = tuple(map(Scope, row.scopes.split()))
    return FeedKeyOut(
        id=row.id,
        partner=slug,
        format=FeedFormat(row.format),
        kinds=tuple(row.kinds.split()),
        campaign=row.campaign,
        min_score=row.min_score,
        writes=Scope.SIGNALS_WRITE in scopes,
        tlp=None if row.tlp is None else Tlp(row.tlp),
        groups=tuple(row.groups.split()),
        scopes=scopes,
        created=times.from_micros(row.created),
        revoked=None if row.revoked is None else times.from_micros(row.revoked),
    )
