"""The two engines behind one door: snapshots to read from, transactions to write in, bulk helpers for hot paths."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    MetaData,
    Select,
    Table,
    bindparam,
    event,
    func,
    make_url,
    text,
)
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import Integer

from core.driver import Driver, quoted

T = TypeVar("T")

READER = "kmm_reader"
"""PostgreSQL role of every request: row-level security shows it what its partner may see."""
WRITER = "kmm_writer"
"""PostgreSQL role of the writing functions of the claim log, which must see every row."""

Micros = BigInteger().with_variant(Integer, "sqlite")
"""Column type of a time in µs, and of a position. (SQLite wants INTEGER for a primary key.)"""


class Base(DeclarativeBase):
    __table__: ClassVar[Table]
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def full_url(url: str) -> str:
    """`sqlite:` and `postgresql:` with the drivers that the hub uses."""
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    return parsed.set(drivername=drivers.get(parsed.drivername, parsed.drivername)).render_as_string(False)


class Database:
    """One engine, bound to the event loop that first uses it.

    Three doors, by what the caller is about to do:
    `snapshot` reads in one consistent view; `edge` writes everything but the claim log;
    `writer` is for the writing functions of the claim log only (an AST test keeps the list), `survey` for what they
    have to look at before they write.
    """

    def __init__(self, url: str) -> None:
        self.url = full_url(url)
        # Values of signals must not reach a log by way of an error's text.
        self.engine: AsyncEngine = create_async_engine(self.url, hide_parameters=True, **_pool(self.url))
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # A waiter that SQLite refuses has to poll; a lock in the process wakes it at once, in order.
        self._one_writer = asyncio.Lock()
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _configure_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
            self._reading = self.engine
            self._writing = self.engine.execution_options(kmm_write=True)
        else:
            event.listen(self.engine.sync_engine, "checkin", _note_return)
            event.listen(self.engine.sync_engine, "checkout", self._ask_idle)
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
            # READ COMMITTED: waiting for the head's lock must not end in a serialization failure.
            self._writing = self.engine.execution_options(isolation_level="READ COMMITTED")

    @asynccontextmanager
    async def snapshot(self, partner: int) -> AsyncIterator[AsyncSession]:
        """One consistent read-only view, seen with the eyes of `partner`."""
        async with AsyncSession(self._reading, expire_on_commit=False) as session:
            await self._assume(session, READER, partner)
            yield session

    @asynccontextmanager
    async def survey(self) -> AsyncIterator[AsyncSession]:
        """One consistent read-only view of every row, for the hub's own jobs."""
        async with AsyncSession(self._reading, expire_on_commit=False) as session:
            await self._assume(session, WRITER, 0)
            yield session

    @asynccontextmanager
    async def edge(self, partner: int) -> AsyncIterator[AsyncSession]:
        """A writing transaction with the eyes of `partner`; commits when the block ends well."""
        async with self._transaction(READER, partner) as session:
            yield session

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction that sees every row; commits when the block ends well."""
        async with self._transaction(WRITER, 0) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, role: str, partner: int) -> AsyncIterator[AsyncSession]:
        async with AsyncExitStack() as stack:
            if self.is_sqlite:
                await stack.enter_async_context(self._one_writer)
            session = await stack.enter_async_context(AsyncSession(self._writing, expire_on_commit=False))
            await self._assume(session, role, partner)
            yield session
            await session.commit()

    async def _assume(self, session: AsyncSession, role: str, partner: int) -> None:
        if not self.is_sqlite:
            await session.execute(_ASSUME, {"role": role, "partner": str(partner)})

    def _ask_idle(self, connection: Any, entry: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        """What SQLAlchemy's `pool_pre_ping` does at every checkout, for three journeys to the server."""
        if time.monotonic() - entry.info.get(_RETURNED, time.monotonic()) < _TRUSTED:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except self.engine.dialect.loaded_dbapi.Error as exc:
            raise InvalidatePoolError from exc

    async def close(self) -> None:
        await self.engine.dispose()


# A plan that PostgreSQL keeps is made for a guess of how many rows are wanted. Of millions of claims it guessed so many
# that a page of the feed was given to parallel workers, which took three times as long as reading it does.
_ASSUME = text(
    "SELECT set_config('role', :role, true), set_config('kmm.partner', :partner, true), "
    "set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)


class _Connection(sqlite3.Connection):
    """One that keeps no lock once it is closed.

    A task that is cancelled while its rows are fetched leaves a statement unfinished. Until someone collects that, as
    garbage, SQLite only pretends to have closed the connection: its transaction, and the lock of it, live on.
    """

    def close(self) -> None:
        if self.in_transaction:
            self.rollback()
        super().close()


def _pool(url: str) -> dict[str, Any]:
    if make_url(url).get_backend_name() == "sqlite":
        return {"pool_size": 5, "max_overflow": 20, "connect_args": {"timeout": 30, "factory": _Connection}}
    return {"pool_size": 10, "max_overflow": 20}


_TRUSTED = 1.0
"""Seconds after its return for which a connection is taken to be alive."""
_RETURNED = "returned"


def _note_return(_: Any, entry: ConnectionPoolEntry) -> None:
    entry.info[_RETURNED] = time.monotonic()


def _configure_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late for a snapshot; `_begin_sqlite` says it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # The default of 1,000 pages checkpoints so often that bulk writes lose a third of their rate.
        "wal_autocheckpoint=20000",
        # kB for each connection. Full well before 100,000 rows, so that memory does not grow with the table.
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("kmm_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def among(column: InstrumentedAttribute[Any], values: Sequence[Any], session: AsyncSession) -> ColumnElement[bool]:
    """`column IN values` for thousands of values: one array on PostgreSQL, so that the statement stays prepared."""
    if session.get_bind().dialect.name == "postgresql":
        return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type)))
    return column.in_(values)


async def page_of(
    session: AsyncSession, wanted: Select[T], number: InstrumentedAttribute[int], after: int, limit: int
) -> tuple[Sequence[T], str | None]:
    """Of the rows `wanted`, those behind `after` in the order of `number`, at most `limit`; and the next `after`."""
    rows = (await session.scalars(wanted.where(number > after).order_by(number).limit(limit + 1))).all()
    following = str(getattr(rows[limit - 1], number.key)) if len(rows) > limit else None
    return rows[:limit], following


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the keys of the first."""
    if rows:
        names = list(rows[0])
        values = [tuple(map(row.__getitem__, names)) for row in rows]
        await (await Driver.of(session)).insert(table, names, values)


async def update_rows(session: AsyncSession, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update the rows whose `key` column equals each mapping's `"at"`; the other entries are the new values."""
    if rows:
        await (await Driver.of(session)).update(table, key, rows)


async def delete_rows(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete the rows that equal each mapping in its columns."""
    if not rows:
        return
    names = list(rows[0])
    matches = " AND ".join(f"{name} = ${n}" for n, name in enumerate(names, 1))
    sql = f"DELETE FROM {quoted(table)} WHERE {matches}"  # noqa: S608  (our own names)
    await (await Driver.of(session)).many(sql, [tuple(map(row.__getitem__, names)) for row in rows])


async def upsert(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]], add: Sequence[str] = ()
) -> None:
    """Insert rows by primary key; where the key is there, replace the other columns, or add to those named.

    No key may come twice.
    """
    if not rows:
        return
    names = list(rows[0])
    keys = [column.name for column in table.primary_key]
    old = f"{quoted(table)}."
    changed = [f"{n} = {f'{old}{n} + ' * (n in add)}excluded.{n}" for n in names if n not in keys]
    done = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    values = [tuple(map(row.__getitem__, names)) for row in rows]
    await (await Driver.of(session)).insert(table, names, values, f"({', '.join(keys)}) DO {done}")


def table_of(model: type[Base]) -> Table:
    """The table behind a model, for the bulk helpers."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
