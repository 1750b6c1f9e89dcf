"""Where figures are measured: hubs as they ship, in processes of their own, with as many signals as are asked for."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import httpx
import msgspec

from tests.bench.baseline_upsert_postgresql import PostgresqlUpsert
from tests.bench.baseline_upsert_sqlite import SqliteUpsert
from tests.bench.opentaxii import OpenTaxii
from tests.bench.samples import Fresh
from tests.bench.seed import seed
from tests.bench.wire import Wire, connect, submission
from tests.live import LiveHub
from tests.postgres import cluster, execute

SUBMITTER, READER = "tiktok", "meta"


class Sizes(msgspec.Struct, frozen=True):
    """How much is stored, sent and asked, and how often."""

    pairs: int = 5
    large: int = 5_000_000
    middle: int = 1_000_000
    small: int = 10_000
    none: int = 0
    batch: int = 1_000
    batches: int = 10
    """A measurement of submitting."""
    walk: int = 10_000
    walk_pages: int = 20
    page: int = 1_000
    requests: int = 3_000
    """A measurement of small requests."""
    seconds: int = 20
    """Of following."""
    reported: tuple[int, ...] = (50_000, 500_000, 5_000_000)
    objects: int = 100_000
    """In a TAXII collection."""
    taxii_pairs: int = 2
    short_stream: int = 100_000
    long_stream: int = 1_000_000


def full() -> Sizes:
    """For `make bench`. KMM_BENCH_SIZE is how many signals are many."""
    large = int(os.environ.get("KMM_BENCH_SIZE", Sizes().large))
    # A walk ends before the log does, however few are many.
    walk_pages = max(1, min(Sizes().walk_pages, large // Sizes().walk - 2))
    reported = (large // 100, large // 10, large)
    objects = min(Sizes().objects, large)
    return Sizes(large=large, middle=large // 5, walk_pages=walk_pages, reported=reported, objects=objects)


# One hub is all of them: it takes a second or two to start.
QUICK = Sizes(
    pairs=1,
    large=1_500,
    middle=1_500,
    small=1_500,
    none=1_500,
    batch=50,
    batches=1,
    walk=500,
    walk_pages=1,
    page=50,
    requests=64,
    seconds=1,
    reported=(1_500, 1_500),
    short_stream=1_000,
    long_stream=2_000,
)


class Hub:
    """One that is up, and the positions of the signals that were seeded into it."""

    def __init__(self, live: LiveHub, database_url: str, seeded: range) -> None:
        self.live = live
        self.port = live.port
        self.database_url = database_url
        self.seeded = seeded

    def token(self, slug: str) -> str:
        """A new one: they live for ten minutes."""
        account = self.live.accounts[slug]
        basic = (account.client_id, account.client_secret)
        form = {"grant_type": "client_credentials"}
        answer = httpx.post(f"{self.live.base_url}/oauth/token", data=form, auth=basic).raise_for_status()
        return str(answer.json()["access_token"])

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        async with connect(self.port) as wire:
            yield wire


class Stage:
    """Makes hubs and raw tables of one engine. A hub is made once for what it holds, and shared by the figures."""

    def __init__(self, engine: str, sizes: Sizes, folder: Path, new_database: Callable[[], str]) -> None:
        self.engine = engine
        self.sizes = sizes
        self._folder = folder
        self._new_database = new_database
        self._hubs: dict[tuple[int, str], Hub] = {}
        self._others: list[OpenTaxii] = []
        self._numbers = count(1)

    async def hub(self, size: int, **environment: str) -> Hub:
        """One with `size` signals of `SUBMITTER`, all of which `READER` sees."""
        at = size, repr(environment)
        if at not in self._hubs:
            self._hubs[at] = await self.new_hub(size, **environment)
        return self._hubs[at]

    async def new_hub(self, size: int = 0, **environment: str) -> Hub:
        """One that nobody else uses."""
        url = self._new_database()
        live = LiveHub(self._folder / f"hub-{next(self._numbers)}", url, environment=environment)
        live.start()
        positions = range(0)
        if size:
            async with connect(live.port) as wire:
                token = Hub(live, url, positions).token(SUBMITTER)
                await wire.ask(submission(Fresh("template").items(1), token))
            live.stop()
            positions = await seed(url, live.folder, size)
            live.start()
        return Hub(live, url, positions)

    async def upsert(self, size: int = 0) -> SqliteUpsert | PostgresqlUpsert:
        """The raw table, with `size` rows."""
        if self.engine == "sqlite":
            table: SqliteUpsert | PostgresqlUpsert = SqliteUpsert(self._folder / f"raw-{next(self._numbers)}.db")
        else:
            table = await PostgresqlUpsert.open(self._new_database())
        await table.fill(size)
        return table

    def opentaxii(self) -> OpenTaxii:
        """Raises `NotInstalled` where it cannot be installed."""
        number = next(self._numbers)
        folder = self._folder / f"opentaxii-{number}"
        folder.mkdir()
        self._others.append(OpenTaxii(folder, self._new_database()))
        return self._others[-1]

    def close(self) -> None:
        for other in self._others:
            other.stop()
        for hub in self._hubs.values():
            hub.live.kill()


# The defaults are for a machine of the last century, and would measure its cache.
_TUNED = "-c shared_buffers=2GB -c max_wal_size=8GB"


@contextmanager
def durable_stage(engine: str, sizes: Sizes) -> Iterator[Stage]:
    """On SQLite files, or a PostgreSQL cluster that keeps what it has acknowledged."""
    numbers = count(1)
    with tempfile.TemporaryDirectory(prefix="kmm-bench-") as name:
        folder = Path(name)
        if engine == "sqlite":
            yield from _staged(engine, sizes, folder, lambda: f"sqlite+aiosqlite:///{folder}/{next(numbers)}.db")
            return
        with cluster(durable=True, options=_TUNED) as url:

            def new_database() -> str:
                made = f"bench_{next(numbers)}"
                execute(url, f"CREATE DATABASE {made}")
                return f"{url.rpartition('/')[0]}/{made}"

            yield from _staged(engine, sizes, folder, new_database)


def _staged(engine: str, sizes: Sizes, folder: Path, new_database: Callable[[], str]) -> Iterator[Stage]:
    stage = Stage(engine, sizes, folder, new_database)
    try:
        yield stage
    finally:
        stage.close()
