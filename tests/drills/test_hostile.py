"""A plugin that does harm, whole: on both engines, with budgets near those of a real hub, beside submissions of 10,000;
memory that truly grows.

Its short form is tests/plugin/test_hostile.py.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from core.plugin import memory
from core.plugin.memory import MemoryWatch
from core.testing import TestedHub
from tests.plugin import hoarding
from tests.plugin.fakes import host, plugin
from tests.plugin.hostile import BEHAVIOURS, hostile, released
from tests.plugin.test_hostile import good, shorten, through_every_act
from tests.plugin.test_memory import LATE, keep, lateness

BUDGET = 0.5
DELAY = 0.25
"""Seconds that any other request may take: a GIL switch and a busy machine, and half of what the plugin has."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rest = memory._REST
    shorten(monkeypatch, BUDGET)
    monkeypatch.setattr(memory, "_REST", rest)
    yield
    released.set()


@pytest.fixture
def hub_plugins(behaviour: str) -> Sequence[object]:
    return [hoarding if behaviour == "hoards" else hostile(BEHAVIOURS[behaviour]), good()]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_while_the_hub_serves(hub: TestedHub) -> None:
    await through_every_act(hub, BUDGET, DELAY, items=1, late=DELAY)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_while_many_signals_come(hub: TestedHub) -> None:
    """Who reads beside a submission of 10,000 waits for that, whether there are plugins or not."""
    await through_every_act(hub, BUDGET, delay=2.0, items=10_000, late=0.4)


@pytest.mark.parametrize("behaviour", ["hoards"])
@pytest.mark.parametrize("megabytes", [0, 16, 300])
async def test_nobody_waits_while_the_watch_looks(hub: TestedHub, megabytes: int) -> None:
    hoards = hub.parts.plugins.keeper.plugins[0]
    for _ in range(megabytes // 2):
        await keep(hoards, "list")
    late = await lateness(hub, hoards, items=10_000, times=5)
    assert late < LATE, f"{late:.3f} s late"


async def test_a_leak_is_shut_away_at_the_stated_size() -> None:
    """25 MB a second against a limit of 16 MB."""
    running = host(hoarding, plugin("good"))
    running.keeper._memory = MemoryWatch(16)
    hoards = running.keeper.plugins[0]
    async with running.keeper.running():
        leaking = asyncio.create_task(hoards.lane.begin(hoarding.hoard))
        async with asyncio.timeout(20):
            while not running.quarantined:
                await asyncio.sleep(0.2)
                before = hoarding.megabytes()
                await running.keeper.weigh()
        assert 8 < before < 24, "before the look in which it was found"
        with suppress(RuntimeError):
            await leaking
    assert running.quarantined_names() == ("hoarding",)
    assert running.quarantined["hoarding"].phase == "memory"
