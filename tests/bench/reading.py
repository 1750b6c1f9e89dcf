"""Figure 2: the feed as NDJSON, against an ORM's and against raw rows; and how a page ages."""

import time
import tomllib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from core.signals.keys import Keys
from tests.bench import baseline_feed_orm, baseline_feed_raw
from tests.bench.figures import Figure, Goal, Side, compare
from tests.bench.stage import READER, Hub, Stage
from tests.bench.wire import Wire, get

_NDJSON = "application/x-ndjson"


class _Last(msgspec.Struct):
    next: str


class Walk:
    """A walk of the hub's feed, page by page, from `after` or from zero."""

    def __init__(self, wire: Wire, token: str, limit: int, after: str = "") -> None:
        self._token = token
        self._wire = wire
        self._limit = limit
        self.after = after

    async def page(self) -> bytes:
        after = f"&after={self.after}" if self.after else ""
        path = f"/v1/signals?limit={self._limit}{after}"
        page = await self._wire.ask(get(path, self._token, _NDJSON))
        self.after = msgspec.json.decode(page[page.rindex(b"\n", 0, -1) + 1 :], type=_Last).next
        return page


async def feed(stage: Stage) -> AsyncIterator[Figure]:
    """Signals a second of a walk in large pages."""
    hub, sizes = await stage.hub(stage.sizes.large), stage.sizes
    partner = await _partner(hub.database_url)
    keys = Keys(tomllib.loads((hub.live.folder / "settings.toml").read_text())["secret"])
    after = hub.seeded.start - 1
    orm = partial(baseline_feed_orm.pages, hub.database_url, keys, partner, after, sizes.walk)
    raw = partial(baseline_feed_raw.pages, hub.database_url, partner, after, sizes.walk)
    over_http = partial(_over_http, hub, after, sizes.walk)
    # The same pages, byte for byte; the hub adds a line with the cursor.
    assert (await _first(over_http)).splitlines()[:-1] == (await _first(orm)).splitlines()
    ours = partial(_walked, stage, over_http)
    for name, goal, baseline, pages in (
        ("feed/orm", Goal(3), baseline_feed_orm, orm),
        ("feed/raw", Goal(0.35), baseline_feed_raw, raw),
    ):
        file = f"tests/bench/{baseline.__name__.rpartition('.')[2]}.py"
        sides = ours, partial(_walked, stage, pages)
        yield await compare(name, stage.engine, goal, sides, sizes.pairs, unit="signals/s", baseline=file)


async def page(stage: Stage) -> AsyncIterator[Figure]:
    """Seconds for a page from the middle of the log."""
    sizes = stage.sizes
    large, small = await stage.hub(sizes.large), await stage.hub(sizes.small)
    async with large.wire() as one, small.wire() as other:
        sides = await _middle(stage, large, one), await _middle(stage, small, other)
        held = f"the hub with {sizes.small:,} signals"
        yield await compare(
            "feed page", stage.engine, Goal(1.3, least=False), sides, sizes.pairs, unit="s", baseline=held
        )


async def _middle(stage: Stage, hub: Hub, wire: Wire) -> Side:
    walk = Walk(wire, hub.token(READER), stage.sizes.walk)
    for _ in range(len(hub.seeded) // 2 // stage.sizes.walk):
        await walk.page()
    return partial(_pages, stage, hub, wire, walk.after)


async def _pages(stage: Stage, hub: Hub, wire: Wire, after: str) -> float:
    """Seconds a page: four in a row from the same place, three times, since the small hub has no more of them."""
    token = hub.token(READER)
    began = time.perf_counter()
    for _ in range(3):
        walk = Walk(wire, token, stage.sizes.page, after)
        for _ in range(4):
            await walk.page()
    return (time.perf_counter() - began) / 12


async def _first(pages: Callable[[], AsyncGenerator[bytes, None]]) -> bytes:
    async with aclosing(pages()) as walk:
        return await anext(walk)


async def _over_http(hub: Hub, after: int, limit: int) -> AsyncGenerator[bytes, None]:
    async with hub.wire() as wire:
        walk = Walk(wire, hub.token(READER), limit, str(after))
        while True:
            yield await walk.page()


async def _walked(stage: Stage, pages: Callable[[], AsyncGenerator[bytes, None]]) -> float:
    """Signals a second, after a first page that opens connections. Too few lines are no walk."""
    sizes = stage.sizes
    async with aclosing(pages()) as walk:
        await anext(walk)
        began = time.perf_counter()
        for _ in range(sizes.walk_pages):
            assert (await anext(walk)).count(b"\n") >= sizes.walk
        return sizes.walk * sizes.walk_pages / (time.perf_counter() - began)


async def _partner(database_url: str) -> int:
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        wanted = text("SELECT id FROM partner WHERE slug = :slug")
        partner = (await connection.execute(wanted, {"slug": READER})).scalar_one()
    await engine.dispose()
    return int(partner)
