"""How long is given for what: rows with a legal basis and days of validity, which are ended but never edited."""

import re
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.db import table_of, upsert
from core.errors import Conflict, NotFound
from core.log import audit
from core.takedowns import calendars, clock, deadlines
from core.takedowns.models import RepeatPolicy, TakedownPolicy
from core.wire.clock import (
    Basis,
    Counted,
    PolicyIn,
    PolicyList,
    PolicyOut,
    Priority,
    RepeatPolicyIn,
    RepeatPolicyOut,
)
from core.wire.common import FieldError

_RANKS = list(Priority)
_ID = re.compile(r"pol_([1-9][0-9]{0,8})\Z", re.ASCII)


class Deadline(msgspec.Struct, frozen=True):
    """What the strictest policy in force gives."""

    policy: int
    due: int
    acknowledge_due: int | None


async def deadline(session: AsyncSession, basis: str, priority: Priority, received: int) -> Deadline | None:
    """The strictest deadline of the rows that were in force at `received`, pauses left aside; None without a row.

    `basis`: a word of `core.wire.clock.Basis`.
    A priority without a row of its own takes those of the next lower one that has any.
    """
    rows = await _in_force(session, basis, priority, received)
    known = await calendars.load(session) if any(row.counted == Counted.WORKING for row in rows) else {}
    found = []
    for row in rows:
        terms = deadlines.terms(row, known)
        due = clock.deadline(received, terms.seconds, terms.calendar)
        soonest = terms.acknowledge_seconds and clock.deadline(received, terms.acknowledge_seconds, terms.calendar)
        assert due is not None
        found.append(Deadline(row.id, due, soonest))
    return min(found, key=lambda one: (one.due, one.policy), default=None)


async def patience(session: AsyncSession, basis: str, priority: Priority, at: int) -> int | None:
    """The shortest time that a contact is given to acknowledge, seconds; None: it is not waited for."""
    rows = await _in_force(session, basis, priority, at)
    return min((row.escalate_seconds for row in rows if row.escalate_seconds), default=None)


async def _in_force(session: AsyncSession, basis: str, priority: Priority, at: int) -> list[TakedownPolicy]:
    ranks = _RANKS[: _RANKS.index(priority) + 1]
    wanted = select(TakedownPolicy).where(
        TakedownPolicy.basis == basis,
        TakedownPolicy.priority.in_([rank.value for rank in ranks]),
        _holds(times.hub_day(at)),
    )
    rows = list(await session.scalars(wanted))
    highest = max((_RANKS.index(Priority(row.priority)) for row in rows), default=0)
    return [row for row in rows if row.priority == _RANKS[highest]]


def _holds(day: str) -> ColumnElement[bool]:
    """Days in Viet Nam compare as text."""
    open_ended = or_(TakedownPolicy.valid_until.is_(None), TakedownPolicy.valid_until > day)
    return and_(TakedownPolicy.valid_from <= day, open_ended)


async def listing(session: AsyncSession, on: date | None = None) -> PolicyList:
    """Every policy that ever held or will hold, or those in force on a day in Viet Nam."""
    wanted = select(TakedownPolicy).order_by(TakedownPolicy.id)
    if on is not None:
        wanted = wanted.where(_holds(on.isoformat()))
    rows = await session.scalars(wanted)
    return PolicyList(policies=tuple(map(_out, rows)), repeats=await repeats(session))


async def repeats(session: AsyncSession) -> tuple[RepeatPolicyOut, ...]:
    """From how many violations of an account on it is locked, the shortest span first."""
    names = RepeatPolicyOut.__struct_fields__
    rows = await session.scalars(select(RepeatPolicy).order_by(RepeatPolicy.days))
    return tuple(RepeatPolicyOut(**{name: getattr(row, name) for name in names}) for row in rows)


async def add(session: AsyncSession, principal: Principal, data: PolicyIn) -> PolicyOut:
    """A further policy, for requests received from its first day on. Raises `Conflict` naming the field."""
    _check(data)
    row = TakedownPolicy(**_columns(data), added=deadlines.now(session), added_by=principal.slug)
    session.add(row)
    await session.flush()
    await audit.note(session, principal, "AddTakedownPolicy", {"policy": _public(row.id)})
    return _out(row)


def _check(data: PolicyIn) -> None:
    if data.valid_until is not None and data.valid_until <= data.valid_from:
        raise _fault("valid_until", "before_valid_from", "A policy holds for a day at least.")
    if data.calendar not in calendars.NAMES:
        raise _fault("calendar", "unknown_calendar", f"Known: {', '.join(calendars.NAMES)}.")
    if data.acknowledge_seconds is not None and data.acknowledge_seconds > data.seconds:
        raise _fault("acknowledge_seconds", "after_the_deadline", "An answer acknowledges, too.")
    if any(warn >= data.seconds for warn in data.warn_seconds):
        raise _fault("warn_seconds", "before_the_request", "A warning comes after the request.")


def _fault(field: str, code: str, detail: str) -> Conflict:
    return Conflict("The policy cannot be as it is sent.", errors=[FieldError(f"/{field}", code, detail)])


def _columns(data: PolicyIn) -> dict[str, Any]:
    return msgspec.structs.asdict(data) | {
        "basis": data.basis.value,
        "priority": data.priority.value,
        "counted": data.counted.value,
        "warn_seconds": sorted(data.warn_seconds, reverse=True),
        "valid_from": data.valid_from.isoformat(),
        "valid_until": data.valid_until and data.valid_until.isoformat(),
    }


async def end(session: AsyncSession, principal: Principal, policy_id: str, until: date, now: int) -> PolicyOut:
    """Let a policy hold for no request received from `until` on. What it gave before stands.

    Raises `Conflict` for a day that is past, and for a policy that has ended: what held is never said anew.
    """
    found = _ID.fullmatch(policy_id)
    row = await session.get(TakedownPolicy, int(found[1])) if found else None
    if row is None:
        raise NotFound
    today = times.hub_day(now)
    if row.valid_until is not None and row.valid_until <= today:
        raise Conflict(f"It has ended on {row.valid_until} already.")
    if until.isoformat() < max(today, row.valid_from):
        raise Conflict(f"It can end on {max(today, row.valid_from)} at the earliest: requests stand under it.")
    ended = update(TakedownPolicy).where(TakedownPolicy.id == row.id).values(valid_until=until.isoformat())
    await session.execute(ended)
    await session.refresh(row)
    await audit.note(session, principal, "EndTakedownPolicy", {"policy": policy_id, "until": until.isoformat()})
    return _out(row)


async def set_repeats(session: AsyncSession, principal: Principal, days: int, data: RepeatPolicyIn) -> RepeatPolicyOut:
    """Say anew what so many violations within `days` lead to. Raises `Conflict` naming the field."""
    if not 1 <= days <= 366:
        raise NotFound("Violations are counted over 1 to 366 days.")
    if data.lock_days_most < data.lock_days_least:
        raise _fault("lock_days_most", "less_than_least", "The longest lock is no shorter than the shortest.")
    values = {"days": days} | msgspec.structs.asdict(data)
    await upsert(session, table_of(RepeatPolicy), [values])
    await audit.note(session, principal, "SetRepeatPolicy", {"days": days, "violations": data.violations})
    return RepeatPolicyOut(**values)


def _public(number: int) -> str:
    return f"pol_{number}"


def _out(row: TakedownPolicy) -> PolicyOut:
    return PolicyOut(
        id=_public(row.id),
        basis=Basis(row.basis),
        priority=Priority(row.priority),
        seconds=row.seconds,
        acknowledge_seconds=row.acknowledge_seconds,
        counted=Counted(row.counted),
        calendar=row.calendar,
        warn_seconds=tuple(row.warn_seconds),
        escalate_seconds=row.escalate_seconds,
        legal_basis=row.legal_basis,
        source=row.source,
        valid_from=date.fromisoformat(row.valid_from),
        valid_until=date.fromisoformat(row.valid_until) if row.valid_until else None,
        added=times.from_micros(row.added),
        added_by=row.added_by,
    )
