"""Is this known? Asked in bulk by value, or one signal by its id."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.auth.audiences import split
from core.auth.models import Audience, Group, Membership, Partner
from core.edge import field_error, in_turns
from core.errors import Fault, NotFound
from core.signals import score, view
from core.signals.desk import Desk, Known
from core.signals.keys import Keys, parse_id, public_id
from core.signals.kinds import Kinds, UnknownKind
from core.signals.models import Claim, Reference, Signal
from core.times import from_micros
from core.wire.common import FieldError
from core.wire.signals import (
    ClaimOut,
    ClaimState,
    Held,
    LookedUp,
    LookupItem,
    LookupResult,
    SignalDetail,
    Tlp,
)

_decoder = msgspec.json.Decoder(LookupItem)


class Moved(Fault):
    """A better normaliser has taken the signal elsewhere."""

    status = HTTPStatus.PERMANENT_REDIRECT
    code = "moved"


async def look_up(desk: Desk, principal: Principal, items: Sequence[msgspec.Raw]) -> LookedUp:
    """Each item is known, with the signal as the caller may see it, or not. What is hidden is not known."""
    asked = await in_turns(items, lambda index, raw: _read(raw, index, desk.kinds, desk.keys))
    wanted = {one for one in asked if isinstance(one, bytes)}
    known = await desk.known(principal, wanted) if wanted else {}
    at = times.now()
    return LookedUp(results=tuple(_answer(one, index, known, at) for index, one in enumerate(asked)))


def _read(raw: msgspec.Raw, index: int, kinds: Kinds, keys: Keys) -> bytes | FieldError:
    pointer = f"/items/{index}"
    try:
        item = _decoder.decode(raw)
        return keys.signal(item.kind, kinds.parse(item.kind, item.value).identity)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return field_error(exc, pointer, LookupItem)
    except UnknownKind as exc:
        return FieldError(f"{pointer}/kind", "unknown_kind", str(exc))
    except ValueError as exc:
        return FieldError(f"{pointer}/value", "invalid_value", str(exc))


def _answer(asked: bytes | FieldError, index: int, known: Known, at: int) -> LookupResult:
    if isinstance(asked, FieldError):
        return LookupResult(index=index, known=False, errors=(asked,))
    signal = known.get(asked)
    if signal is None:
        return LookupResult(index=index, known=False)
    return LookupResult(index=index, known=True, signal=signal, score=score.score(signal.terms or (), at))


async def detail(session: AsyncSession, principal: Principal, kinds: Kinds, keys: Keys, signal_id: str) -> SignalDetail:
    """One signal and its visible claims. `NotFound` alike for no such signal and for none that the caller may see."""
    key = parse_id(signal_id)
    if key is None:
        raise NotFound
    wanted = view.claims().add_columns(Claim.original, Claim.held, Claim.context, Audience.groups)
    wanted = wanted.where(Signal.key == key, visible(Claim, principal))
    # Its own claim is shown to a partner also while it is suspended.
    standing = (Claim.closed == 0) & ((Claim.state == "active") | (Claim.partner == principal.partner))
    rows = (await session.execute(wanted.where(standing).order_by(Claim.opened))).all()
    if not rows:
        raise await _elsewhere(session, principal, key)
    groups = await _own_groups(session, principal)
    names = await _own_names(session, principal, rows[0].signal)
    partners = await _partners(session, {row.partner for row in rows})
    claims = tuple(
        _claim(
            row,
            partner=_attribution(row.partner, partners, principal),
            groups=groups,
            names=names if row.partner == principal.partner else None,
        )
        for row in rows
    )
    live = [row for row in rows if view.is_live(row)]
    if not live:
        return SignalDetail(signal=view.gone(rows[0]), claims=claims, score=None)
    signal = view.item(live, max(row.position for row in live), await view.lens(session, kinds, keys))
    now = score.score(signal.terms or (), times.now())
    facts = kinds.facts(live[0].kind, str(signal.value))
    return SignalDetail(signal=signal, claims=claims, score=now, facts=facts)


async def _elsewhere(session: AsyncSession, principal: Principal, key: bytes) -> Fault:
    """Where the signal went, for those who could see it here and can see it there; `NotFound` for all others."""
    seen = select(Signal.key, Signal.merged_into).join(Claim, Claim.signal == Signal.id)
    seen = seen.where(visible(Claim, principal)).limit(1)
    here = (await session.execute(seen.where(Signal.key == key))).one_or_none()
    while here is not None and here.merged_into is not None:
        there = seen.where(Signal.id == here.merged_into)
        live = (await session.execute(there.where(*view.LIVE))).one_or_none()
        if live is not None:
            path = f"/v1/signals/{public_id(live.key)}"
            return Moved("A better reading of its value made it another signal.", headers={"Location": path})
        here = (await session.execute(there)).one_or_none()
    return NotFound()


def _claim(row: Any, *, partner: str | None, groups: dict[int, str], names: Sequence[str] | None) -> ClaimOut:
    """`names` is None for the claim of another partner."""
    return ClaimOut(
        position=row.position,
        partner=partner,
        category=row.category,
        confidence=row.confidence,
        severity=row.severity,
        tlp=Tlp(row.tlp) if row.tlp else None,
        groups=tuple(groups[one] for one in split(row.groups) if one in groups),
        first_seen=None if row.first_seen is None else from_micros(row.first_seen),
        last_seen=None if row.last_seen is None else from_micros(row.last_seen),
        valid_until=None if row.valid_until is None else from_micros(row.valid_until),
        campaign=row.campaign,
        context=msgspec.json.decode(row.context),
        origin=row.origin,
        derived_from=tuple(row.derived_from.split()),
        external_ids=tuple(names or ()),
        original=None if names is None else row.original,
        state=ClaimState(row.state),
        held=Held(row.held) if row.held else None,
    )


def _attribution(partner: int, partners: dict[int, Any], principal: Principal) -> str | None:
    """Who said it is not shown to peers, unless the one who said it chose to be named."""
    row = partners[partner]
    named = partner == principal.partner or principal.is_operator or row.attribution == "named"
    return str(row.slug) if named else None


async def _partners(session: AsyncSession, ids: set[int]) -> dict[int, Any]:
    rows = await session.execute(select(Partner.id, Partner.slug, Partner.attribution).where(Partner.id.in_(ids)))
    return {row.id: row for row in rows}


async def _own_groups(session: AsyncSession, principal: Principal) -> dict[int, str]:
    """The groups whose names the caller may read; the operator reads all."""
    wanted = select(Group.id, Group.slug)
    if not principal.is_operator:
        mine = select(Membership.group).where(Membership.partner == principal.partner, Membership.state == "member")
        wanted = wanted.where(Group.id.in_(mine))
    return {row.id: row.slug for row in await session.execute(wanted)}


async def names(session: AsyncSession, principal: Principal, beginning: str) -> list[str]:
    """The caller's own names of what it says, of those that begin so."""
    wanted = select(Reference.external_id).where(Reference.partner == principal.partner)
    return list(await session.scalars(wanted.where(Reference.external_id.startswith(beginning, autoescape=True))))


async def _own_names(session: AsyncSession, principal: Principal, signal: int) -> list[str]:
    wanted = select(Reference.external_id).where(Reference.partner == principal.partner, Reference.signal == signal)
    return list(await session.scalars(wanted.order_by(Reference.external_id)))
