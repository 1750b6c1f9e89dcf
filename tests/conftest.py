"""What every test may ask for: a migrated database of its own, on either engine."""

import asyncio
import gc
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from core.demo import Account
from core.migrate import migrate
from core.plugin.host import PluginHost
from core.settings import Settings
from core.testing import BASE_URL, run_hub
from tests.disk import prefer_memory
from tests.postgres import cluster, execute

settings.register_profile("kmm", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kmm")

TEMPLATE = "kmm_template"
CAST = "kmm_cast"
Cast = Mapping[str, Account]


def pytest_configure() -> None:
    """In each worker, before the first temporary folder is made and the tests are imported, of which nothing goes."""
    prefer_memory()
    gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "KMM_SHORT" in os.environ:
        _shorten(config, items)
    items[:] = _dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _shorten(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` has ten minutes: of what runs on both engines it takes every sixth on PostgreSQL, no long one.

    `make drills` runs all of it. What is for PostgreSQL alone stays.
    """
    names = {item.nodeid for item in items}
    twice = [item for item in items if _twin(item) in names]
    left = {item.nodeid for number, item in enumerate(twice) if number % 6 or item.nodeid.startswith(_LONG)}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left])
    items[:] = [item for item in items if item.nodeid not in left]


def _dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Each worker is given an equal run of the list: the long tests dealt out to the starts of these runs.

    A worker that came to one of two minutes at the end would leave the others without work.
    """
    long = [item for item in items if item.nodeid.startswith(_LONG)]
    others = iter([item for item in items if not item.nodeid.startswith(_LONG)])
    size, left = divmod(len(items), workers)
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        hand = long[worker::workers]
        dealt += [*hand, *islice(others, size + (worker < left) - len(hand))]
    return [*dealt, *others]


_LONG = (
    "tests/bench/",
    "tests/cli/test_demo.py",
    "tests/cli/test_sync.py",
    "tests/content/test_lifecycle.py",
    "tests/contract/test_schemathesis.py",
    "tests/contract/test_text.py",
    "tests/drills/",
    "tests/events/test_live.py",
    "tests/isolation/test_ids.py",
    "tests/isolation/test_partners.py",
    "tests/test_readme.py",
)


def _twin(item: pytest.Item) -> str | None:
    """The same test on SQLite, if this is one on PostgreSQL."""
    return item.nodeid.replace("postgresql", "sqlite") if "postgresql" in item.nodeid else None


def pytest_collection_finish() -> None:
    """Collect garbage less often, and not among what was imported: hubs come and go by the hundred."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    """Extensions complain at the end about what nobody collects."""
    gc.unfreeze()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Both engines; a test for one of them says `@pytest.mark.parametrize("engine_name", ["postgresql"])`."""
    return str(request.param)


@pytest.fixture
def new_database(engine_name: str, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Each call makes a fresh migrated database and returns its URL; they go with the test."""
    maker: Callable[..., str] = request.getfixturevalue(f"new_{engine_name}")
    return maker


@pytest.fixture
def database_url(new_database: Callable[..., str], request: pytest.FixtureRequest) -> str:
    """The URL of a fresh migrated database; for a test of the fixture `hub`, one that has the cast of it."""
    if "hub" not in request.fixturenames:
        return new_database()
    request.getfixturevalue("hub_cast")
    return new_database(CAST)


@pytest.fixture
def hub_cast(engine_name: str, request: pytest.FixtureRequest) -> Cast:
    """Admitted once by each worker, because there are hubs by the hundred."""
    cast: Cast = request.getfixturevalue(f"{engine_name}_cast")
    return cast


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `<template>.db`."""
    folder = tmp_path_factory.mktemp("sqlite")
    migrate_all(_sqlite(folder / f"{TEMPLATE}.db"))
    return folder


@pytest.fixture(scope="session")
def sqlite_cast(sqlite_templates: Path) -> Cast:
    return admit_cast(_sqlite(shutil.copy(sqlite_templates / f"{TEMPLATE}.db", sqlite_templates / f"{CAST}.db")))


@pytest.fixture
def new_sqlite(sqlite_templates: Path, tmp_path: Path) -> Callable[..., str]:
    numbers = count(1)

    def make(template: str = TEMPLATE) -> str:
        return _sqlite(shutil.copy(sqlite_templates / f"{template}.db", tmp_path / f"hub-{next(numbers)}.db"))

    return make


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A cluster for this worker, with a migrated template in it."""
    with cluster() as url:
        execute(url, f"CREATE DATABASE {TEMPLATE}")
        migrate_all(_database(url, TEMPLATE))
        yield url


@pytest.fixture(scope="session")
def postgresql_cast(postgresql_url: str) -> Cast:
    execute(postgresql_url, f"CREATE DATABASE {CAST} TEMPLATE {TEMPLATE}")
    return admit_cast(_database(postgresql_url, CAST))


@pytest.fixture
def new_postgresql(postgresql_url: str) -> Iterator[Callable[..., str]]:
    made: list[str] = []

    def make(template: str = TEMPLATE) -> str:
        made.append(f"hub_{len(made) + 1}")
        execute(postgresql_url, f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return _database(postgresql_url, made[-1])

    yield make
    for name in made:
        # A test that died may have left connections behind.
        execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


def admit_cast(url: str) -> Cast:
    """The accounts of the partners of `core.demo`, for hubs with the settings of `core.testing`."""

    async def admit() -> Cast:
        settings = Settings(secret="s" * 32, database_url=url, blobs_url="memory:///", base_url=BASE_URL)
        async with run_hub(settings, ()) as hub:
            return hub.accounts

    return asyncio.run(admit())


def migrate_all(url: str) -> None:
    """Core's tables, and those of the installed plugins."""
    migrate(url, PluginHost(Settings(secret="s" * 32, database_url=url)).migrations())


def _sqlite(file: Path | str) -> str:
    return f"sqlite+aiosqlite:///{file}"


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
