"""Figures 3 and 4: small requests from many connections at once."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import msgspec

from tests.bench.figures import Figure, Goal, compare
from tests.bench.samples import Fresh, seeded
from tests.bench.stage import READER, SUBMITTER, Hub, Stage
from tests.bench.wire import connect, flood, get, post, submission
from tests.postgres import free_port

_CONNECTIONS = 64
_BULK = 1_000


async def auth(stage: Stage) -> AsyncIterator[Figure]:
    """A GET that needs a token and no database, against a GET of the same answer that needs nothing."""
    hub = await stage.hub(stage.sizes.none)
    async with hub.wire() as wire:
        body = await wire.ask(get("/v1/me", hub.token(READER)))
    with _bare(body.decode()) as port:
        await _until_up(port)
        bare = partial(_rate, port, [get("/")] * stage.sizes.requests)
        sides = partial(_trivial, stage, hub), bare
        file = "tests/bench/baseline_get.py"
        yield await compare(
            "authenticated get", stage.engine, Goal(0.6), sides, stage.sizes.pairs, unit="requests/s", baseline=file
        )


async def lookup(stage: Stage) -> AsyncIterator[Figure]:
    """Exact lookups, half of them of values that are known."""
    hub, sizes = await stage.hub(stage.sizes.large), stage.sizes
    one = partial(_look_up, hub, sizes.requests, 1)
    for name, goal, sides, unit, baseline in (
        ("lookup of 1", Goal(0.4), (one, partial(_trivial, stage, hub)), "requests/s", "authenticated GET /v1/me"),
        ("lookup of 1,000", Goal(10), (partial(_look_up, hub, 32, _BULK), one), "values/s", "lookup of 1"),
    ):
        yield await compare(name, stage.engine, goal, sides, sizes.pairs, unit=unit, baseline=baseline)


async def coalescing(stage: Stage) -> AsyncIterator[Figure]:
    """Submissions of one signal from many connections, committed together or each alone."""
    together, alone = await stage.hub(stage.sizes.none), await stage.hub(0, KMM_COALESCE="false")
    fresh = Fresh("single")
    sides = partial(_submit_singly, stage, together, fresh), partial(_submit_singly, stage, alone, fresh)
    goal = Goal(4 if stage.engine == "sqlite" else 2)
    yield await compare(
        "single posts, coalesced", stage.engine, goal, sides, stage.sizes.pairs,
        unit="requests/s", baseline="the hub with KMM_COALESCE=false",
    )  # fmt: skip


async def _trivial(stage: Stage, hub: Hub) -> float:
    return await _rate(hub.port, [get("/v1/me", hub.token(READER))] * stage.sizes.requests)


async def _look_up(hub: Hub, requests: int, values: int) -> float:
    """Values a second."""
    token = hub.token(READER)
    # A stride that meets no pattern of the pages; beyond the seed there is nothing to find.
    strides = iter(range(0, requests * values * 7_919, 7_919))
    bodies = []
    for _ in range(requests):
        asked = [_value(hub.seeded, next(strides)) for _ in range(values)]
        items = [{"kind": "url", "value": value} for value in asked]
        bodies.append(post("/v1/signals/lookup", token, msgspec.json.encode({"items": items})))
    return values * await _rate(hub.port, bodies)


def _value(known: range, stride: int) -> str:
    at = known.start + stride % len(known)
    return seeded(at if stride % 2 else at + len(known))


async def _submit_singly(stage: Stage, hub: Hub, fresh: Fresh) -> float:
    token = hub.token(SUBMITTER)
    bodies = [submission(fresh.items(1), token) for _ in range(stage.sizes.requests)]
    return await _rate(hub.port, bodies)


async def _rate(port: int, requests: Sequence[bytes]) -> float:
    """Requests a second, after a few that warm the token."""
    if requests[0].startswith(b"GET"):
        await flood(port, requests[:_CONNECTIONS], 1)
    return len(requests) / await flood(port, requests, _CONNECTIONS)


@contextmanager
def _bare(body: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.baseline_get", str(port), body])
    try:
        yield port
    finally:
        process.kill()
        process.wait()


async def _until_up(port: int) -> None:
    for _ in range(600):
        try:
            async with connect(port):
                return
        except OSError:
            await asyncio.sleep(0.05)
    raise RuntimeError("the bare application does not come up")
