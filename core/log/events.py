"""Recording events: beside the change that they speak of, in its transaction."""

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.log.models import EventRow
from core.wire.events import Event

OPERATOR_ONLY = 0
"""The audience of an event that no partner is meant to read."""


async def record(session: AsyncSession, event: Event, audience: int = OPERATOR_ONLY) -> int:
    """Write `event` at the next position of this transaction and return that position."""
    head: Head = session.info["head"]
    position = head.take()
    tag = event.__struct_config__.tag
    body = msgspec.json.encode(event).decode()
    await session.execute(insert(EventRow).values(position=position, type=tag, audience=audience, body=body))
    return position
