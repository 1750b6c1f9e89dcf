"""Referrals: a person is handed over to those who help, step by step, and nothing here says who it is."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.auth.models import Partner
from core.campaigns import provinces
from core.db import page_of
from core.errors import Conflict, NotFound
from core.log.events import record
from core.safeguards.models import Emergency, Referral, ReferralStep
from core.sealing import Sealer
from core.takedowns import personal
from core.wire import referrals as wire
from core.wire.common import FieldError
from core.wire.emergencies import AgeBand
from core.wire.events import ReferralMoved, ReferralOffered
from core.wire.partners import PartnerState
from core.wire.referrals import Consent, ConsentBy, ReferralIn, ReferralMove, ReferralOut, ReferralPage
from core.wire.referrals import ReferralState as State
from core.wire.scopes import PartnerKind

_HELPS = frozenset({PartnerKind.PROTECTION, PartnerKind.AGENCY})
_RECEIVER: dict[State, tuple[State, ...]] = {
    State.OFFERED: (State.ACKNOWLEDGED, State.ACCEPTED, State.DECLINED),
    State.ACKNOWLEDGED: (State.ACCEPTED, State.DECLINED),
    State.ACCEPTED: (State.IN_PROGRESS, State.COMPLETED),
    State.IN_PROGRESS: (State.COMPLETED,),
}
_TO_SAY_WHY = (State.DECLINED, State.WITHDRAWN)
_ENDS = frozenset({State.COMPLETED, State.DECLINED, State.WITHDRAWN})
_BY: dict[AgeBand, tuple[ConsentBy, ...]] = {
    AgeBand.UNDER_7: (ConsentBy.REPRESENTATIVE, ConsentBy.BOTH),
    AgeBand.FROM_7_TO_15: (ConsentBy.BOTH,),
}
"""Whose word is needed; in other age bands anybody's of them is."""
_ground: msgspec.json.Decoder[Consent | wire.VitalInterest] = msgspec.json.Decoder(Consent | wire.VitalInterest)


def legal(state: State, *, sender: bool) -> tuple[State, ...]:
    """What either party may make of it."""
    if sender:
        return () if state in _ENDS else (State.WITHDRAWN,)
    return _RECEIVER.get(state, ())


async def offer(session: AsyncSession, principal: Principal, data: ReferralIn, sealer: Sealer) -> Referral:
    """A new referral, told to its receiver. Raises `Conflict` naming the field."""
    now = times.now()
    receiver = await _receiver(session, principal, data.receiver)
    _check_ground(data, now)
    if isinstance(data.ground, wire.VitalInterest):
        _check_text(data.ground.reason, "/ground/reason")
    if data.province is not None:
        fault = provinces.fault(data.province, times.from_micros(now).astimezone(times.HUB_ZONE).date())
        if fault:
            raise _wrong("/province", "unknown_province", fault)
    if data.emergency is not None:
        await _check_emergency(session, principal, data.emergency)
    name = ids.new("ref")
    row = Referral(
        id=name,
        partner=principal.partner,
        receiver=receiver.id,
        service=data.service.value,
        province=data.province,
        age_band=data.age_band.value,
        urgency=data.urgency.value,
        consent=msgspec.to_builtins(data.ground),
        note=None if data.note is None else sealer.seal(data.note.encode(), name),
        emergency=data.emergency,
        state=State.OFFERED.value,
        offered=now,
    )
    session.add(row)
    await session.flush()
    await record(session, ReferralOffered(referral=name), to=(principal.partner, receiver.id))
    return row


async def _receiver(session: AsyncSession, principal: Principal, slug: str) -> Partner:
    try:
        found = await partners.find(session, slug)
    except NotFound:
        raise _wrong("/receiver", "unknown_partner", f"There is no partner {slug}.") from None
    if found.id == principal.partner or found.kind not in _HELPS or found.state != PartnerState.ACTIVE:
        detail = "Name an active child-protection group or agency other than your own."
        raise _wrong("/receiver", "cannot_receive", detail)
    return found


def _check_ground(data: ReferralIn, now: int) -> None:
    if not isinstance(data.ground, Consent):
        return
    if times.to_micros(data.ground.at) > now:
        raise _wrong("/ground/at", "in_the_future", "Consent is given before the referral is offered.")
    needed = _BY.get(data.age_band, tuple(ConsentBy))
    if data.ground.by not in needed:
        detail = f"In this age band consent is given by: {', '.join(needed)}. In danger use `vital_interest`."
        raise _wrong("/ground/by", "consent_missing", detail)


def _check_text(text: str, pointer: str) -> None:
    if fault := personal.fault(text, pointer):
        raise _wrong(fault.pointer, fault.code, fault.detail)


async def _check_emergency(session: AsyncSession, principal: Principal, id: str) -> None:
    parties = or_(
        *(column == principal.partner for column in (Emergency.partner, Emergency.agency, Emergency.protection))
    )
    if (await session.execute(select(Emergency.number).where(Emergency.id == id, parties))).first() is None:
        raise _wrong("/emergency", "unknown_emergency", "There is no such emergency that you are a party of.")


def _wrong(pointer: str, code: str, detail: str) -> Conflict:
    return Conflict("The referral cannot be handed over like this.", errors=[FieldError(pointer, code, detail)])


def _mine(principal: Principal) -> ColumnElement[bool]:
    if principal.is_operator:
        return true()
    return or_(Referral.partner == principal.partner, Referral.receiver == principal.partner)


async def find(session: AsyncSession, principal: Principal, id: str) -> Referral:
    """Raises `NotFound`, also for those who are not its parties."""
    if not ids.named("ref", id):
        raise NotFound
    row = (await session.scalars(select(Referral).where(Referral.id == id, _mine(principal)))).first()
    if row is None:
        raise NotFound
    return row


async def move(session: AsyncSession, principal: Principal, row: Referral, wanted: ReferralMove) -> None:
    """Make the next state of it, and tell the other side. Raises `Conflict` naming what is legal instead."""
    origin, state = State(row.state), State(wanted.state)
    sender = principal.partner == row.partner
    able = legal(origin, sender=sender) if principal.partner in (row.partner, row.receiver) else ()
    if state not in able:
        instead = f"legal for you now: {', '.join(able)}" if able else "nothing more is for you to do with it"
        raise Conflict(f"The referral is {origin}, so `{state}` is not possible; {instead}.")
    if state in _TO_SAY_WHY and wanted.reason is None:
        raise _wrong("/reason", "reason_missing", f"Say why it is {state}: the other side goes by it.")
    _check_text(wanted.reason or "", "/reason")
    row.state, row.version = state.value, row.version + 1
    now = times.now()
    if row.acknowledged is None and not sender:
        row.acknowledged = now
    if state in _ENDS:
        row.ended, row.note = now, None
    step = ReferralStep(
        referral=row.number,
        at=now,
        actor=principal.partner,
        client=principal.client,
        origin=origin.value,
        state=state.value,
        reason=wanted.reason,
    )
    session.add(step)
    await record(session, ReferralMoved(referral=row.id, state=state), to=(row.partner, row.receiver))


async def read(session: AsyncSession, principal: Principal, row: Referral, sealer: Sealer) -> ReferralOut:
    """A referral with its steps, as `principal` may read it."""
    rows = await session.execute(
        select(ReferralStep, Partner.slug)
        .join(Partner, Partner.id == ReferralStep.actor)
        .where(ReferralStep.referral == row.number)
        .order_by(ReferralStep.number)
    )
    inside = principal.partner in (row.partner, row.receiver)
    steps = tuple(
        wire.ReferralStep(
            times.from_micros(step.at), slug, State(step.origin), State(step.state), step.reason if inside else None
        )
        for step, slug in rows
    )
    (out,) = await _shown(session, principal, [row], sealer)
    return msgspec.structs.replace(out, steps=steps)


async def page(
    session: AsyncSession, principal: Principal, state: State | None, after: int, limit: int, sealer: Sealer
) -> ReferralPage:
    """Those behind `after`, in the order in which they were offered."""
    query = select(Referral).where(_mine(principal))
    if state is not None:
        query = query.where(Referral.state == state.value)
    rows, following = await page_of(session, query, Referral.number, after, limit)
    return ReferralPage(await _shown(session, principal, rows, sealer), following)


async def _shown(
    session: AsyncSession, principal: Principal, rows: Sequence[Referral], sealer: Sealer
) -> tuple[ReferralOut, ...]:
    slugs = await partners.slugs(session, [partner for row in rows for partner in (row.partner, row.receiver)])
    return tuple(_out(row, slugs, sealer, inside=principal.partner in (row.partner, row.receiver)) for row in rows)


def _out(row: Referral, slugs: dict[int, str], sealer: Sealer, *, inside: bool) -> ReferralOut:
    out = ReferralOut(
        id=row.id,
        sender=slugs[row.partner],
        receiver=slugs[row.receiver],
        service=wire.Service(row.service),
        age_band=AgeBand(row.age_band),
        urgency=wire.Urgency(row.urgency),
        province=row.province,
        emergency=row.emergency,
        state=State(row.state),
        offered=times.from_micros(row.offered),
        acknowledged=times.from_micros(row.acknowledged) if row.acknowledged else None,
        ended=times.from_micros(row.ended) if row.ended else None,
        version=row.version,
    )
    if not inside:
        return out
    ground = _ground.decode(msgspec.json.encode(row.consent))
    note = None if row.note is None else sealer.open(row.note, row.id).decode()
    return msgspec.structs.replace(out, ground=ground, note=note)
