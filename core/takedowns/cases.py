"""A case as a whole: found by those whom it concerns, shown to its platform, given up by the last who asked."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids
from core.auth.access import HUB, Principal
from core.db import insert_rows, table_of
from core.errors import Conflict, Forbidden, NotFound
from core.log.events import record
from core.log.head import Head
from core.takedowns import moves, personal
from core.takedowns.models import Takedown, TakedownRequest, TakedownStep
from core.takedowns.parties import concerns
from core.takedowns.states import require
from core.wire.events import TakedownWithdrawn
from core.wire.takedowns import Role, TakedownState


async def find(session: AsyncSession, principal: Principal, name: str) -> Takedown:
    """The case of this id. Raises `NotFound`, also for those who have nothing to do with it."""
    if not ids.named("tkd", name):
        raise NotFound
    found = await session.scalar(select(Takedown).where(Takedown.id == name, concerns(principal)))
    if found is None:
        raise NotFound
    return found


async def notify(session: AsyncSession, names: Collection[str]) -> None:
    """The platform was shown these cases: those that were `requested` are `notified` from now on."""
    head: Head = session.info["head"]
    waiting = Takedown.state == TakedownState.REQUESTED.value
    # At most a page of them.
    found = await session.scalars(select(Takedown).where(Takedown.id.in_(names), waiting))
    await moves.write(session, HUB, [moves.make(case, TakedownState.NOTIFIED, head.at) for case in found])


async def withdraw(session: AsyncSession, principal: Principal, case: Takedown, reason: str) -> None:
    """Take back the caller's request. With the last one the case is closed; done before, it changes nothing.

    Raises `Forbidden` for those who did not ask, `Conflict` while an appeal is decided or where the reason names a
    person.
    """
    check_text(reason)
    head: Head = session.info["head"]
    standing = select(TakedownRequest).where(TakedownRequest.takedown == case.number)
    own = await session.scalar(standing.where(TakedownRequest.partner == principal.partner))
    if own is None:
        raise Forbidden("Only who asked may withdraw.")
    if own.withdrawn is not None:
        return
    require(TakedownState(case.state), TakedownState.CLOSED, Role.REQUESTER)
    own.withdrawn = head.at
    await session.flush()
    event = TakedownWithdrawn(case.id, principal.slug)
    position = await record(session, event, to=(case.platform, principal.partner))
    left = select(func.count()).where(TakedownRequest.takedown == case.number, TakedownRequest.withdrawn.is_(None))
    if not (await session.execute(left)).scalar_one():
        await moves.write(session, principal, [moves.make(case, TakedownState.CLOSED, head.at, reason)])
        return
    # The others go on: a step that leads nowhere keeps the reason.
    stays = moves.make(case, TakedownState(case.state), head.at, reason)
    await insert_rows(session, table_of(TakedownStep), [moves.step(principal, stays, head.at, position)])


def check_text(text: str) -> None:
    """Raises `Conflict` for a reason that seems to name a person."""
    if found := personal.fault(text, "/reason"):
        raise Conflict("Leave out who is affected.", errors=[found])
