"""The time of a position, which events tell, and the position of a time, by which readers of some formats ask."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.driver import Driver
from core.log.models import Tick

_BEFORE_ALL = 10
"""The log's first position is above this."""


async def times(session: AsyncSession, positions: Sequence[int]) -> list[int]:
    """µs of each position: that of its tick and a µs for every position that the tick took before it.

    Strictly rising with the position, for ever: those whose tick is purged are counted back from the oldest that is
    kept, or from the last that there was, and so come out later than they were.
    """
    if not positions:
        return []
    driver = await Driver.of(session)
    if session.get_bind().dialect.name == "sqlite":
        rows = await driver.rows(_SHIFTS + _OF_JSON, msgspec.json.encode(positions).decode())
    else:
        rows = await driver.rows(_SHIFTS + _OF_ARRAY, list(positions))
    return [position + shift for position, (shift,) in zip(positions, rows, strict=True)]


# One look into the index for each: the ticks between two positions may be many more than the positions.
_SHIFTS = """
SELECT coalesce(
  (SELECT t.at - t.position FROM tick t WHERE t.position <= asked.value ORDER BY t.position DESC LIMIT 1),
  (SELECT t.at - t.position FROM tick t ORDER BY t.position LIMIT 1),
  (SELECT h.at - (h.position - h.n + 1) FROM log_head h)
) FROM """
_OF_JSON = "json_each($1) AS asked ORDER BY asked.key"
_OF_ARRAY = "unnest($1::bigint[]) WITH ORDINALITY AS asked(value, key) ORDER BY asked.key"


async def at(session: AsyncSession, micros: int) -> int:
    """The last position whose time is not after `micros`; 0 before the first of the log."""
    columns = select(Tick.position, Tick.n, Tick.at)
    before = columns.where(Tick.at <= micros).order_by(Tick.at.desc()).limit(1)
    row = (await session.execute(before)).first()
    if row:
        return int(row.position + min(row.n - 1, micros - row.at))
    oldest = (await session.execute(columns.order_by(Tick.position).limit(1))).first()
    if oldest is None:
        return 0
    position = int(oldest.position - (oldest.at - micros))
    return position if position > _BEFORE_ALL else 0
