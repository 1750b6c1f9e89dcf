"""Figure 5, second half: what the hub's process has held at most, for a long stream and for a short one."""

from collections.abc import AsyncIterator, Iterator
from functools import partial

from tests.bench.figures import Figure, Goal, figure
from tests.bench.reading import Walk
from tests.bench.stage import READER, Hub, Stage
from tests.drills.test_memory import LIMIT, peak_after

_MEGA = 1e6


async def memory(stage: Stage) -> AsyncIterator[Figure]:
    """Peaks of an import and of a full walk, each in a process that did nothing else."""
    sizes = stage.sizes
    peaks = []
    for lines in (sizes.short_stream, sizes.long_stream):
        hub = await stage.new_hub()
        imported = peak_after(hub.live, lines)
        hub.live.stop()
        hub.live.start()
        peaks.append((imported, await _walk(hub, lines, sizes.walk)))
        hub.live.kill()
    tell = partial(_tell, stage, f"the same with {sizes.short_stream:,}")
    for name, short, long in zip(("import", "walk"), *peaks, strict=True):
        for one in tell(f"memory of {name}", long, short):
            yield one


def _tell(stage: Stage, baseline: str, name: str, long: int, short: int) -> Iterator[Figure]:
    both = long / _MEGA, short / _MEGA
    most = Goal(1.1, least=False), Goal(1, least=False)
    yield figure(f"{name}, long/short", stage.engine, most[0], long / short, both, unit="MB", baseline=baseline)
    limit = long / _MEGA, LIMIT / _MEGA
    yield figure(f"{name}, long/limit", stage.engine, most[1], long / LIMIT, limit, unit="MB", baseline="250 MiB")


async def _walk(hub: Hub, lines: int, limit: int) -> int:
    async with hub.wire() as wire:
        walk, seen = Walk(wire, hub.token(READER), limit), 0
        while seen < lines:
            # The last line of a page says how to go on.
            seen += (await walk.page()).count(b"\n") - 1
    return hub.live.peak_memory()
