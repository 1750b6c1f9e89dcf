"""HTTP of the clock of a case."""

from litestar import delete, get, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, scoped
from core.takedowns import cases, pauses
from core.wire.clock import ClockOut, PauseIn
from core.wire.scopes import Scope


@get("/takedowns/{id:str}/clock", operation_id="ReadClock", **scoped(Scope.TAKEDOWNS_READ))
async def read_clock(id: str, principal: Principal, snapshot: AsyncSession) -> ClockOut:
    """When a case is due, in UTC and in Viet Nam's time, and when its clock stood still, and why."""
    return await pauses.read(snapshot, principal, await cases.find(snapshot, principal, id))


@put("/takedowns/{id:str}/pause", operation_id="PauseTakedown", **scoped(Scope.TAKEDOWNS_REQUEST))
async def pause_takedown(id: str, data: JSONBody[PauseIn], principal: Principal, session: AsyncSession) -> ClockOut:
    """Stop the clock of your own request; the operator stops that of every request.

    A platform cannot: it says in `in_review` what it waits for. 409 when you have stopped it already.
    """
    case = await cases.find(session, principal, id)
    await pauses.pause(session, principal, case, data)
    return await pauses.read(session, principal, case)


@delete("/takedowns/{id:str}/pause", operation_id="ResumeTakedown", status_code=200, **scoped(Scope.TAKEDOWNS_REQUEST))
async def resume_takedown(id: str, principal: Principal, session: AsyncSession) -> ClockOut:
    """Let the clock that you stopped run on: the deadline moves by as much as it stood."""
    case = await cases.find(session, principal, id)
    await pauses.resume(session, principal, case)
    return await pauses.read(session, principal, case)


handlers = [read_clock, pause_takedown, resume_takedown]
