"""SQL straight to the driver, for the statements of hot paths."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession


class Driver:
    """The driver's own connection below a session, in the session's transaction.

    2026-11-22: a small statement costs SQLAlchemy a quarter of a millisecond and the driver a twentieth of that, and of
    a thousand rows SQLAlchemy takes as long as the database. What writes the claim log therefore says its SQL itself:
    `$1` is the first value. We gave up the expression language there, and with it the conversion of values: they are
    ints, strings and bytes. Held by tests/bench.
    """

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._is_sqlite = is_sqlite

    @classmethod
    async def of(cls, session: AsyncSession) -> "Driver":
        connection = await session.connection()
        raw = await connection.get_raw_connection()
        return cls(raw.driver_connection, is_sqlite=connection.dialect.name == "sqlite")

    async def rows(self, sql: str, *values: Any, among: Sequence[Any] | None = None) -> Sequence[Any]:
        """What a statement gives, as tuples. `{among}` in it stands for a membership test in thousands of values."""
        with _as_sqlalchemy_does():
            if not self._is_sqlite:
                more = () if among is None else (list(among),)
                return list(await self._connection.fetch(_array_at(sql, len(values) + 1), *values, *more))
            text = _numbered(sql, len(values), -1 if among is None else len(among))
            return list(await self._connection.execute_fetchall(text, (*values, *(among or ()))))

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """A statement for each of the rows."""
        with _as_sqlalchemy_does():
            if self._is_sqlite:
                await (await self._connection.executemany(_numbered(sql, 0, -1), rows)).close()
            else:
                await self._connection.executemany(sql, rows)

    async def insert(
        self, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str = ""
    ) -> None:
        """Rows of values in the order of `names`. `conflict` is what follows on ON CONFLICT; no key twice in `rows`."""
        if not rows:
            return
        into = f"INSERT INTO {quoted(table)} ({', '.join(names)})"
        after = f" ON CONFLICT {conflict}" if conflict else ""
        if not self._is_sqlite:
            await self._insert_columns(table, tuple(names), rows, into, after)
            return
        row = f"({', '.join('?' * len(names))})"
        whole = len(rows) - len(rows) % _ABREAST
        if whole:
            # Steps of many rows: the driver takes the interpreter's lock anew after each step.
            starts = range(0, whole, _ABREAST)
            flat = (tuple(chain.from_iterable(rows[start : start + _ABREAST])) for start in starts)
            await self.many(f"{into} VALUES {', '.join([row] * _ABREAST)}{after}", flat)
        if whole < len(rows):
            await self.many(f"{into} VALUES {row}{after}", rows[whole:])

    async def _insert_columns(
        self, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]], into: str, after: str
    ) -> None:
        """Columns to the server, which makes rows of them: half the time of a statement for each row."""
        columns = list(zip(*rows, strict=True))
        # Of a batch most columns are one value throughout, sent once: half of the rest. Few rows are alike by chance,
        # and each pattern of it would be a statement to prepare.
        long = len(rows) >= _ABREAST
        alike = tuple(long and at > 0 and one.count(one[0]) == len(one) for at, one in enumerate(columns))
        arrays = [one for one, same in zip(columns, alike, strict=True) if not same]
        single = [one[0] for one, same in zip(columns, alike, strict=True) if same]
        await self.rows(f"{into} {_selected(table, names, alike)}{after}", *arrays, *single)

    async def update(self, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `update_rows`."""
        if not rows:
            return
        names = ("at", *(name for name in rows[0] if name != "at"))
        values = [tuple(map(row.__getitem__, names)) for row in rows]
        if self._is_sqlite:
            changed = ", ".join(f"{name} = ${n}" for n, name in enumerate(names[1:], 2))
            await self.many(f"UPDATE {quoted(table)} SET {changed} WHERE {key} = $1", values)  # noqa: S608  (our own names)
            return
        changed = ", ".join(f"{name} = new.{name}" for name in names[1:])
        source = f"{_unnest(table, names, key)} AS new({', '.join(names)})"
        sql = f"UPDATE {quoted(table)} AS old SET {changed} FROM {source} WHERE old.{key} = new.at"  # noqa: S608
        await self.rows(sql, *map(list, zip(*values, strict=True)))


_ABREAST = 100
"""Rows of a statement on SQLite, of at most 300 columns; as many make a batch on PostgreSQL."""


@contextmanager
def _as_sqlalchemy_does() -> Iterator[None]:
    """What the drivers raise, as the error that the rest of the house knows."""
    try:
        yield
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
        raise DBAPIError(None, None, exc, hide_parameters=True) from exc


@cache
def _array_at(sql: str, place: int) -> str:
    return sql.replace("{among}", f"= ANY(${place})")


@lru_cache(maxsize=1_000)
def _numbered(sql: str, values: int, among: int) -> str:
    """SQLite spells `$1` as `?1`, and a list as so many marks."""
    marks = ", ".join(f"?{values + n}" for n in range(1, among + 1))
    return _MARK.sub(r"?\1", sql).replace("{among}", f"IN ({marks})")


_MARK = re.compile(r"\$(\d+)")


def quoted(table: Table) -> str:
    """Its name, which may be a word of SQL: `fetch` is one."""
    return f'"{table.name}"'


@cache
def _unnest(table: Table, names: tuple[str, ...], key: str = "") -> str:
    """The arrays of these columns as rows; with a `key`, `at` has its type."""
    kinds = (_kind(table, key if key and name == "at" else name) for name in names)
    return f"unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(kinds, 1))})"


@lru_cache(maxsize=1_000)
def _selected(table: Table, names: tuple[str, ...], alike: tuple[bool, ...]) -> str:
    """Rows of arrays, which come first, and of a single value for each column that is `alike`."""
    arrays = tuple(name for name, same in zip(names, alike, strict=True) if not same)
    single = (name for name, same in zip(names, alike, strict=True) if same)
    given = {name: f"${n}::{_kind(table, name)}" for n, name in enumerate(single, len(arrays) + 1)}
    every = ", ".join(given.get(name, name) for name in names)
    return f"SELECT {every} FROM {_unnest(table, arrays)} AS new({', '.join(arrays)})"  # noqa: S608  (our own names)


def _kind(table: Table, name: str) -> str:
    return table.c[name].type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]
