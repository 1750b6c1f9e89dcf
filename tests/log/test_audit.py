"""Notes of what was asked or decided: written beside it, kept for as long as the table says."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from core import times
from core.auth.access import HUB
from core.db import Database
from core.log import audit, head, retention
from core.log.models import Audit, Retention


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


async def _notes(db: Database) -> list[tuple[str, str]]:
    async with db.survey() as session:
        return [(row.what, row.detail) for row in await session.scalars(select(Audit).order_by(Audit.id))]


async def test_a_note_stands_beside_what_it_tells_of(db: Database) -> None:
    async with head.edge(db, 0, "cli_a", "Ask") as session:
        await audit.note(session, HUB, "Ask", {"bucket": 7})

    async def fail() -> None:
        async with head.writing(db, "cli_a", "Ask") as session:
            await audit.note(session, HUB, "Ask", {"bucket": 8})
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await _notes(db) == [("Ask", '{"bucket":7}')]


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_no_request_changes_a_note(db: Database) -> None:
    async with head.edge(db, 0, "cli_a", "Ask") as session:
        await audit.note(session, HUB, "Ask", {})
    with pytest.raises(DBAPIError):
        async with head.edge(db, 0, "cli_a", "Forge") as session:
            await session.execute(update(Audit).values(what="Nothing"))
    assert await _notes(db) == [("Ask", "{}")]


async def test_notes_go_when_the_table_says(db: Database) -> None:
    for what in ("old", "new"):
        async with head.edge(db, 0, "cli_a", what) as session:
            await audit.note(session, HUB, what, {})
    async with head.writing(db, "test", "Age") as session:
        kept = (await session.execute(select(Retention.seconds).where(Retention.what == "audit"))).scalar_one()
        aged = times.now() - (kept + 60) * times.SECOND
        await session.execute(update(Audit).where(Audit.what == "old").values(at=aged))
    assert await retention.purge(db) == 1
    assert await _notes(db) == [("new", "{}")]
