"""What the dispatcher did, written behind it: many attempts and steps in one transaction, four times a second.

2026-11-22: a cursor is stored after the receiver accepted, never before, so that a kill costs repetitions and no
lost ones. A transaction for each would be a hundred syncs of the disk a second, in competition with whoever submits.
We gave up a quarter of a second: that much is delivered again, under the same ids.
Held by tests/drills/test_webhooks.py.
"""

import asyncio
import logging
from typing import Any

from sqlalchemy import Table, bindparam, insert, update

from core.sdk import Context
from plugins.webhooks.models import Delivery, Endpoint, Replay

log = logging.getLogger("kmm.webhooks")

_EVERY = 0.25
_MOST = 2_000
"""Attempts that wait to be written; with more, deliveries wait, too."""

_PROGRESS = ("cursor", "told", "failures", "due")
_REPLAYED = ("cursor", "failures", "due", "state")


class Ledger:
    """Notes in memory; `run` writes them down."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._attempts: list[dict[str, Any]] = []
        self._moved: dict[str, Endpoint] = {}
        self._replays: dict[str, Replay] = {}

    def note(self, attempt: dict[str, Any]) -> None:
        """One row of the log of attempts."""
        self._attempts.append(attempt)

    def moved(self, row: Endpoint) -> None:
        """Cursor, failures or due changed."""
        self._moved[row.id] = row

    def replayed(self, row: Replay) -> None:
        self._replays[row.id] = row

    async def room(self) -> None:
        """Wait while the database is so far behind that memory would fill."""
        while len(self._attempts) >= _MOST:  # noqa: ASYNC110 - rare, and an event would have to be kept right
            await asyncio.sleep(_EVERY)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.flush()
            except Exception:
                log.exception("what was delivered cannot be written down; trying again")

    async def flush(self) -> None:
        """Write down what was noted until now. Raises as the database does; nothing noted is lost by that."""
        attempts, moved, replays = list(self._attempts), dict(self._moved), dict(self._replays)
        if not (attempts or moved or replays):
            return
        steps = [_values(row, _PROGRESS) | {"its_epoch": row.epoch} for row in moved.values()]
        sent = [_values(row, _REPLAYED) for row in replays.values()]
        async with self._ctx.store() as session:
            connection = await session.connection()
            if attempts:
                await connection.execute(insert(Delivery), attempts)
            if steps:
                await connection.execute(_MOVE, steps)
            if sent:
                await connection.execute(_SENT, sent)
        del self._attempts[: len(attempts)]
        _forget(self._moved, moved, steps, _PROGRESS)
        _forget(self._replays, replays, sent, _REPLAYED)


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {"its_id": row.id} | {name: getattr(row, name) for name in names}


def _forget(noted: dict[str, Any], rows: dict[str, Any], written: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    """Keep what moved on while it was being written."""
    for (key, row), values in zip(rows.items(), written, strict=True):
        if noted.get(key) is row and all(getattr(row, name) == values[name] for name in names):
            del noted[key]


def _update(table: Any, names: tuple[str, ...]) -> Any:
    assert isinstance(table, Table)
    return update(table).where(table.c.id == bindparam("its_id")).values({name: bindparam(name) for name in names})


# Of an endpoint that was changed meanwhile, the place it was given stands.
_MOVE = _update(Endpoint.__table__, _PROGRESS).where(Endpoint.__table__.c.epoch == bindparam("its_epoch"))
_SENT = _update(Replay.__table__, _REPLAYED)
