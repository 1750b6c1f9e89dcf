"""Pushes: what has to reach a partner now, tried contact by contact until somebody there has it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import column, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth import partners
from core.auth.access import Principal
from core.db import among, insert_rows, page_of, table_of
from core.errors import Forbidden, NotFound
from core.log.events import record
from core.takedowns import deadlines
from core.takedowns.models import Push
from core.wire.clock import PushOut, PushPage, PushState
from core.wire.events import EmergencyAcknowledged

# By name: emergencies belong to a room that stands on this one.
_emergency = table("emergency", column("id"), column("partner"), column("agency"), column("protection"))


class Call(NamedTuple):
    """Whom to tell of what."""

    subject: str
    """Id of the emergency or case."""
    partner: int
    about: str
    """Type of the event."""
    round: int
    """From 1; the contact of that level is tried first."""
    patience: int | None = None
    """How many seconds a contact has to acknowledge before the next one is tried (`core.takedowns.policies.patience`).
    None: it is enough that a channel took it."""


async def push(
    session: AsyncSession, subject: str, partner: int, about: str, round: int, *, patience: int | None = None
) -> None:
    """Have `partner` told of `subject` once this transaction commits; once more in the same round changes nothing."""
    await push_all(session, [Call(subject, partner, about, round, patience)])


async def push_all(session: AsyncSession, calls: Sequence[Call]) -> None:
    """`push` for hundreds."""
    if not calls:
        return
    subjects = sorted({call.subject for call in calls})
    queued = select(Push.subject, Push.partner, Push.round).where(among(Push.subject, subjects, session))
    known = {tuple(row) for row in await session.execute(queued)}
    now = deadlines.now(session)
    state = {"state": PushState.WAITING.value, "level": 0, "tries": 0, "wakes": now, "created": now}
    rows = [
        {"id": ids.new("psh")} | call._asdict() | state
        for call in calls
        if (call.subject, call.partner, call.round) not in known
    ]
    await insert_rows(session, table_of(Push), rows)


async def acknowledge(session: AsyncSession, principal: Principal, id: str) -> PushOut:
    """Say that the caller's partner has it: no further contact is tried. Once more changes nothing.

    Raises `Forbidden` for an operator whose partner was not told: nobody has it in another's name.
    """
    row = await find(session, principal, id)
    if row.partner != principal.partner:
        raise Forbidden("Whoever was told acknowledges.")
    if row.acknowledged is None:
        row.state, row.acknowledged, row.wakes = PushState.ACKNOWLEDGED.value, deadlines.now(session), None
        await _tell(session, row.subject)
    return await read(session, row)


async def acknowledge_subject(session: AsyncSession, subject: str, partner: int) -> None:
    """A partner has what it was pushed about `subject`. Once more changes nothing."""
    mine = (Push.subject == subject, Push.partner == partner, Push.acknowledged.is_(None))
    known = (await session.execute(select(Push.number).where(*mine).limit(1))).first()
    done = {"state": PushState.ACKNOWLEDGED.value, "acknowledged": times.now(), "wakes": None}
    await session.execute(update(Push).where(*mine).values(done))
    if known is not None:
        await _tell(session, subject)


async def _tell(session: AsyncSession, subject: str) -> None:
    """Whoever declared an emergency waits to hear that somebody has it, whichever way that was said."""
    parties = select(_emergency.c.partner, _emergency.c.agency, _emergency.c.protection)
    row = (await session.execute(parties.where(_emergency.c.id == subject))).first()
    if row is not None:
        await record(session, EmergencyAcknowledged(emergency=subject), to=tuple(row))


async def drop(session: AsyncSession, subject: str) -> None:
    """Tell nobody more of `subject`: it is over."""
    waiting = update(Push).where(Push.subject == subject, Push.acknowledged.is_(None))
    await session.execute(waiting.values(state=PushState.DROPPED.value, wakes=None))


async def find(session: AsyncSession, principal: Principal, id: str) -> Push:
    """A push to the caller's partner; the operator's are all. Raises `NotFound`."""
    row = (await session.scalars(select(Push).where(Push.id == id))).first() if ids.named("psh", id) else None
    if row is None or not (principal.is_operator or row.partner == principal.partner):
        raise NotFound
    return row


async def page(session: AsyncSession, principal: Principal, after: int, limit: int) -> PushPage:
    """Those behind `after`, in the order in which they came up."""
    wanted = select(Push)
    if not principal.is_operator:
        wanted = wanted.where(Push.partner == principal.partner)
    rows, following = await page_of(session, wanted, Push.number, after, limit)
    slugs = await partners.slugs(session, [row.partner for row in rows])
    return PushPage(pushes=tuple(_out(row, slugs[row.partner]) for row in rows), next=following)


async def read(session: AsyncSession, row: Push) -> PushOut:
    """A push as it is shown."""
    return _out(row, (await partners.slugs(session, [row.partner]))[row.partner])


def _out(row: Push, partner: str) -> PushOut:
    return PushOut(
        id=row.id,
        partner=partner,
        subject=row.subject,
        about=row.about,
        state=PushState(row.state),
        level=row.level,
        tries=row.tries,
        created=times.from_micros(row.created),
        sent=None if row.sent is None else times.from_micros(row.sent),
        acknowledged=None if row.acknowledged is None else times.from_micros(row.acknowledged),
        error=row.error,
    )
