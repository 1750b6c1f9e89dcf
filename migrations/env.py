"""How Alembic reaches the database: the async engine, one transaction a run, for core or for one plugin."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection, Table, event, text
from sqlalchemy.ext.asyncio import create_async_engine

import core.auth.models
import core.campaigns.models
import core.content.models
import core.log.models
import core.reports.models
import core.safeguards.models
import core.signals.models
import core.takedowns.models  # noqa: F401  (each import registers its tables)
from core.db import READER, WRITER, Base


def run(connection: Connection) -> None:
    plugin: str | None = context.config.attributes.get("plugin")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        version_table=versions(plugin) if plugin else "alembic_version",
    )
    with context.begin_transaction():
        if not plugin:
            context.run_migrations()
            return
        with watched(plugin) as made:
            context.run_migrations()
        grant(connection, made)
        # Purged, or without a revision yet: nothing of the plugin stays.
        if not context.get_context().get_current_heads():
            connection.execute(text(f'DROP TABLE IF EXISTS "{versions(plugin)}"'))


def versions(plugin: str) -> str:
    return f"alembic_version_{plugin}"


@contextmanager
def watched(plugin: str) -> Iterator[list[str]]:
    """Notes the tables that revisions of `plugin` make; raises `ValueError` before one by another's name is made."""
    prefix = plugin.replace("-", "_") + "_"
    made: list[str] = []

    def note(table: Table, _: Connection, **__: Any) -> None:
        if table.name == versions(plugin):
            return
        if not table.name.startswith(prefix):
            raise ValueError(f"The plugin {plugin} may make tables that begin with {prefix!r}, not {table.name!r}.")
        made.append(table.name)

    event.listen(Table, "before_create", note)
    try:
        yield made
    finally:
        event.remove(Table, "before_create", note)


def grant(connection: Connection, tables: list[str]) -> None:
    if connection.dialect.name != "postgresql" or not tables:
        return
    named = ", ".join(f'"{name}"' for name in tables)
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {named} TO {READER}, {WRITER}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {READER}, {WRITER}"))


async def main() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
