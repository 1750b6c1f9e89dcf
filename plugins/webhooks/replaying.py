"""Replays and pings of one endpoint: sent beside the live order, on a connection of their own."""

import asyncio
from contextlib import suppress

from core.events import feed
from core.sdk import SECOND, EventOut, Gone, Scope, WebhookPing, from_micros, now
from plugins.webhooks.courier import Courier
from plugins.webhooks.live import dice
from plugins.webhooks.models import Endpoint, Replay
from plugins.webhooks.schedule import Again, after_failure
from plugins.webhooks.transport import Line

_PAGE = 50
_TRIES = 4
"""Failures in a row after which a replay is given up: whoever asked for it looks whether it came."""
_PING = "ping"
PING = str(WebhookPing.__struct_config__.tag)


class Replaying:
    """What waits to be sent to an endpoint besides its live order, which it neither moves nor stops."""

    def __init__(self, row: Endpoint, courier: Courier) -> None:
        self.row = row
        self._courier = courier
        self._waiting: dict[str, Replay] = {}
        self._known: set[str] = set()
        self._more = asyncio.Event()

    def add(self, replay: Replay) -> None:
        """One that is known is passed over: that it has ended may not be written down yet."""
        if replay.id not in self._known:
            self._known.add(replay.id)
            self._waiting[replay.id] = replay
            self._more.set()

    async def run(self) -> None:
        async with self._courier.transport.line() as line:
            while True:
                await self._more.wait()
                self._more.clear()
                while self._waiting:
                    replay = self._next()
                    if replay.due > now():
                        await self._wait_for(replay)
                    else:
                        await self.step(line, replay)

    async def step(self, line: Line, replay: Replay) -> None:
        """Send as much of it as is accepted."""
        events, ended = await self._read(replay)
        for event in events:
            answer = await self._courier.send(line, self.row, event, _cause(replay), replay.failures + 1)
            if answer.accepted:
                replay.cursor, replay.failures = event.position, 0
                continue
            replay.failures += 1
            then = after_failure(replay.failures, answer, dice)
            if replay.kind == _PING or replay.failures >= _TRIES or not isinstance(then, Again):
                self._end(replay, "failed")
            else:
                replay.due = now() + int(then.seconds * SECOND)
                self._courier.ledger.replayed(replay)
            return
        if ended:
            self._end(replay, "done")
        self._courier.ledger.replayed(replay)

    def _next(self) -> Replay:
        """A ping before all else, then whatever is due first: one that fails holds no other up."""
        return min(self._waiting.values(), key=lambda one: (one.kind != _PING, one.due, one.created))

    async def _wait_for(self, replay: Replay) -> None:
        """Until it is due, or another comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout((replay.due - now()) / SECOND):
                await self._more.wait()
        self._more.clear()

    async def _read(self, replay: Replay) -> tuple[list[EventOut], bool]:
        """Events to send now, as the partner may see them now, and whether they are the last."""
        if replay.kind == _PING:
            at = from_micros(replay.created)
            return [EventOut(replay.id, PING, at, 0, {"endpoint": self.row.id})], True
        viewer = await self._courier.ctx.viewer(self.row.partner)
        if viewer is None or Scope.WEBHOOKS_WRITE not in viewer.scopes:
            return [], True
        types = self.row.types.split() if replay.kind == "range" else []
        try:
            async with self._courier.ctx.session(viewer) as session:
                after = await feed.begin(session, replay.cursor)
                page = await feed.recorded(session, viewer, after, _PAGE, types)
        except Gone:
            return [], True
        return [one for one in page.events if one.position <= replay.until], not page.more or page.next >= replay.until

    def _end(self, replay: Replay, state: str) -> None:
        replay.state = state
        del self._waiting[replay.id]
        self._courier.ledger.replayed(replay)


def _cause(replay: Replay) -> str:
    return _PING if replay.kind == _PING else "replay"
