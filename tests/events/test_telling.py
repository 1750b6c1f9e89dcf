"""Plugins that hear of events: in order, from their own place, with the eyes of whom they speak for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from core.db import Database
from core.events import telling
from core.events.telling import Teller
from core.plugin.host import PluginHost
from core.sdk import Connector, Context, EventOut, PartnerKind, Principal, Translated
from core.testing import TestedHub
from core.wire.events import ReportFrozen
from tests.plugin.fakes import host, plugin

Tell = Callable[..., Awaitable[int]]


def frozen(number: int) -> ReportFrozen:
    return ReportFrozen(report=f"rpt_{number}", sha256="0" * 64)


class Ear:
    """A plugin that notes what it hears; `failing` positions raise."""

    def __init__(self, hub: TestedHub, connectors: Sequence[Connector] = ()) -> None:
        self.heard: list[tuple[str, int]] = []
        self.failing: set[int] = set()
        self.db = Database(hub.parts.settings.database_url)

        async def listen(ctx: Context, principal: Principal, event: EventOut) -> None:
            if event.position in self.failing:
                raise ZeroDivisionError("a bug")
            self.heard.append((principal.slug, event.position))

        hooks: dict[str, Any] = {"on_event": listen, "connectors": lambda: list(connectors)}
        self.host: PluginHost = host(plugin("ear", **hooks), database_url=hub.parts.settings.database_url)
        self.teller = Teller(self.db, self.host)

    async def turn(self) -> None:
        """One turn of the job, to its end."""
        await self.teller.work()
        await asyncio.gather(*self.teller._under_way.values())


class OfMeta(Connector):
    kind = PartnerKind.PLATFORM
    partner = "meta"

    def translate(self, body: bytes) -> Sequence[Translated]:
        return []


class OfTikTok(OfMeta):
    partner = "tiktok"


async def test_a_new_plugin_hears_what_happens_from_now_on_in_order_and_once(hub: TestedHub, tell: Tell) -> None:
    ear = Ear(hub)
    await tell(frozen(1), "meta")
    async with ear.host.keeper.running():
        await ear.turn()
        told = [await tell(frozen(number), "meta") for number in (2, 3)]
        await ear.turn()
        await ear.turn()
    await ear.db.close()
    assert ear.heard == [("secretariat", position) for position in told]


async def test_one_that_speaks_for_partners_hears_what_is_for_them(hub: TestedHub, tell: Tell) -> None:
    ear = Ear(hub, [OfMeta(), OfTikTok()])
    async with ear.host.keeper.running():
        await ear.turn()
        both, _, meta = (
            await tell(frozen(1), "meta", "tiktok"),
            await tell(frozen(2), "a05"),
            await tell(frozen(3), "meta"),
        )
        await ear.turn()
    await ear.db.close()
    assert sorted(ear.heard[:2]) == [("meta", both), ("tiktok", both)]
    assert ear.heard[2:] == [("meta", meta)]


async def test_what_failed_is_told_again_before_what_comes_behind_it(
    hub: TestedHub, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "_FIRST_PAUSE", 0.0)
    ear = Ear(hub)
    async with ear.host.keeper.running():
        await ear.turn()
        first, second = await tell(frozen(1)), await tell(frozen(2))
        ear.failing = {second}
        await ear.turn()
        await ear.turn()
        assert ear.heard == [("secretariat", first)]
        ear.failing = set()
        third = await tell(frozen(3))
        await ear.turn()
        # Another process starts at the place that was kept.
        again = Teller(ear.db, ear.host)
        await again.work()
        await asyncio.gather(*again._under_way.values())
    await ear.db.close()
    assert ear.heard == [("secretariat", position) for position in (first, second, third)]


async def test_two_processes_do_not_tell_the_same_at_once(hub: TestedHub, tell: Tell) -> None:
    ear = Ear(hub)
    async with ear.host.keeper.running():
        await ear.turn()
        position = await tell(frozen(1))
        other = Teller(ear.db, ear.host)
        await asyncio.gather(ear.teller.work(), other.work())
        await asyncio.gather(*ear.teller._under_way.values(), *other._under_way.values())
    await ear.db.close()
    assert ear.heard == [("secretariat", position)]
