"""Telling plugins what happens: each in the order of the log, from a place of its own, as a partner of it hears it.

2026-11-22: what a plugin hears is what a partner may hear, who is named to it with each event: the partners that its
connectors speak for, else the operator, who installed it. A look at everything, with nobody's eyes, was given up: ids
of others' cases would have gone to whoever wrote the connector of one partner. Held by tests/events/test_telling.py.
"""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.auth.viewers import viewer
from core.db import Database
from core.events import feed
from core.log import head, retention
from core.plugin import hooks, shared
from core.plugin.host import PluginHost
from core.plugin.models import PluginState
from core.plugin.plugin import Plugin
from core.wire.delivery import EventOut
from core.wire.scopes import PartnerKind

_AT_ONCE = 100
_LEASE = 60 * times.SECOND
"""In which one process tells; another takes over from one that died."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
"""Seconds until what failed is told again; twice as long each time."""


class _Batch(msgspec.Struct, frozen=True):
    """What a plugin is told next: events, each with whom it is for, and the position up to which that is all."""

    told: Sequence[tuple[EventOut, Principal]]
    reached: int


class Teller:
    """Of one process. `work`, called each second, begins to tell every plugin that hears and is not told already."""

    def __init__(self, db: Database, host: PluginHost) -> None:
        self._db = db
        self._host = host
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str, tuple[float, float]] = {}

    async def work(self) -> None:
        for plugin in self._host.keeper.sound():
            name = plugin.name
            due, _ = self._again.get(name, (0.0, 0.0))
            if plugin.implements(hooks.on_event) and name not in self._under_way and due <= time.monotonic():
                self._under_way[name] = asyncio.create_task(self._tell(plugin))

    async def stop(self) -> None:
        """Give up what is under way; it is told again when the lease has run out."""
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _tell(self, plugin: Plugin) -> None:
        try:
            while batch := await self._take(plugin):
                reached = await self._deliver(plugin, batch)
                await self._put(plugin, reached)
                if reached < batch.reached:
                    return
        finally:
            del self._under_way[plugin.name]

    async def _take(self, plugin: Plugin) -> _Batch | None:
        """Lease the plugin's place and read on from it; None when there is nothing, or another process tells."""
        async with self._db.snapshot(partner=0) as session:
            state = (await shared.read(session)).get(plugin.name)
            if state and state.cursor == await head.position(session):
                return None
        async with self._db.edge(partner=0) as session:
            state = await shared.row(session, plugin.name, plugin.origin)
            if state.lease > times.now():
                return None
            if not state.cursor:
                state.cursor = await head.position(session)
                return None
            state.lease = times.now() + _LEASE
            cursor = max(state.cursor, await retention.horizon(session, retention.EVENTS))
        async with self._db.survey() as session:
            return await _read(session, plugin, cursor)

    async def _deliver(self, plugin: Plugin, batch: _Batch) -> int:
        """Tell one after the other; returns the position up to which everything was taken."""
        for event, principal in batch.told:
            try:
                await self._host.tell(plugin, principal, event)
            except Exception:
                _, pause = self._again.get(plugin.name, (0.0, _FIRST_PAUSE / 2))
                pause = min(2 * pause, _LONGEST_PAUSE)
                self._again[plugin.name] = time.monotonic() + pause, pause
                return event.position - 1
            self._again.pop(plugin.name, None)
        return batch.reached

    async def _put(self, plugin: Plugin, reached: int) -> None:
        async with self._db.edge(partner=0) as session:
            mine = update(PluginState).where(PluginState.plugin == plugin.name, PluginState.cursor < reached)
            await session.execute(mine.values(cursor=reached))
            await session.execute(update(PluginState).where(PluginState.plugin == plugin.name).values(lease=0))


async def _read(session: AsyncSession, plugin: Plugin, after: int) -> _Batch:
    listeners = await _listeners(session, plugin)
    pages = [await feed.recorded(session, one, after, _AT_ONCE) for one in listeners]
    reached = min((page.next for page in pages), default=await head.position(session))
    told = [
        (event, principal)
        for page, principal in zip(pages, listeners, strict=True)
        for event in page.events
        if event.position <= reached
    ]
    return _Batch(sorted(told, key=lambda one: one[0].position), reached)


async def _listeners(session: AsyncSession, plugin: Plugin) -> list[Principal]:
    named = sorted({connector.partner for connector in plugin.connectors if connector.partner})
    meant = Partner.slug.in_(named) if named else Partner.kind == PartnerKind.OPERATOR.value
    ids = (await session.scalars(select(Partner.id).where(meant).order_by(Partner.id))).all()
    found = [await viewer(session, one) for one in ids]
    active = [one for one in found if one is not None]
    return active if named else active[:1]
