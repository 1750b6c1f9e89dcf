"""Readers that wait for news: woken when their own view moved or an event is for them, and by nothing else.

2026-11-22: who waits holds no connection and no snapshot. One task looks for all of them, after a commit of this
process and ten times a second for those of others: which audiences took positions, and who of those waiting sees them.
It asks four questions however many wait, and none while nobody does. LISTEN/NOTIFY would tell of other processes a
little sooner, on one of the two engines, at the price of a connection beside the pool that has to be kept alive.
Held by tests/signals/test_wake.py.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Partner, Sight
from core.db import Database, among
from core.errors import TooManyRequests
from core.log import head
from core.log.models import Addressee
from core.signals.models import Claim, Signal

log = logging.getLogger("kmm")

_LATER = {"Retry-After": "20"}

_OTHERS = 0.1
"""Seconds between two looks for the commits of other processes."""
_PAUSE = 0.02
"""Seconds between two looks at most often: commits that follow closely are told of together."""
_AT_ONCE = 8
"""Readers that were woken and read at the same time: the writer and everyone else want connections, too."""


_EACH = 100
"""Waits of one partner at a time, and as many of its streams: readers that wake together read in turns, and its own
would be all of them."""


class Ear(msgspec.Struct, eq=False):
    """A reader that waits: woken by what concerns it beyond `since`; not looked for again until `woken` is cleared."""

    partner: int
    kinds: frozenset[str] | None
    """Of signals. Empty: of all, and of its sight itself; None: it does not hear of signals."""
    events: bool
    """Whether it hears of events."""
    since: int
    woken: asyncio.Event


class Wake:
    """Who waits in this process, and the task that looks for them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ears: set[Ear] = set()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False
        self.turns = asyncio.Semaphore(_AT_ONCE)
        """To be held by a reader that was woken while it reads."""

    @property
    def waiting(self) -> int:
        return len(self._ears)

    def tell(self) -> None:
        """Something was committed: look now. From any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._news.set)

    def close(self) -> None:
        """End every wait, and let none begin."""
        self.closed = True
        for ear in self._ears:
            ear.woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.closed = False
        self._loop = asyncio.get_running_loop()
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._loop = None
            self.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def wait(
        self, partner: int, kinds: Collection[str], since: int, seconds: float, leaving: asyncio.Future[None]
    ) -> None:
        """Until what `partner` sees of `kinds` (none: of all) moved after position `since`, or its sight itself did.

        Ends too when the time is over, when `leaving` is done and when the hub goes down. Raises `TooManyRequests`
        when the partner has too many readers waiting.
        """
        with self.listening(partner, since, kinds=frozenset(kinds)) as ear:

            def left(_: asyncio.Future[None]) -> None:
                ear.woken.set()

            leaving.add_done_callback(left)
            try:
                await self.hear(ear, seconds)
            finally:
                leaving.remove_done_callback(left)

    @contextmanager
    def listening(
        self, partner: int, since: int, *, kinds: frozenset[str] | None, events: bool = False
    ) -> Iterator[Ear]:
        """An ear for what comes after a position, for as long as the block lasts. Raises as `require_room` does."""
        self.require_room(partner, events=events)
        ear = Ear(partner, kinds, events, since, asyncio.Event())
        self._ears.add(ear)
        # What was committed since the caller's snapshot has been told of already.
        self.tell()
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    def require_room(self, partner: int, *, events: bool = False) -> None:
        """Raises `TooManyRequests` when the partner has too many readers waiting, of signals or of events."""
        if sum(one.partner == partner and one.events == events for one in self._ears) >= _EACH:
            raise TooManyRequests(f"{_EACH} readers of yours wait already; ask without waiting.", headers=_LATER)

    async def hear(self, ear: Ear, seconds: float) -> None:
        """Until the ear is woken, for that many seconds at most. Returns at once when the hub goes down."""
        if not self.closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ear.woken.wait()

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_OTHERS if self._ears else None):
                    await self._news.wait()
            self._news.clear()
            if self._ears:
                try:
                    await self._look()
                except Exception:
                    log.exception("cannot look for news; trying again")
                await asyncio.sleep(_PAUSE)

    async def _look(self) -> None:
        ears = list(self._ears)
        async with self._db.survey() as session:
            top = await head.position(session)
            behind = [ear for ear in ears if ear.since < top and not ear.woken.is_set()]
            if not behind:
                return
            after = min(ear.since for ear in behind)
            moved = await _moved(session, after, top, {ear.partner for ear in behind if ear.kinds is not None})
            told = await _told(session, after, top, {ear.partner for ear in behind if ear.events})
        for ear in behind:
            if (ear.events and told.get(ear.partner, 0) > ear.since) or _hears(ear, moved[ear.partner]):
                ear.woken.set()
            else:
                ear.since = top


_Moves = list[tuple[str | None, int]]


def _hears(ear: Ear, moves: _Moves) -> bool:
    kinds = ear.kinds
    return kinds is not None and any(at > ear.since and (not kinds or kind in kinds) for kind, at in moves)


async def _told(session: AsyncSession, after: int, top: int, partners: Collection[int]) -> Mapping[int, int]:
    """Partners for whom there is an event after a position, and where the last of them is."""
    if not partners:
        return {}
    last = select(Addressee.partner, func.max(Addressee.position)).where(
        among(Addressee.partner, sorted(partners), session), Addressee.position > after, Addressee.position <= top
    )
    return dict((await session.execute(last.group_by(Addressee.partner))).all())


async def _moved(session: AsyncSession, after: int, top: int, partners: Collection[int]) -> defaultdict[int, _Moves]:
    """Partners whose view moved after a position: of which kinds and where. A change of sight concerns all kinds."""
    found: defaultdict[int, _Moves] = defaultdict(list)
    if not partners:
        return found
    touched: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    places = select(Claim.audience, Signal.kind, func.max(Claim.position).label("at"))
    places = places.join(Signal, Signal.id == Claim.signal).where(Claim.position > after, Claim.position <= top)
    for row in await session.execute(places.group_by(Claim.audience, Signal.kind)):
        touched[row.audience].append((row.kind, row.at))
    waiting: Sequence[int] = sorted(partners)
    sees = select(Sight.partner, Sight.audience).where(
        among(Sight.partner, waiting, session), among(Sight.audience, sorted(touched), session)
    )
    for partner, audience in await session.execute(sees):
        found[partner] += touched[audience]
    views = select(Partner.id, Partner.view).where(among(Partner.id, waiting, session), Partner.view > after)
    for partner, moved in await session.execute(views):
        found[partner].append((None, moved))
    return found
