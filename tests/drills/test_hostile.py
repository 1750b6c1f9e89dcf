"""A plugin that does harm, whole: on both engines, with budgets near those of a real hub; memory that truly grows.

Its short form is tests/plugin/test_hostile.py.
"""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from core.db import Database
from core.plugin.memory import MemoryWatch
from core.testing import TestedHub
from tests.plugin import hoarding
from tests.plugin.fakes import host, plugin
from tests.plugin.hostile import BEHAVIOURS, hostile, released
from tests.plugin.test_hostile import good, shorten, through_every_act

BUDGET = 0.5
DELAY = 0.25
"""Seconds that any other request may take: a GIL switch and a busy machine, and half of what the plugin has."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shorten(monkeypatch, BUDGET)
    yield
    released.set()


@pytest.fixture
def hub_plugins(behaviour: str) -> Sequence[object]:
    return [hostile(BEHAVIOURS[behaviour]), good()]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_while_the_hub_serves(hub: TestedHub) -> None:
    await through_every_act(hub, BUDGET, DELAY)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_leak_is_reported_and_shut_away_at_the_stated_size(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 MB a second against a limit of 16 MB."""
    running = host(hoarding, plugin("good"))
    running.keeper._memory = MemoryWatch(16, traced=1)
    db = Database(database_url)
    async with running.keeper.running():
        async with asyncio.timeout(20):
            while not running.quarantined:
                await running.keeper.examine(db)
                await asyncio.sleep(0.2)
    await db.close()
    assert running.quarantined_names() == ("hoarding",)
    assert running.quarantined["hoarding"].phase == "memory"
