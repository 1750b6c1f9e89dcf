"""SQLite behind SQLAlchemy, with one journey to its thread for each statement.

2026-11-22: SQLAlchemy's own way makes four, to open a cursor, to execute, to fetch and to close, and each wakes two
threads. That took 0.16 ms of the processor for a statement, and this takes 0.10. We gave up nothing: all rows were
fetched at once then, too, and a stream of rows still has a cursor of SQLAlchemy's. Held by tests/test_databases.py.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy import Engine, event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util import await_only


class _Ran(NamedTuple):
    """What is left of a cursor whose statement has run."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None

    def close(self) -> None:
        """It is."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return _Ran()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run(sqlite3.Cursor.execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._run(sqlite3.Cursor.executemany, operation, seq_of_parameters)

    async def _run(self, way: Callable[..., sqlite3.Cursor], operation: str, parameters: Iterable[Any]) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001  (as the method that this stands for does)
            ran, rows = await connection._execute(_ran, connection._conn, way, operation, parameters)  # noqa: SLF001
        self._cursor = ran
        self._rows = deque(rows)


def _ran(
    connection: sqlite3.Connection, way: Callable[..., sqlite3.Cursor], operation: str, parameters: Iterable[Any]
) -> tuple[_Ran, Sequence[Any]]:
    """In the connection's thread."""
    cursor = connection.cursor()
    try:
        way(cursor, operation, parameters)
        rows = cursor.fetchall()
        return _Ran(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = _Cursor


def shorten(engine: Engine) -> None:
    """Have every connection of an engine on aiosqlite journey so."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _: Any, arguments: Any, more: Any) -> _Connection:
        made: Any = aiosqlite.connect(*arguments, **more)
        # As SQLAlchemy does: a process that ends does not wait for its connections.
        made._thread.daemon = True  # noqa: SLF001
        return _Connection(dialect.loaded_dbapi, await_only(made))
