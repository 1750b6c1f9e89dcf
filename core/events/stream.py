"""Events as they happen: a stream of server-sent events (WHATWG HTML §9.2).

2026-11-22: a stream stands on what the long poll of signals stands on (`core.signals.wake`): it holds a snapshot while
it reads a page, and nothing while it waits or while its reader is slow. Its ids are places, so that whoever was cut off
goes on exactly where it was. `signals.changed` is told once a second at most, and an event must not wait for it: a
place is two positions while signals are behind events. Held by tests/events/.
"""

import re
import time
from collections.abc import AsyncIterator, Collection
from typing import Any, NamedTuple

import msgspec
from litestar import Request

from core.auth.access import Principal
from core.auth.tokens import Tokens
from core.db import Database
from core.errors import Fault, Invalid
from core.events import feed
from core.signals.follow import admit
from core.signals.wake import Ear, Wake
from core.wire.common import FieldError
from core.wire.delivery import EventOut

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nobody between takes the connection for a dead one."""
CHECK = 5.0
"""Seconds after which the token is looked at again at the latest."""
GATHER = 1.0
"""Seconds in which changes of signals are told of together."""

_AT_ONCE = 100
"""Events that are read at a time."""
_RETRY = b"retry: 2000\n\n"
"""Milliseconds after which a reader that was cut off should come again."""
_PLACE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,15}))?", re.ASCII)

_encode = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """How far a reader has been told: the `id` of what it was sent last."""

    events: int
    signals: int
    """Of `signals.changed`; never beyond `events`."""

    def __str__(self) -> str:
        return str(self.events) if self.signals == self.events else f"{self.events}.{self.signals}"


def place(text: str) -> Place:
    """What a `Last-Event-ID` says. Raises `Invalid`."""
    found = _PLACE.fullmatch(text)
    if found is None:
        fault = FieldError("/Last-Event-ID", "invalid_header", "Send the id of the last event that you received.")
        raise Invalid("A header is not what this call expects.", errors=[fault])
    events = int(found[1])
    return Place(events, min(events, int(found[2] or events)))


class Stream:
    """One reader, from a place on. `request` is the one that it came with, and names its token."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        db: Database,
        wake: Wake,
        tokens: Tokens,
        place: Place,
        types: Collection[str],
    ) -> None:
        self._request = request
        self._db = db
        self._wake = wake
        self._tokens = tokens
        self._place = place
        self._types = types
        self._spoke = time.monotonic()
        self._gathers_until: float | None = None
        """When it is told next of signals that changed; None while it would be told at once."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The stream: until the hub goes down, or the token has lost its right, as the last line then says."""
        yield _RETRY
        partner = self._request.user.partner
        try:
            with self._wake.listening(partner, self._place.signals, kinds=frozenset(), events=True) as ear:
                # What happened before it came is news, too.
                ear.woken.set()
                while not self._wake.closed:
                    principal = await admit(self._request, self._tokens)
                    chunk = await self._news(principal, ear) if ear.woken.is_set() else b""
                    if not chunk and time.monotonic() >= self._spoke + HEARTBEAT:
                        chunk = b": still here\n"
                    if chunk:
                        yield chunk
                        self._spoke = time.monotonic()
                    await self._rest(ear)
        except Fault as fault:
            yield f": {fault.detail}\n".encode()

    async def _news(self, principal: Principal, ear: Ear) -> bytes:
        """What there is to tell, and the ear made ready for what comes after it."""
        ear.woken.clear()
        if ear.kinds is not None:
            # Up to there nothing was for it.
            self._place = Place(*(max(at, ear.since) for at in self._place))
        ear.kinds = frozenset() if feed.hears_signals(principal, self._types) else None
        async with self._wake.turns:
            told, more = await self._read(principal)
        ear.since = max(ear.since, self._place.events)
        if more:
            ear.woken.set()
        return told

    async def _read(self, principal: Principal) -> tuple[bytes, bool]:
        """What is to be told from here on, as it is sent, and whether there is more."""
        start = self._place
        async with self._db.snapshot(principal.partner) as session:
            page = await feed.recorded(session, principal, start.events, _AT_ONCE, self._types)
            asks = not page.more and (self._gathers_until is None or time.monotonic() >= self._gathers_until)
            changed = None
            if asks:
                changed = await feed.signals_changed(session, principal, start.signals, page.next, self._types)
                self._gathers_until = time.monotonic() + GATHER if changed else None
        # Where signals are behind, the ids of events say so.
        behind = changed or (not asks and feed.hears_signals(principal, self._types))
        signals = start.signals if behind else page.next
        sent = [_frame(Place(event.position, min(event.position, signals)), event) for event in page.events]
        self._place = Place(page.next, page.next if changed else signals)
        if changed:
            sent.append(_frame(self._place, changed))
        return b"".join(sent), page.more

    async def _rest(self, ear: Ear) -> None:
        """Until there is news, or it is time to look at the token again."""
        until = self._gathers_until
        if until is None:
            await self._wake.hear(ear, CHECK)
            return
        # It is going to look for itself.
        ear.kinds = None
        await self._wake.hear(ear, max(0.0, until - time.monotonic()))
        if time.monotonic() >= until:
            ear.woken.set()


def _frame(at: Place, event: EventOut) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event.type.encode(), str(at).encode(), _encode(event))
