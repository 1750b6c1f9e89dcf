"""The shapes a statement can take, through the ORM and past it: each tries to read or to write whatever is there."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, exists, func, insert, literal, select, text, union_all, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.auth.models import Partner
from core.db import Base

Row = dict[str, Any]
Keys = set[tuple[Any, ...]]
Read = Callable[[AsyncSession, type[Base], list[Row]], Awaitable[Keys]]
"""(session, table, every row that there is) to the primary keys that were seen."""
Write = Callable[[AsyncSession, type[Base], list[Row]], Awaitable[None]]
"""The rows are some that the session's partner must not reach."""


def key(model: type[Base]) -> list[Any]:
    return list(model.__table__.primary_key.columns)


def keys_of(model: type[Base], rows: list[Row]) -> Keys:
    return {tuple(row[column.name] for column in key(model)) for row in rows}


async def _keys(session: AsyncSession, statement: Any, values: Row | None = None) -> Keys:
    return {tuple(row) for row in await session.execute(statement, values or {})}


async def orm_select(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    found = await session.scalars(select(model))
    return {tuple(getattr(row, column.name) for column in key(model)) for row in found}


async def orm_get(session: AsyncSession, model: type[Base], rows: list[Row]) -> Keys:
    return {one for one in keys_of(model, rows) if await session.get(model, one) is not None}


async def orm_alias(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    other = aliased(model)
    return await _keys(session, select(*(getattr(other, column.name) for column in key(model))))


async def orm_count(session: AsyncSession, model: type[Base], rows: list[Row]) -> Keys:
    """Counted one key at a time: a number alone would not say which."""
    found = set()
    for one in keys_of(model, rows):
        is_it = (column == value for column, value in zip(key(model), one, strict=True))
        if await session.scalar(select(func.count()).select_from(model).where(*is_it)):
            found.add(one)
    return found


async def orm_column(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    return await _keys(session, select(*(getattr(model, column.name) for column in key(model))))


async def orm_join(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    return await _keys(session, select(*key(model)).select_from(Partner).join(model, literal(value=True)).distinct())


async def orm_exists(session: AsyncSession, model: type[Base], rows: list[Row]) -> Keys:
    found = set()
    for one in keys_of(model, rows):
        there = exists().where(*(column == value for column, value in zip(key(model), one, strict=True)))
        if await session.scalar(select(func.count()).select_from(Partner).where(there)):
            found.add(one)
    return found


async def orm_in(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    first = key(model)[0]
    return await _keys(session, select(*key(model)).where(first.in_(select(first))))


async def core_select(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    connection = await session.connection()
    return {tuple(row) for row in await connection.execute(model.__table__.select().with_only_columns(*key(model)))}


async def text_select(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    columns = ", ".join(column.name for column in key(model))
    return await _keys(session, text(f"SELECT {columns} FROM {model.__tablename__}"))


async def union(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    return await _keys(session, union_all(select(*key(model)), select(*key(model))))


async def cte(session: AsyncSession, model: type[Base], _: list[Row]) -> Keys:
    every = select(*key(model)).cte()
    return await _keys(session, select(every))


READS: tuple[Read, ...] = (
    *(orm_select, orm_get, orm_alias, orm_count, orm_column, orm_join),
    *(orm_exists, orm_in, core_select, text_select, union, cte),
)


def _other(model: type[Base]) -> Any:
    """A column outside the key, or the last of the key."""
    return next((column for column in model.__table__.columns if not column.primary_key), key(model)[-1])


async def orm_update(session: AsyncSession, model: type[Base], _: list[Row]) -> None:
    column = _other(model)
    await session.execute(update(model).values({column.name: column}))


async def orm_delete(session: AsyncSession, model: type[Base], rows: list[Row]) -> None:
    first = key(model)[0]
    await session.execute(delete(model).where(first.in_([row[first.name] for row in rows])))


async def orm_insert(session: AsyncSession, model: type[Base], rows: list[Row]) -> None:
    session.add(model(**_twin(model, rows[0])))
    await session.flush()


async def core_insert(session: AsyncSession, model: type[Base], rows: list[Row]) -> None:
    connection = await session.connection()
    await connection.execute(insert(model.__table__), [_twin(model, rows[0])])


async def core_upsert(session: AsyncSession, model: type[Base], rows: list[Row]) -> None:
    statement = postgresql.insert(model.__table__).values(rows[0])
    column = _other(model)
    update_it = {column.name: rows[0][column.name]}
    await session.execute(statement.on_conflict_do_update(index_elements=key(model), set_=update_it))


WRITES: tuple[Write, ...] = (orm_update, orm_delete, orm_insert, core_insert, core_upsert)


def _twin(model: type[Base], row: Row) -> Row:
    """The row once more, under a key of its own."""
    last = key(model)[-1]
    others: dict[type, Any] = {int: 10**9, str: "another", bytes: b"another"}
    return row | {last.name: others[type(row[last.name])]}
