"""The migrations make what the models say, on both engines, and can be taken back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

import core.auth.models
import core.campaigns.models
import core.content.models
import core.log.models
import core.plugin.models
import core.reports.models
import core.safeguards.models
import core.signals.models
import core.takedowns.models  # noqa: F401  (each import registers its tables)
from core.db import Base, Database
from core.migrate import config, migrate, purge
from core.plugin.host import PluginHost
from core.settings import Settings


def look(url: str, at: Callable[[Connection], Any]) -> Any:
    async def work() -> Any:
        db = Database(url)
        async with db.engine.connect() as connection:
            found = await connection.run_sync(at)
        await db.close()
        return found

    return asyncio.run(work())


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """Of core alone."""
    url = new_database()
    host = PluginHost(Settings(secret="s" * 32, database_url=url))
    for plugin, folder in host.migrations().items():
        purge(url, plugin, folder)
    return url


def test_the_models_are_what_was_migrated(database_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    assert look(database_url, differences) == []


def test_everything_can_be_taken_back_and_made_again(database_url: str) -> None:
    command.downgrade(config(database_url), "base")
    assert look(database_url, lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
    migrate(database_url)
    assert "claim" in look(database_url, lambda connection: inspect(connection).get_table_names())


def test_the_seed_can_be_taken_back_alone(database_url: str) -> None:
    def rows(connection: Connection) -> dict[str, int]:
        tables = ("log_head", "retention", "kind_scope", "access_version")
        return {name: len(connection.execute(select(Base.metadata.tables[name])).all()) for name in tables}

    seeded = look(database_url, rows)
    assert all(seeded.values())
    command.downgrade(config(database_url), "0001")
    assert not any(look(database_url, rows).values())
    migrate(database_url)
    assert look(database_url, rows) == seeded
