"""A thousand random histories, after which every cell says what the claims say (tests/signals has the short form)."""

import pytest

from core import times
from core.db import Database
from tests.signals.cells import Clock, live_through, settle_in
from tests.signals.conftest import Room

HISTORIES = 1_000


async def test_cells_equal_a_recount_after_a_thousand_histories(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, clock = Room(Database(database_url)), Clock()
    monkeypatch.setattr(times, "now", clock)
    await room.allow_everyone()
    async with room.writer.running():
        await settle_in(room)
        await live_through(room, clock, range(HISTORIES), check_every=50)
    await room.db.close()
