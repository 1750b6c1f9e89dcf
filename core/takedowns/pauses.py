"""Pauses: a clock stands while whoever asked has to do something first.

A platform never stops its own clock. What it waits for it says as the reason of `in_review`, and whoever asked may then
stop the clock of its own request: another's order goes on, so that nobody grants time in somebody else's name. What the
operator stops stands for every request of the case.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import partners
from core.auth.access import Principal
from core.auth.models import Partner
from core.errors import Conflict, Forbidden
from core.log.events import record
from core.takedowns import cases, clock, deadlines
from core.takedowns.models import Takedown, TakedownPause, TakedownRequest
from core.takedowns.parties import parties
from core.wire.clock import ClockOut, PauseIn, PauseOut
from core.wire.events import TakedownPaused, TakedownResumed
from core.wire.scopes import PartnerKind


async def pause(session: AsyncSession, principal: Principal, case: Takedown, data: PauseIn) -> None:
    """Stop the clock. Raises `Forbidden` for those whose it is not to stop, `Conflict` when it stands or has ended,
    or where the reason names a person."""
    await _require_a_say(session, principal, case)
    cases.check_text(data.reason)
    if case.decided is not None or case.closed:
        raise Conflict("The case is answered: its clock has ended.")
    if await _open(session, principal, case):
        raise Conflict("You have stopped this clock already. Resume it first.")
    values = {
        "takedown": case.number,
        "since": deadlines.now(session),
        "partner": principal.partner,
        "reason": data.reason,
    }
    session.add(TakedownPause(**values))
    await _settle(session, case)
    await record(session, TakedownPaused(takedown=case.id), to=await _told(session, principal, case))


async def resume(session: AsyncSession, principal: Principal, case: Takedown) -> None:
    """Let the clock run on; the deadline moves by as much as it stood. Raises as `pause` does."""
    await _require_a_say(session, principal, case)
    if not await _open(session, principal, case):
        raise Conflict("You have not stopped this clock.")
    await session.execute(update(TakedownPause).where(_lasting(principal, case)).values(until=deadlines.now(session)))
    await _settle(session, case)
    await record(session, TakedownResumed(takedown=case.id), to=await _told(session, principal, case))


async def _told(session: AsyncSession, principal: Principal, case: Takedown) -> frozenset[int]:
    """Whose clock it is: those who ask do not learn of each other, and theirs go on."""
    everyone = await parties(session, case.number)
    return everyone if principal.is_operator else everyone & {case.platform, principal.partner}


async def _require_a_say(session: AsyncSession, principal: Principal, case: Takedown) -> None:
    own = (TakedownRequest.takedown == case.number, TakedownRequest.partner == principal.partner)
    asks = (await session.execute(select(TakedownRequest.number).where(*own))).first()
    if principal.partner == case.platform or not (asks or principal.is_operator):
        raise Forbidden("Only who asked, or the operator, stops a clock. Say in `in_review` what you wait for.")


async def _open(session: AsyncSession, principal: Principal, case: Takedown) -> bool:
    found = await session.execute(select(TakedownPause.number).where(_lasting(principal, case)))
    return found.first() is not None


def _lasting(principal: Principal, case: Takedown) -> ColumnElement[bool]:
    lasting: ColumnElement[bool] = TakedownPause.until.is_(None)
    return lasting & (TakedownPause.takedown == case.number) & (TakedownPause.partner == principal.partner)


async def _settle(session: AsyncSession, case: Takedown) -> None:
    await session.flush()
    await deadlines.settle(session, [case])
    case.version += 1


async def read(session: AsyncSession, principal: Principal, case: Takedown) -> ClockOut:
    """The clock of a case. Who asked reads of its own pauses and the operator's, and not who else asked."""
    lasting = select(TakedownPause).join(Partner, Partner.id == TakedownPause.partner)
    wanted = lasting.where(TakedownPause.takedown == case.number).order_by(TakedownPause.number)
    if not principal.is_operator and principal.partner != case.platform:
        own = TakedownPause.partner == principal.partner
        wanted = wanted.where(or_(own, Partner.kind == PartnerKind.OPERATOR.value))
    return ClockOut(
        due=None if case.due is None else times.from_micros(case.due),
        due_local=None if case.due is None else clock.local(case.due),
        paused=None if case.paused is None else times.from_micros(case.paused),
        pauses=await _shown(session, list(await session.scalars(wanted))),
    )


async def _shown(session: AsyncSession, rows: Sequence[TakedownPause]) -> tuple[PauseOut, ...]:
    slugs = await partners.slugs(session, [row.partner for row in rows])
    return tuple(
        PauseOut(
            partner=slugs[row.partner],
            reason=row.reason,
            since=times.from_micros(row.since),
            until=None if row.until is None else times.from_micros(row.until),
        )
        for row in rows
    )
