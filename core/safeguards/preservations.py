"""Preservation: a platform is asked to keep data for a term, which may be renewed, until it is fetched."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.db import Database, page_of
from core.errors import Conflict, Forbidden, NotFound
from core.log import head
from core.log.events import record
from core.safeguards.models import Preservation
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.takedowns import personal, targets
from core.takedowns.models import Takedown
from core.takedowns.parties import concerns
from core.takedowns.targets import Target
from core.wire.common import FieldError
from core.wire.events import PreservationMoved, PreservationRenewed, PreservationRequested
from core.wire.preservations import (
    DataKind,
    Days,
    PreservationIn,
    PreservationMove,
    PreservationOut,
    PreservationPage,
)
from core.wire.preservations import PreservationState as State

_OPEN = (State.REQUESTED, State.ACKNOWLEDGED, State.PRESERVED)
_PLATFORM: dict[State, tuple[State, ...]] = {
    State.REQUESTED: (State.ACKNOWLEDGED, State.PRESERVED, State.REFUSED),
    State.ACKNOWLEDGED: (State.PRESERVED, State.REFUSED),
}
_AT_ONCE = 500


def legal(state: State, *, platform: bool) -> tuple[State, ...]:
    """What either party may make of it."""
    if platform:
        return _PLATFORM.get(state, ())
    return (State.RELEASED,) if state in _OPEN else ()


async def target_of(
    db: Database, principal: Principal, data: PreservationIn, kinds: Kinds, keys: Keys, guard: Guard
) -> tuple[int, Target]:
    """The platform and what is to be kept there. Raises `Conflict` naming the field.

    The rule is that of takedowns: nobody learns by a request of a signal that it does not see.
    """
    signals = [data.target.signal] if data.target.signal else []
    async with db.snapshot(principal.partner) as session:
        seen = await targets.signals_seen(session, principal, signals)
    platform = (await targets.platforms(db, principal, [data.platform], signals)).get(data.platform)
    if platform is None:
        raise _wrong("/platform", "unknown_platform", f"There is no active platform {data.platform}.")
    found = targets.find(data.target, seen, kinds, keys, guard, "/target")
    if isinstance(found, FieldError):
        raise _wrong(found.pointer, found.code, found.detail)
    fault = targets.hidden(data.target, platform, seen, "/target/signal")
    if fault:
        raise _wrong(fault.pointer, fault.code, fault.detail)
    return platform.id, found


async def request(
    session: AsyncSession, principal: Principal, data: PreservationIn, platform: int, target: Target
) -> Preservation:
    """A new request, told to the platform."""
    fault = personal.fault(data.legal_basis, "/legal_basis")
    if fault:
        raise _wrong(fault.pointer, fault.code, fault.detail)
    case = None if data.takedown is None else await _case(session, principal, data.takedown, platform)
    now = times.now()
    row = Preservation(
        id=ids.new("prs"),
        partner=principal.partner,
        platform=platform,
        target=target.id,
        kind=target.kind,
        value=target.value,
        takedown=case,
        scope=sorted({one.value for one in data.scope}),
        legal_basis=data.legal_basis,
        order_number=data.order_number,
        days=data.days,
        since=now,
        until=now + data.days * times.DAY,
        state=State.REQUESTED.value,
    )
    session.add(row)
    await session.flush()
    await record(session, PreservationRequested(preservation=row.id), to=_parties(row))
    return row


async def _case(session: AsyncSession, principal: Principal, name: str, platform: int) -> int:
    case = select(Takedown.number).where(Takedown.id == name, Takedown.platform == platform, concerns(principal))
    found = (await session.scalars(case)).first()
    if found is None:
        raise _wrong("/takedown", "unknown_takedown", "There is no such case of yours at this platform.")
    return found


def _wrong(pointer: str, code: str, detail: str) -> Conflict:
    return Conflict("This cannot be asked for.", errors=[FieldError(pointer, code, detail)])


def _parties(row: Preservation) -> tuple[int, int]:
    return row.partner, row.platform


def _concerns(principal: Principal) -> ColumnElement[bool]:
    if principal.is_operator:
        return true()
    return or_(Preservation.partner == principal.partner, Preservation.platform == principal.partner)


async def find(session: AsyncSession, principal: Principal, name: str) -> Preservation:
    """Raises `NotFound`, also for those who are not its parties."""
    if not ids.named("prs", name):
        raise NotFound
    row = (await session.scalars(select(Preservation).where(Preservation.id == name, _concerns(principal)))).first()
    if row is None:
        raise NotFound
    return row


async def move(session: AsyncSession, principal: Principal, row: Preservation, wanted: PreservationMove) -> None:
    """Make the next state of it. Raises `Conflict` naming what is legal instead."""
    origin, state = State(row.state), State(wanted.state)
    able = legal(origin, platform=principal.partner == row.platform) if principal.partner in _parties(row) else ()
    if state not in able:
        instead = f"legal for you now: {', '.join(able)}" if able else "nothing more is for you to do with it"
        raise Conflict(f"The request is {origin}, so `{state}` is not possible; {instead}.")
    if state is State.REFUSED and wanted.reason is None:
        raise _wrong("/reason", "reason_missing", "Say why it is refused: the requester goes by it.")
    if fault := personal.fault(wanted.reason or "", "/reason"):
        raise _wrong(fault.pointer, fault.code, fault.detail)
    await settle(session, row, state, wanted.reason)


async def settle(session: AsyncSession, row: Preservation, state: State, reason: str | None = None) -> None:
    """Set its state, and tell both sides."""
    row.state, row.reason, row.version = state.value, reason, row.version + 1
    await record(session, PreservationMoved(preservation=row.id, state=state.value), to=_parties(row))


async def renew(session: AsyncSession, principal: Principal, row: Preservation, days: Days) -> None:
    """One more term. Raises `Conflict` when there is nothing left to renew."""
    if principal.partner != row.partner:
        raise Forbidden("Only the partner that asked for it renews it.")
    if row.state not in _OPEN:
        raise Conflict(f"The request is {row.state}; ask anew.")
    if row.until > times.now() + row.days * times.DAY:
        raise Conflict("It is renewed already: once more when that term has begun.")
    row.days, row.until = days, row.until + days * times.DAY
    row.renewals, row.version = row.renewals + 1, row.version + 1
    await record(session, PreservationRenewed(preservation=row.id), to=_parties(row))


async def expire(db: Database) -> int:
    """End what was not renewed in time; both sides are told, so that nothing is kept longer than it may be."""
    now = times.now()
    due = (Preservation.until <= now, Preservation.state.in_([state.value for state in _OPEN]))
    async with db.survey() as session:
        if (await session.execute(select(Preservation.number).where(*due).limit(1))).first() is None:
            return 0
    async with head.writing(db, "hub", "ExpirePreservations") as session:
        rows = list(await session.scalars(select(Preservation).where(*due).limit(_AT_ONCE)))
        for row in rows:
            await settle(session, row, State.EXPIRED)
        return len(rows)


async def read(session: AsyncSession, row: Preservation) -> PreservationOut:
    return (await _shown(session, [row]))[0]


async def page(
    session: AsyncSession, principal: Principal, state: State | None, after: int, limit: int
) -> PreservationPage:
    """Those behind `after`, in the order in which they were requested."""
    query = select(Preservation).where(_concerns(principal))
    if state is not None:
        query = query.where(Preservation.state == state.value)
    rows, following = await page_of(session, query, Preservation.number, after, limit)
    return PreservationPage(await _shown(session, rows), following)


async def _shown(session: AsyncSession, rows: Sequence[Preservation]) -> tuple[PreservationOut, ...]:
    slugs = await partners.slugs(session, [partner for row in rows for partner in _parties(row)])
    numbers = sorted({row.takedown for row in rows if row.takedown is not None})
    found = await session.execute(select(Takedown.number, Takedown.id).where(Takedown.number.in_(numbers)))
    cases = dict(found.all())
    return tuple(
        PreservationOut(
            id=row.id,
            partner=slugs[row.partner],
            platform=slugs[row.platform],
            target=row.target,
            kind=row.kind,
            value=row.value,
            scope=tuple(map(DataKind, row.scope)),
            days=row.days,
            renewals=row.renewals,
            since=times.from_micros(row.since),
            until=times.from_micros(row.until),
            legal_basis=row.legal_basis,
            order_number=row.order_number,
            takedown=None if row.takedown is None else cases[row.takedown],
            state=State(row.state),
            reason=row.reason,
            version=row.version,
        )
        for row in rows
    )
