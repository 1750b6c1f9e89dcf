"""The emergency lane: one partner's word is enough to raise it, two people are needed to lower it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.campaigns import provinces
from core.db import page_of
from core.errors import Conflict, Forbidden, NotFound, TooManyRequests
from core.log import audit
from core.log.events import record
from core.safeguards import responsibilities
from core.safeguards.models import Emergency
from core.sealing import Sealer
from core.signals import policy
from core.takedowns import personal, policies, pushes, targets
from core.takedowns.models import Push
from core.wire.clock import Basis, Priority
from core.wire.common import FieldError
from core.wire.emergencies import AgeBand, EmergencyIn, EmergencyOut, EmergencyPage, EmergencyState, Told
from core.wire.events import EmergencyDeclared, EmergencyLowered
from core.wire.signals import Category


async def declare(session: AsyncSession, principal: Principal, data: EmergencyIn, sealer: Sealer) -> Emergency:
    """A new emergency; those who answer are pushed as soon as this is committed.

    Nothing is weighed first: neither a second partner nor a score. Raises `Conflict` naming the field,
    `TooManyRequests` above the limit of an hour.
    """
    now = times.now()
    await _check(session, principal, data, now)
    await _require_room(session, principal, now)
    agency, protection = await responsibilities.answering(session, data.category.value, data.province, now)
    name = ids.new("emg")
    row = Emergency(
        id=name,
        partner=principal.partner,
        agency=agency,
        protection=protection,
        category=data.category.value,
        province=data.province,
        age_band=data.age_band.value,
        summary=sealer.seal(data.summary.encode(), name),
        signals=list(dict.fromkeys(data.signals)),
        state=EmergencyState.OPEN.value,
        declared=now,
    )
    session.add(row)
    await session.flush()
    await record(session, EmergencyDeclared(emergency=name), to=_parties(row))
    patience = await policies.patience(session, Basis.EMERGENCY_CALL, Priority.EMERGENCY, now)
    for partner in sorted({agency, protection}):
        await pushes.push(session, name, partner, "emergency.declared", 1, patience=patience)
    return row


async def _require_room(session: AsyncSession, principal: Principal, now: int) -> None:
    """One partner's alarms must not bury those of others. Raises `TooManyRequests`."""
    hour = now - now % times.HOUR
    mine = (Emergency.partner == principal.partner, Emergency.declared >= hour)
    declared = (await session.execute(select(func.count()).select_from(Emergency).where(*mine))).scalar_one()
    if declared >= (await policy.read(session)).emergencies_per_hour:
        wait = str((hour + times.HOUR - now) // times.SECOND + 1)
        detail = f"Your partner declared {declared} in this hour. Call 113, or 111 for a child; here again in {wait} s."
        raise TooManyRequests(detail, headers={"Retry-After": wait})


async def _check(session: AsyncSession, principal: Principal, data: EmergencyIn, now: int) -> None:
    faults = []
    personal_fault = personal.fault(data.summary, "/summary")
    if personal_fault:
        faults.append(personal_fault)
    if data.province is not None:
        unknown = provinces.fault(data.province, times.from_micros(now).astimezone(times.HUB_ZONE).date())
        if unknown:
            faults.append(FieldError("/province", "unknown_province", unknown))
    seen = await targets.signals_seen(session, principal, data.signals)
    faults += [
        FieldError(f"/signals/{index}", "unknown_signal", "There is no such signal that you may see.")
        for index, one in enumerate(data.signals)
        if one not in seen
    ]
    if faults:
        raise Conflict(
            "Nothing was declared. Mend this and send it again; call 113, or 111 for a child.", errors=faults
        )


def _parties(row: Emergency) -> set[int]:
    return {row.partner, row.agency, row.protection}


def _concerns(principal: Principal) -> ColumnElement[bool]:
    if principal.is_operator:
        return true()
    return or_(*(one == principal.partner for one in (Emergency.partner, Emergency.agency, Emergency.protection)))


async def find(session: AsyncSession, principal: Principal, name: str) -> Emergency:
    """Raises `NotFound`, also for those who are not its parties."""
    if not ids.named("emg", name):
        raise NotFound
    row = (await session.scalars(select(Emergency).where(Emergency.id == name, _concerns(principal)))).first()
    if row is None:
        raise NotFound
    return row


async def acknowledge(session: AsyncSession, principal: Principal, row: Emergency) -> None:
    """The caller's partner has it and acts; it is pushed no more. Once more changes nothing."""
    if principal.partner not in (row.agency, row.protection):
        raise Forbidden("Those who answer acknowledge: the agency and the child-protection partner.")
    await pushes.acknowledge_subject(session, row.id, principal.partner)


async def lower(session: AsyncSession, principal: Principal, row: Emergency, reason: str) -> None:
    """Say that it is over. It is, when a second person says so: until people sign in, another client.

    One of the two belongs to those who answer. Raises `Conflict` for the same person again.
    """
    if row.state == EmergencyState.LOWERED:
        raise Conflict("It was lowered already.")
    fault = personal.fault(reason, "/reason")
    if fault:
        raise Conflict("Say it without a person's data.", errors=[fault])
    await audit.note(session, principal, "LowerEmergency", {"emergency": row.id, "reason": reason})
    row.version += 1
    if row.first is None:
        row.state, row.first, row.reason = EmergencyState.LOWERING.value, principal.client, reason
        row.lowering = principal.partner
        return
    if row.first == principal.client:
        raise Conflict("You have said so. Another person has to agree, with a client of their own.")
    if not {row.lowering, principal.partner} & {row.agency, row.protection}:
        raise Conflict("One of the two has to be the agency or the child-protection partner that answers.")
    row.state, row.second, row.lowered = EmergencyState.LOWERED.value, principal.client, times.now()
    # Nobody reads it from now on.
    row.summary = b""
    await pushes.drop(session, row.id)
    await record(session, EmergencyLowered(emergency=row.id), to=_parties(row))


async def keep_up(session: AsyncSession, principal: Principal, row: Emergency) -> None:
    """Say that it is not over, whoever said that it was. For every party; raises `Conflict` when nobody did."""
    if row.state != EmergencyState.LOWERING:
        raise Conflict(f"It is {row.state}; there is nothing to take back.")
    await audit.note(session, principal, "KeepEmergency", {"emergency": row.id})
    row.state, row.first, row.lowering, row.reason = EmergencyState.OPEN.value, None, None, None
    row.version += 1


async def read(session: AsyncSession, principal: Principal, row: Emergency, sealer: Sealer) -> EmergencyOut:
    return (await _shown(session, principal, [row], sealer))[0]


async def page(
    session: AsyncSession, principal: Principal, state: EmergencyState | None, after: int, limit: int, sealer: Sealer
) -> EmergencyPage:
    """Those behind `after`, in the order in which they were declared."""
    query = select(Emergency).where(_concerns(principal))
    if state is not None:
        query = query.where(Emergency.state == state.value)
    rows, following = await page_of(session, query, Emergency.number, after, limit)
    return EmergencyPage(await _shown(session, principal, rows, sealer), following)


async def _shown(
    session: AsyncSession, principal: Principal, rows: Sequence[Emergency], sealer: Sealer
) -> tuple[EmergencyOut, ...]:
    slugs = await partners.slugs(session, [partner for row in rows for partner in _parties(row)])
    told: defaultdict[str, list[Told]] = defaultdict(list)
    sent = select(Push).where(Push.subject.in_([row.id for row in rows])).order_by(Push.number)
    for push in await session.scalars(sent):
        times_of = (None if at is None else times.from_micros(at) for at in (push.sent, push.acknowledged))
        told[push.subject].append(Told(slugs[push.partner], push.tries, *times_of))
    return tuple(_out(row, slugs, tuple(told[row.id]), _summary(row, principal, sealer)) for row in rows)


def _summary(row: Emergency, principal: Principal, sealer: Sealer) -> str | None:
    if principal.partner not in _parties(row) or row.state == EmergencyState.LOWERED:
        return None
    return sealer.open(row.summary, row.id).decode()


def _out(row: Emergency, slugs: dict[int, str], told: tuple[Told, ...], summary: str | None) -> EmergencyOut:
    return EmergencyOut(
        id=row.id,
        partner=slugs[row.partner],
        agency=slugs[row.agency],
        protection=slugs[row.protection],
        category=Category(row.category),
        age_band=AgeBand(row.age_band),
        province=row.province,
        signals=tuple(row.signals),
        state=EmergencyState(row.state),
        declared=times.from_micros(row.declared),
        lowered=None if row.lowered is None else times.from_micros(row.lowered),
        reason=row.reason,
        told=told,
        version=row.version,
        summary=summary,
    )
