"""How much one partner may ask of the others: a platform's queue is everybody's, and an alarm wakes people."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.events.feed import addressed
from core.log.models import Addressee, EventRow, Tick
from core.signals import policy
from core.takedowns.asking import Ask
from core.takedowns.models import Takedown, TakedownRequest
from core.wire.clock import Priority
from core.wire.common import FieldError

_ASKED = ("takedown.requested", "takedown.joined")


class Room:
    """What is left for the requests of one call; an operator has no limit."""

    def __init__(self, requests: int | None, alarms: int | None) -> None:
        self._requests = requests
        self._alarms = alarms

    def spend(self, ask: Ask, pointer: str, before: str | None) -> FieldError | None:
        """Take one request out of it, if there is room. `before`: the priority that the same partner asked for."""
        alarms = ask.said.priority is Priority.EMERGENCY and before != Priority.EMERGENCY
        if alarms and self._alarms is not None:
            if self._alarms <= 0:
                detail = "So many of your requests with priority emergency are unanswered; withdraw what can wait."
                return FieldError(f"{pointer}/priority", "too_many_open", detail)
            self._alarms -= 1
        if self._requests is not None:
            if self._requests <= 0:
                return policy.full_hour(pointer)
            self._requests -= 1
        return None


async def room(session: AsyncSession, principal: Principal, at: int) -> Room:
    """What `principal` has left at the time `at`, µs."""
    if principal.is_operator:
        return Room(None, None)
    rules = await policy.read(session)
    asked, alarms = await _asked(session, principal, at), await _alarms(session, principal)
    return Room(rules.takedowns_per_hour - asked, rules.open_alarms - alarms)


async def _asked(session: AsyncSession, principal: Principal, at: int) -> int:
    """Requests opened, joined and changed in this hour: who asks is told of each by an event of its own."""
    hour = select(func.min(Tick.position)).where(Tick.at >= at - at % times.HOUR).scalar_subquery()
    told = select(func.count()).where(addressed(principal), Addressee.position >= hour, EventRow.type.in_(_ASKED))
    return int((await session.execute(told)).scalar_one())


async def _alarms(session: AsyncSession, principal: Principal) -> int:
    waiting = (
        select(func.count())
        .join_from(TakedownRequest, Takedown, Takedown.number == TakedownRequest.takedown)
        .where(
            TakedownRequest.partner == principal.partner,
            TakedownRequest.priority == Priority.EMERGENCY.value,
            TakedownRequest.withdrawn.is_(None),
            Takedown.closed == 0,
            Takedown.decided.is_(None),
        )
    )
    return int((await session.execute(waiting)).scalar_one())
