"""Random histories of a hub, each step held against the oracle and against what every reader is given."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis.stateful import RuleBasedStateMachine, initialize

from core import times
from core.db import Database
from core.signals.keys import hex_sum
from core.wire.scopes import PartnerKind
from tests.signals.model.clients import Client, Library
from tests.signals.model.hub import Clock, Hub
from tests.signals.model.words import GROUPS, NAMES, SECOND
from tests.signals.model.world import World


class Machine(RuleBasedStateMachine):
    """A hub, its world, and one client of each partner that is caught up after every step."""

    new_database: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.patched = patch.object(times, "now", self.clock)
        self.patched.start()
        self.world = World(self.clock.now)
        self.watchers = {name: Client(name) for name in NAMES}
        self.others = [
            Client("ann", ["nick"]),
            Client("ben", bare=True),
            Client("cho", ["phone", "nick"]),
            Client("cho", ["phone"], bare=True),
            Client("pol", ["phone"]),
            # Whatever else its partner sees and loses: what may leave, and one group, are walks of their own.
            Client("ben", leaving=True),
            Client("ben", leaving=True, group="g1"),
        ]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        async def start() -> None:
            self.hub = Hub(Database(self.new_database()))
            self.running = self.hub.writer.running()
            await self.running.__aenter__()
            await self.hub.allow_readers()
            for name in NAMES:
                await self.hub.admit(name, PartnerKind.OPERATOR if name == "hub" else PartnerKind.PLATFORM)
            for group, names in GROUPS.items():
                await self.hub.found(group, *names)
            await self.hub.change("pol", kind="agency")
            await self.hub.trust("ben", quality=85)
            await self.hub.trust("cho", burst_per_hour=3)

        self.run(start())
        partners = self.world.partners
        partners["hub"].kind, partners["pol"].kind = "operator", "agency"
        partners["ben"].quality, partners["cho"].most = 85, 3
        self.library = Library(self.hub, self.world, [*self.watchers.values(), *self.others])
        for client in self.watchers.values():
            self.run(self.library.catch_up(client))

    def teardown(self) -> None:
        async def stop() -> None:
            await self.running.__aexit__(None, None, None)
            await self.hub.db.close()

        try:
            if hasattr(self, "library"):
                self.audit()
        finally:
            if hasattr(self, "hub"):
                self.run(stop())
            self.patched.stop()
            self.loop.close()

    @contextmanager
    def step(self, seconds: int = 1, *, parts: bool = False) -> Iterator[None]:
        """Something happens. Each partner hears what concerns it, at once and nothing else.

        In `parts`: in several transactions, so that a signal may have changed and changed back.
        """
        self.clock.now += seconds * SECOND
        self.world.now = self.clock.now
        before = {name: self.world.footprints(name) for name in NAMES}
        views = self.world.views.copy()
        yield
        self.library.look()
        for name, client in self.watchers.items():
            after = self.world.footprints(name)
            news = self.run(self.library.catch_up(client, 2 if after == before[name] else 1_000))
            if self.world.views[name] != views[name]:
                continue
            moved = {self.library.id(key) for key in before[name] | after if before[name].get(key) != after.get(key)}
            back = {
                self.library.id(key) for key, when in self.world.changed.items() if parts and when == self.clock.now
            }
            told = {signal.id for signal in news}
            assert moved <= told <= moved | back

    def audit(self) -> None:
        """Every client comes to the same end, and the hub's own sum with them."""
        for client in self.library.clients:
            self.run(self.library.catch_up(client))
        for name in NAMES:
            total = sum(int(str(one.check), 16) for one in self.watchers[name].saved.copy.values())
            assert self.run(self.hub.digest(name)).digest == hex_sum(total)
