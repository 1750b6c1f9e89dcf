"""Figure 5, first half: from a submission's answer to the moment at which a follower has its signals."""

import asyncio
import time
from collections.abc import AsyncIterator
from statistics import median, quantiles

import msgspec

from core.wire.signals import Feed
from tests.bench.figures import Figure, Goal, figure
from tests.bench.samples import Fresh
from tests.bench.stage import READER, SUBMITTER, Hub, Stage
from tests.bench.wire import Wire, get, submission

_A_SECOND = 1_000
_AT_ONCE = 10
"""Signals a submission, so that there are a hundred of those a second."""
_LIMIT = 0.25

_feed = msgspec.json.Decoder(Feed)


async def following(stage: Stage) -> AsyncIterator[Figure]:
    """The 99th percentile, as a share of what it may be."""
    hub = await stage.hub(stage.sizes.none)
    number = stage.sizes.seconds * _A_SECOND
    seen: dict[str, float] = {}
    async with hub.wire() as wire:
        follower = asyncio.create_task(_follow(wire, hub.token(READER), await _catch_up(hub, wire), seen, number))
        accepted = await _submit_steadily(hub, number)
        await asyncio.wait_for(follower, 60)
    # A follower may well be told before the submitter is.
    lags = [max(0.0, seen[value] - at) for value, at in accepted.items()]
    high = quantiles(lags, n=100)[98]
    baseline = f"{_LIMIT} s; median {median(lags):.4f} s"
    yield figure(
        "accepted to seen, p99", stage.engine, Goal(1, least=False), high / _LIMIT, (high, _LIMIT),
        unit="s", baseline=baseline,
    )  # fmt: skip


async def _submit_steadily(hub: Hub, number: int) -> dict[str, float]:
    """When each value was accepted. Every submission leaves on time, whether or not those before have been answered."""
    token, fresh = hub.token(SUBMITTER), Fresh(f"steady-{time.time_ns()}")
    batches = [fresh.items(_AT_ONCE) for _ in range(number // _AT_ONCE)]
    accepted: dict[str, float] = {}
    began = time.perf_counter()

    async def lane(start: int) -> None:
        async with hub.wire() as wire:
            for index in range(start, len(batches), _LANES):
                await asyncio.sleep(began + index * _AT_ONCE / _A_SECOND - time.perf_counter())
                await wire.ask(submission(batches[index], token))
                accepted.update(dict.fromkeys((str(item["value"]) for item in batches[index]), time.perf_counter()))

    await asyncio.gather(*map(lane, range(_LANES)))
    return accepted


_LANES = 16


async def _catch_up(hub: Hub, wire: Wire) -> str:
    """The cursor at the end of the log."""
    token, after = hub.token(READER), ""
    while True:
        page = _feed.decode(await wire.ask(get(f"/v1/signals?limit=10000{after and f'&after={after}'}", token)))
        after = page.next
        if not page.more:
            return after


async def _follow(wire: Wire, token: str, after: str, seen: dict[str, float], number: int) -> None:
    """Note when each new value came, until there are so many."""
    while len(seen) < number:
        page = _feed.decode(await wire.ask(get(f"/v1/signals?after={after}&wait=20&limit=1000", token)))
        now = time.perf_counter()
        seen.update((str(one.value), now) for one in page.signals)
        after = page.next
