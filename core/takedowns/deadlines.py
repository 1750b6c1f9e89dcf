"""The clocks of cases, as their requests, policies, pauses and calendars make them at the moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Partner
from core.db import among
from core.log.head import Head
from core.takedowns import calendars, clock
from core.takedowns.clock import Calendar, Clock, Pause, Request, Terms
from core.takedowns.models import Takedown, TakedownPause, TakedownPolicy, TakedownRequest
from core.wire.clock import Counted
from core.wire.scopes import PartnerKind


def terms(policy: TakedownPolicy, known: dict[str, Calendar]) -> Terms:
    """What a row of policy gives. `known`: every calendar."""
    return Terms(
        seconds=policy.seconds,
        acknowledge_seconds=policy.acknowledge_seconds,
        warn_seconds=tuple(policy.warn_seconds),
        escalate_seconds=policy.escalate_seconds,
        calendar=known[policy.calendar] if policy.counted == Counted.WORKING else None,
    )


async def read(session: AsyncSession, numbers: Collection[int]) -> dict[int, Clock]:
    """The clock of each of these cases; what was taken back no longer counts."""
    known = await calendars.load(session)
    paused = await _pauses(session, numbers)
    requests: dict[int, list[Request]] = defaultdict(list)
    rows: Iterable[Any] = await session.execute(
        select(TakedownRequest.takedown, TakedownRequest.partner, TakedownRequest.at, TakedownPolicy)
        .join(TakedownPolicy, TakedownPolicy.id == TakedownRequest.policy, isouter=True)
        .where(among(TakedownRequest.takedown, sorted(numbers), session), TakedownRequest.withdrawn.is_(None))
    )
    for takedown, partner, at, policy in rows:
        own = (*paused[takedown, partner], *paused[takedown, None])
        requests[takedown].append(Request(at, None if policy is None else terms(policy, known), own))
    return {number: clock.read(requests[number]) for number in numbers}


async def _pauses(session: AsyncSession, numbers: Collection[int]) -> dict[tuple[int, int | None], list[Pause]]:
    """By case and partner; under None those of the operator, which hold for every request."""
    rows = await session.execute(
        select(TakedownPause, Partner.kind)
        .join(Partner, Partner.id == TakedownPause.partner)
        .where(among(TakedownPause.takedown, sorted(numbers), session))
    )
    found: dict[tuple[int, int | None], list[Pause]] = defaultdict(list)
    for row, kind in rows:
        whose = None if kind == PartnerKind.OPERATOR else row.partner
        found[row.takedown, whose].append(Pause(row.since, row.until))
    return found


async def settle(session: AsyncSession, cases: Sequence[Takedown]) -> None:
    """Write into `cases` what their clocks say now, and have them looked at at once. An answer stops the clock.

    For whoever changed what the clock is made of: a request, a pause.
    """
    running = [case for case in cases if case.decided is None and not case.closed]
    clocks = await read(session, [case.number for case in running])
    for case in running:
        write(case, clocks[case.number])
        case.wakes = now(session)


def now(session: AsyncSession) -> int:
    """The time of this transaction: whatever it writes happened then."""
    head: Head = session.info["head"]
    return head.at


def write(case: Takedown, found: Clock) -> None:
    """Keep what `found` says with the case."""
    case.due, case.acknowledge_due, case.paused = found.due, found.acknowledge_due, found.paused
