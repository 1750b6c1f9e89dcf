"""The live order of one endpoint: the next event only after the last was accepted."""

import asyncio
import random
from typing import Any

from sqlalchemy import update

from core.events import feed
from core.log import head
from core.log.events import record
from core.sdk import SECOND, EventOut, Gone, Scope, WebhookDisabled, WebhookLapsed, now
from plugins.webhooks.courier import Courier
from plugins.webhooks.endpoints import tell_desk
from plugins.webhooks.models import Endpoint
from plugins.webhooks.schedule import GiveUp, after_failure
from plugins.webhooks.transport import Line
from plugins.webhooks.wire import EndpointState

_PAGE = 50
_FRESH = 5 * SECOND
"""How old a page may be when an event of it is sent: what a partner may see changes."""
_AWAY = 5 * SECOND
"""Between two looks whether a suspended partner is back."""
_BURST = 1 * SECOND
"""Between two tellings that signals changed."""
READERS = 8
"""Endpoints of a process that read at the same time."""
ACTOR = "webhooks"

dice = random.SystemRandom()


class Live:
    """An enabled endpoint. `row` is its row as it was loaded, moved on in memory; the ledger stores it."""

    def __init__(self, row: Endpoint, courier: Courier, turns: asyncio.Semaphore | None = None) -> None:
        self.row = row
        self.news = asyncio.Event()
        self._courier = courier
        self._turns = turns or asyncio.Semaphore(READERS)
        self._asked = 0
        """When it was last looked for signals that changed, µs."""

    @property
    def enabled(self) -> bool:
        return self.row.state == EndpointState.ENABLED.value

    def hear(self, position: int, addressed: int) -> None:
        """The log stands at `position`, and `addressed` is the newest event of the partner."""
        types = self.row.types.split()
        signals = (not types or feed.CHANGED in types) and position > self.row.told and self._may_ask()
        if addressed > self.row.cursor or signals:
            self.news.set()

    async def run(self) -> None:
        """Until the endpoint is disabled."""
        async with self._courier.transport.line() as line:
            while self.enabled:
                await self.news.wait()
                if (wait := (self.row.due - now()) / SECOND) > 0:
                    await asyncio.sleep(wait)
                self.news.clear()
                if await self.step(line):
                    self.news.set()

    async def step(self, line: Line) -> bool:
        """Read a page and deliver it, as far as it is accepted. True when there may be more to do at once."""
        read_at = now()
        found = await self._read()
        if found is None:
            return False
        events, following, more = found
        for event in events:
            if now() - read_at > _FRESH:
                return True
            if not await self._deliver(line, event):
                # Not to wait for news, but for the time at which it is due.
                return self.enabled
        # What came up to here was not for this endpoint.
        self.row.cursor = max(self.row.cursor, following)
        self._courier.ledger.moved(self.row)
        return more

    def _may_ask(self) -> bool:
        return now() - self._asked >= _BURST

    async def _read(self) -> tuple[list[EventOut], int, bool] | None:
        """Events as the partner may see them now, where the page ends, whether there is more; None: nothing for now."""
        row, ctx = self.row, self._courier.ctx
        types = row.types.split()
        async with self._turns:
            viewer = await ctx.viewer(row.partner)
            if viewer is None or Scope.WEBHOOKS_WRITE not in viewer.scopes:
                row.due = now() + _AWAY
                return None
            try:
                async with ctx.session(viewer) as session:
                    page = await feed.recorded(session, viewer, await feed.begin(session, row.cursor), _PAGE, types)
                    changed = None
                    if not page.more and self._may_ask():
                        self._asked = now()
                        changed = await feed.signals_changed(session, viewer, row.told, page.next, types)
                        row.told = row.told if changed else page.next
            except Gone:
                await self._lapse()
                return None
        return [*page.events, *([changed] if changed else [])], page.next, page.more

    async def _deliver(self, line: Line, event: EventOut) -> bool:
        row = self.row
        answer = await self._courier.send(line, row, event, "live", row.failures + 1)
        if answer.accepted:
            row.failures, row.due = 0, 0
            if event.type == feed.CHANGED:
                row.told = event.position
            else:
                row.cursor = event.position
            self._courier.ledger.moved(row)
            return True
        row.failures += 1
        then = after_failure(row.failures, answer, dice)
        if isinstance(then, GiveUp):
            await self._give_up(then.reason)
        else:
            row.due = now() + int(then.seconds * SECOND)
            self._courier.ledger.moved(row)
        return False

    async def _give_up(self, reason: str) -> None:
        """Disable it where it stands, and tell its partner and the operator."""
        await self._decide(
            "DisableEndpoint",
            WebhookDisabled(self.row.id, reason),
            {"state": EndpointState.DISABLED.value, "reason": reason, "version": Endpoint.version + 1},
        )
        self.row.state = EndpointState.DISABLED.value

    async def _lapse(self) -> None:
        """Go on after what is no longer kept, and say so."""
        async with self._courier.ctx.store() as session:
            horizon = await feed.begin(session, 0)
        self.row.cursor = max(self.row.cursor, horizon)
        self.row.told = max(self.row.told, horizon)
        await self._decide("LapseEndpoint", WebhookLapsed(self.row.id, horizon), {})

    async def _decide(self, what: str, event: WebhookDisabled | WebhookLapsed, changes: dict[str, Any]) -> None:
        row = self.row
        stands = {"cursor": row.cursor, "told": row.told, "failures": row.failures, "due": row.due}
        mine = update(Endpoint).where(Endpoint.id == row.id, Endpoint.epoch == row.epoch)
        async with self._courier.ctx.store() as session:
            await head.lock(session)
            done: Any = await session.execute(mine.values({**stands, **changes, "epoch": row.epoch + 1}))
            # Its partner may have changed it at the same moment: then that stands.
            if done.rowcount:
                await record(session, event, to=[row.partner])
                await tell_desk(session)
            await head.settle(session, ACTOR, what)
        row.epoch += 1
