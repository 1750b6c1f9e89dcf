"""The databases that tests stand on are what they claim to be."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import core.db
from core.db import Database
from tests.postgres import as_superuser


async def answer(url: str, question: str) -> object:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.scalar(text(question))
    await engine.dispose()
    return found


async def test_each_call_makes_a_migrated_database_of_its_own(new_database: Callable[[], str]) -> None:
    first, second = new_database(), new_database()
    assert first != second
    assert await answer(first, "SELECT count(*) FROM alembic_version") == 1


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_the_login_of_the_tests_is_held_by_row_level_security(database_url: str) -> None:
    bypasses = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert await answer(database_url, bypasses) is False


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_a_connection_that_died_while_nobody_used_it_is_replaced(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.db, "_TRUSTED", 0.0)
    db = Database(database_url)
    own = text("SELECT pg_backend_pid()")
    async with db.survey() as session:
        before = (await session.execute(own)).scalar_one()
    assert await answer(as_superuser(database_url), f"SELECT pg_terminate_backend({before})")
    async with db.survey() as session:
        assert (await session.execute(own)).scalar_one() != before
    await db.close()


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_who_is_cut_short_while_rows_come_in_leaves_no_lock_behind(database_url: str) -> None:
    db = Database(database_url)
    unfinished: list[Any] = []
    with pytest.raises(asyncio.CancelledError):
        await _cut_short(db, unfinished)
    async with asyncio.timeout(5), db.edge(partner=0) as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await db.close()


async def _cut_short(db: Database, unfinished: list[Any]) -> None:
    """What SQLAlchemy does when the task is cancelled that waits for rows, of which `unfinished` is kept, as in its
    traceback."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n"
    async with db.edge(partner=0) as session:
        connection = await session.connection()
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        unfinished.append(await driver.execute(numbers))
        await unfinished[0].fetchone()
        await connection.invalidate()
        raise asyncio.CancelledError
