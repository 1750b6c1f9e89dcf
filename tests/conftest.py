"""What every test may ask for: a migrated database of its own, on either engine."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from core.migrate import migrate
from core.plugin.host import PluginHost
from core.settings import Settings
from tests.postgres import cluster, execute

settings.register_profile("kmm", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kmm")

TEMPLATE = "kmm_template"


def pytest_collection_finish() -> None:
    """Collect garbage less often, and not among what was imported: hubs come and go by the hundred."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Both engines; a test for one of them says `@pytest.mark.parametrize("engine_name", ["postgresql"])`."""
    return str(request.param)


@pytest.fixture
def new_database(engine_name: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Each call makes a fresh migrated database and returns its URL; they go with the test."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{engine_name}")
    return maker


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of a fresh migrated database."""
    return new_database()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate_all(f"sqlite+aiosqlite:///{template}")
    return template


@pytest.fixture
def new_sqlite(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    numbers = count(1)

    def make() -> str:
        return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / f'hub-{next(numbers)}.db')}"

    return make


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A cluster for this worker, with a migrated template in it."""
    with cluster() as url:
        execute(url, f"CREATE DATABASE {TEMPLATE}")
        migrate_all(_database(url, TEMPLATE))
        yield url


@pytest.fixture
def new_postgresql(postgresql_url: str) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(f"hub_{len(made) + 1}")
        execute(postgresql_url, f"CREATE DATABASE {made[-1]} TEMPLATE {TEMPLATE}")
        return _database(postgresql_url, made[-1])

    yield make
    for name in made:
        # A test that died may have left connections behind.
        execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


def migrate_all(url: str) -> None:
    """Core's tables, and those of the installed plugins."""
    migrate(url, PluginHost(Settings(secret="s" * 32, database_url=url)).migrations())


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
