"""Webhooks when either side dies, beside receivers that are dead or slow, and read by the libraries of partners."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.settings import Settings
from core.testing import TestedHub
from tests.plugins.webhooks.hostile import hang
from tests.plugins.webhooks.hubs import reaching, register, tell
from tests.plugins.webhooks.programs import Program, in_order_of_first, program
from tests.plugins.webhooks.receivers import Receiver, listening

Size = Callable[[int, int], int]

log = logging.getLogger("kmm.drills")
"""Figures, for `--log-cli-level=INFO`."""


@pytest.fixture
def schedule_in_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that was killed is back within a second: so are we, and for as long as it takes."""
    monkeypatch.setattr("plugins.webhooks.schedule.WAITS", (0.1,) * 10_000)


@pytest.mark.usefixtures("schedule_in_moments")
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_receiver_that_is_killed_misses_nothing_and_applies_each_once(
    hub_settings: Settings, tmp_path: Path, size: Size
) -> None:
    kills, ids = size(5, 50), []
    with program(tmp_path / "receiver.db") as receiver:
        async with reaching(hub_settings, receiver) as hub:
            made = await register(hub, "tiktok", receiver)
            for _ in range(kills):
                await asyncio.to_thread(receiver.start, made["secret"])
                ids += await send_meanwhile(hub, random.uniform(0.1, 0.8))
                receiver.kill()
                ids += await tell(hub, 5, "tiktok")
            await asyncio.to_thread(receiver.start, made["secret"])
            await everything_applied(receiver, ids)
    arrived = receiver.arrived()
    assert in_order_of_first(arrived) == ids, "something came out of order"
    assert sorted(receiver.applied()) == sorted(ids), "something was applied twice, or never"
    log.info("%d kills, %d events, %d of them repeated", kills, len(ids), len(arrived) - len(ids))


async def send_meanwhile(hub: TestedHub, seconds: float) -> list[str]:
    ids, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        ids += await tell(hub, 3, "tiktok")
        await asyncio.sleep(0.02)
    return ids


async def everything_applied(receiver: Program, ids: list[str], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while set(receiver.applied()) < set(ids):  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_dead_and_a_slow_endpoint_delay_nobody_else(hub_settings: Settings, size: Size) -> None:
    """100 events a second; from the commit of an event to its arrival at the healthy endpoint."""
    seconds = size(3, 30)
    healthy, slow, dead = Receiver(), Receiver(hang), Receiver()
    # Nobody listens there.
    dead.port = 1
    async with listening(healthy, slow), reaching(hub_settings, healthy, slow, dead) as hub:
        await register(hub, "tiktok", healthy)
        await settled(hub, healthy)
        alone = await delays(hub, healthy, seconds)
        for receiver in (slow, dead):
            await register(hub, "tiktok", receiver)
        beside = await delays(hub, healthy, seconds)
    log.info("p99 alone %.0f ms, beside a dead and a slow one %.0f ms", alone * 1_000, beside * 1_000)
    assert slow.got, "the slow one was not even tried"
    assert beside <= max(2 * alone, 0.250)


async def settled(hub: TestedHub, receiver: Receiver) -> None:
    """Until the endpoint is known and its connection stands."""
    await tell(hub, 1, "tiktok")
    await receiver.until(lambda: receiver.got)


async def delays(hub: TestedHub, receiver: Receiver, seconds: int) -> float:
    """The 99th percentile, in seconds."""
    loop = asyncio.get_running_loop()
    committed: dict[str, float] = {}
    began = loop.time()
    for tick in range(seconds * 20):
        ids = await tell(hub, 5, "tiktok")
        committed |= dict.fromkeys(ids, loop.time())
        await asyncio.sleep(max(0.0, began + (tick + 1) / 20 - loop.time()))
    rate = len(committed) / (loop.time() - began)
    assert rate > 90, f"only {rate:.0f} events a second were made"
    await receiver.until(lambda: committed.keys() <= set(receiver.ids), 30)
    waits = sorted(one.at - committed[one.id] for one in receiver.got if one.id in committed)
    return waits[len(waits) * 99 // 100]
