"""Figure 1: batches of new signals, against the raw upsert of the same values; and how the hub ages."""

import time
from collections.abc import AsyncIterator
from functools import partial

from tests.bench.baseline_upsert_postgresql import PostgresqlUpsert
from tests.bench.baseline_upsert_sqlite import SqliteUpsert
from tests.bench.figures import Figure, Goal, compare
from tests.bench.samples import Fresh
from tests.bench.stage import SUBMITTER, Hub, Stage
from tests.bench.wire import flood, submission

_CONNECTIONS = 4


async def ingest(stage: Stage) -> AsyncIterator[Figure]:
    """New signals a second, nothing stored before."""
    async for figure in _against_raw(stage, "ingest empty", stage.sizes.none):
        yield figure


async def ingest_large(stage: Stage) -> AsyncIterator[Figure]:
    """The same with millions stored, and against the hub with a fifth of them."""
    async for figure in _against_raw(stage, "ingest large", stage.sizes.large):
        yield figure
    large, middle = await stage.hub(stage.sizes.large), await stage.hub(stage.sizes.middle)
    fresh = Fresh("aged")
    sides = partial(_submit, stage, large, fresh, 1), partial(_submit, stage, middle, fresh, 1)
    held = f"the hub with {stage.sizes.middle:,} signals"
    yield await compare(
        "ingest large/middle", stage.engine, Goal(0.7), sides, stage.sizes.pairs, unit="signals/s", baseline=held
    )


async def _against_raw(stage: Stage, name: str, size: int) -> AsyncIterator[Figure]:
    hub, table = await stage.hub(size), await stage.upsert(size)
    fresh = Fresh(name.replace(" ", "-"))
    raw = partial(_upsert, stage, table, Fresh("raw"))
    baseline = f"tests/bench/baseline_upsert_{stage.engine}.py"
    for connections in (1, _CONNECTIONS):
        sides = partial(_submit, stage, hub, fresh, connections), raw
        told = f"{name}, connections {connections}"
        yield await compare(
            told, stage.engine, Goal(0.6), sides, stage.sizes.pairs, unit="signals/s", baseline=baseline
        )
    await table.close()


async def _submit(stage: Stage, hub: Hub, fresh: Fresh, connections: int) -> float:
    token = hub.token(SUBMITTER)
    sizes = stage.sizes
    bodies = [submission(fresh.items(sizes.batch), token) for _ in range(sizes.batches)]
    return sizes.batch * sizes.batches / await flood(hub.port, bodies, connections)


async def _upsert(stage: Stage, table: SqliteUpsert | PostgresqlUpsert, fresh: Fresh) -> float:
    sizes = stage.sizes
    batches = [fresh.rows(sizes.batch) for _ in range(sizes.batches)]
    began = time.perf_counter()
    for rows in batches:
        await table.upsert(rows)
    return sizes.batch * sizes.batches / (time.perf_counter() - began)
