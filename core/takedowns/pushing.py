"""The worker of pushes: leases what is due, sends it off the head's lock, marks what came of it.

A process that dies in between leaves the lease to run out, and the same contact is told once more: who receives it
knows it by the id of the push.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.log import head
from core.log.events import record
from core.plugin.host import PluginHost
from core.settings import Settings
from core.takedowns import contacts, notices
from core.takedowns.models import Contact, Push, Takedown
from core.wire.clock import PushState
from core.wire.events import PushFailed

log = logging.getLogger("kmm")

_AT_ONCE = 100
_LEASE = 60 * times.SECOND
"""Longer than any channel has for one notice."""
_ROUNDS = 2
"""How often each contact is tried."""
_BREATH = 30 * times.SECOND
"""Between two rounds that failed."""


class _Task(NamedTuple):
    push: Push
    contact: Contact | None
    """Null when the partner has none, or each was tried often enough."""
    contacts: int


class Pusher:
    """The worker of one process."""

    def __init__(self, db: Database, host: PluginHost, settings: Settings) -> None:
        self._db = db
        self._host = host
        self._seal = contacts.sealer(settings)
        self._base_url = settings.base_url
        self._under_way: set[asyncio.Task[None]] = set()

    async def work(self, now: int | None = None) -> int:
        """Begin to try the next contact of every push that is due; returns how many are.

        Each goes its own way from here, so that a slow channel keeps no other push waiting. `now`: for tests, the time
        to act by.
        """
        at = now or times.now()
        if not await self._any_due(at):
            return 0
        async with head.writing(self._db, "hub", "Lease pushes") as session:
            tasks = await _lease(session, at)
        for task in tasks:
            running = asyncio.create_task(self._deliver(task, now))
            self._under_way.add(running)
            running.add_done_callback(self._under_way.discard)
        return len(tasks)

    async def idle(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def stop(self) -> None:
        """Give up what is under way; it is tried again when its lease has run out."""
        for running in self._under_way:
            running.cancel()
        await self.idle()

    async def _any_due(self, now: int) -> bool:
        async with self._db.survey() as session:
            return (await session.execute(select(Push.number).where(Push.wakes <= now).limit(1))).first() is not None

    async def _deliver(self, task: _Task, now: int | None) -> None:
        error = await self._send(task)
        try:
            async with head.writing(self._db, "hub", "Mark push") as session:
                await _mark(session, task, error, now or times.now())
        except Exception:
            log.exception("push %s could not be marked; its lease runs out", task.push.id)

    async def _send(self, task: _Task) -> str | None:
        """What went wrong; None when the channel took it."""
        if task.contact is None:
            return task.push.error or ("nobody acknowledged" if task.contacts else "the partner has no contact")
        try:
            address = self._seal.open(task.contact.address, task.contact.id).decode()
            await self._host.send(
                task.contact.channel, task.push.partner, address, notices.of(task.push, self._base_url)
            )
        except Exception as exc:
            # No traceback and no words of the channel: they may hold the address.
            log.warning("push %s: channel %s failed: %s", task.push.id, task.contact.channel, type(exc).__name__)
            return f"{task.contact.channel}: {type(exc).__name__}"
        return None


async def _lease(session: AsyncSession, now: int) -> list[_Task]:
    await _let_go_of_what_is_answered(session, now)
    # Those that somebody is waited for go first: a thousand deadlines that pass at once must not hold up an emergency.
    urgency = (Push.patience.is_(None), Push.wakes)
    rows = list(await session.scalars(select(Push).where(Push.wakes <= now).order_by(*urgency).limit(_AT_ONCE)))
    for row in rows:
        row.wakes = now + _LEASE
    return [_next(row, await contacts.rows(session, row.partner)) for row in rows]


async def _let_go_of_what_is_answered(session: AsyncSession, now: int) -> None:
    """A case that its platform answered, or acknowledged since, needs no more telling."""
    seen = and_(Takedown.acknowledged.is_not(None), Takedown.acknowledged >= Push.created)
    over = or_(Takedown.decided.is_not(None), Takedown.closed > 0, seen)
    answered = select(Takedown.id).where(Takedown.id == Push.subject, over).exists()
    done = {"state": PushState.ACKNOWLEDGED.value, "acknowledged": now, "wakes": None}
    await session.execute(update(Push).where(Push.wakes <= now, answered).values(done))


def _next(push: Push, known: Sequence[Contact]) -> _Task:
    if push.tries >= _ROUNDS * len(known):
        return _Task(push, None, len(known))
    return _Task(push, known[(push.round - 1 + push.tries) % len(known)], len(known))


async def _mark(session: AsyncSession, task: _Task, error: str | None, now: int) -> None:
    row = (await session.scalars(select(Push).where(Push.number == task.push.number))).one()
    if row.wakes is None:
        # Acknowledged or dropped while it was under way.
        return
    row.error = error
    if task.contact is None:
        row.state, row.wakes = PushState.FAILED.value, None
        await record(session, PushFailed(push=row.id))
        return
    row.level, row.tries = task.contact.level, row.tries + 1
    if error is None:
        row.state, row.sent = PushState.SENT.value, now
        row.wakes = None if row.patience is None else now + row.patience * times.SECOND
    else:
        begins_anew = row.tries % task.contacts == 0 and row.tries < _ROUNDS * task.contacts
        row.wakes = now + (_BREATH if begins_anew else 0)
