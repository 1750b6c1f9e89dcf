"""Memory that a plugin holds: found in whatever way it is held, put down to nobody else, looked for unnoticed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from statistics import median

import pytest

from core.plugin import memory
from core.plugin.lane import on
from core.plugin.memory import MemoryWatch
from core.plugin.plugin import Plugin
from core.testing import TestedHub
from tests.plugin import hoarding
from tests.plugin.fakes import host, plugin
from tests.plugin.test_hostile import NOTICE, submit

MB = 2**20
LATE = 0.25
"""Seconds by which a submission may be late because the watch looks."""


async def test_what_a_plugin_holds_is_found_and_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_REST", 0)
    running = host(hoarding, plugin("good"))
    hoards, good = running.keeper.plugins
    async with running.keeper.running(), asyncio.TaskGroup() as group:
        group.create_task(_serve(good))
        before = await memory.held(hoards, 100 * MB)
        for way in hoarding.WAYS:
            hoarding.released.clear()
            await keep(hoards, way)
            found = await memory.held(hoards, 100 * MB) - before
            assert 2 * MB <= found < 4 * MB, f"{way}: {found} bytes"
            assert await memory.held(hoards, MB) <= 3 * MB, "went on beyond the limit"
            hoarding.let_go()
            await asyncio.sleep(0.02)
        assert await memory.held(hoards, 100 * MB) - before < MB
        await running.send("sluggish", 7, "roof", NOTICE)
        assert await memory.held(hoards, 100 * MB) - before >= 2 * MB
        assert await memory.held(good, 100 * MB) < MB
        _over.set()


_over = asyncio.Event()


async def _serve(good: Plugin) -> None:
    """A request to a plugin, which waits for the server, which has 20 MB in hand."""
    body = bytes(20 * MB)
    here = asyncio.get_running_loop()
    await good.lane.begin(lambda: on(here, _over.wait))
    assert body


async def keep(one: Plugin, way: str) -> None:
    async def begin() -> None:
        hoarding.WAYS[way]()

    await one.lane.begin(begin)
    await asyncio.sleep(0.01)


async def test_one_that_holds_more_than_it_may_is_shut_away(caplog: pytest.LogCaptureFixture) -> None:
    resident = [100]
    running = host(hoarding, plugin("good"))
    running.keeper._memory = MemoryWatch(1, resident=lambda: resident[0] * MB)
    hoards, _ = running.keeper.plugins
    async with running.keeper.running():
        for resident[0] in (100, 101, 120):
            await running.keeper.weigh()
            assert not running.quarantined
        (told,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert told == "the hub has grown by 20 MB; plugins hold: hoarding 0 MB, good 0 MB"
        await keep(hoards, "list")
        await running.keeper.weigh()
        assert running.quarantined["hoarding"].phase == "memory"
        assert running.quarantined["hoarding"].error == "MemoryError: it holds more than 1 MB"
    assert running.quarantined_names() == ("hoarding",)


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return [hoarding]


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_nobody_waits_while_the_watch_looks(hub: TestedHub) -> None:
    hoards = hub.parts.plugins.keeper.plugins[0]
    for _ in range(2):
        await keep(hoards, "list")
    assert await lateness(hub, hoards, items=1_000, times=3) < LATE


async def lateness(hub: TestedHub, hoards: Plugin, items: int, times: int) -> float:
    """Seconds by which a submission of so many items is late while the watch looks; medians of pairs."""
    # The hub's own would look in both cases, and shut it away.
    hub.parts.plugins.keeper._memory = _Asleep(1)
    http, alone, beside = hub.client_as("tiktok"), [], []
    await submit(http, items)
    for _ in range(times):
        alone.append(await submit(http, items))
        looking = asyncio.create_task(_look_on(hoards))
        beside.append(await submit(http, items))
        looking.cancel()
    return median(beside) - median(alone)


class _Asleep(MemoryWatch):
    async def look(self, plugins: Sequence[Plugin]) -> AsyncIterator[tuple[Plugin, str]]:
        for one in plugins[:0]:
            yield one, ""


async def _look_on(hoards: Plugin) -> None:
    while True:
        await memory.held(hoards, 2**40)
