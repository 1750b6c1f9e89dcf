"""A statement that is built and compiled once, and whose rows are the driver's own tuples: for reads of hot paths."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Dialect, bindparam
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from core.driver import Driver

AMONG: BindParameter[Any] = bindparam("among", expanding=True)
_AT_ONCE = 5_000


class Query:
    """A statement with named parameters, and one place for thousands of values: `column.in_(AMONG)`.

    2026-11-22: on a page of 10,000 SQLAlchemy's rows cost as much as SQLite does, and for a single value its
    compilation more than the answer. The statement itself stays SQLAlchemy's, made through `visible()` like any other.
    We gave up the conversion of values, which ours do not need: ints, strings and bytes. Held by tests/bench.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str], dict[str, Any]]] = {}

    async def rows(self, session: AsyncSession, among: Sequence[Any] | None = None, **values: Any) -> Sequence[Any]:
        """All rows, as tuples in the order of the statement's columns."""
        dialect = session.get_bind().dialect
        sql, order, fixed = self._compiled.get(dialect.name) or self._compile(dialect)
        given = fixed | values
        return await (await Driver.of(session)).rows(sql, *[given[name] for name in order], among=among)

    async def every(self, session: AsyncSession, among: Iterable[Any], **values: Any) -> list[Any]:
        """All rows of any number of values, asked for by thousands."""
        wanted = sorted(among)
        found: list[Any] = []
        for start in range(0, len(wanted), _AT_ONCE):
            found += await self.rows(session, among=wanted[start : start + _AT_ONCE], **values)
        return found

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[str], dict[str, Any]]:
        assert isinstance(dialect, DefaultDialect)
        compiled = self._statement.compile(dialect=type(dialect)(paramstyle="numeric_dollar"))
        order = [name for name in compiled.positiontup or () if name != AMONG.key]
        made = str(compiled).replace(f"IN (__[POSTCOMPILE_{AMONG.key}])", "{among}"), order, dict(compiled.params)
        self._compiled[dialect.name] = made
        return made
