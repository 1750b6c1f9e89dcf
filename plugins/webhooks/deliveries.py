"""The log of attempts: written behind by the dispatcher, read by the partner, purged by time."""

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.log import retention
from core.sdk import from_micros
from plugins.webhooks.models import Delivery, Replay
from plugins.webhooks.wire import DeliveryOut, DeliveryPage

KEPT = "webhooks_deliveries"
_AT_ONCE = 1_000

_headers = msgspec.json.Decoder(dict[str, str])


async def page(session: AsyncSession, endpoint: str, webhook_id: str | None, after: int, limit: int) -> DeliveryPage:
    """Attempts at an endpoint, the newest first; `after` is the id of the last that was seen."""
    found = select(Delivery).where(Delivery.endpoint == endpoint)
    if after:
        found = found.where(Delivery.id < after)
    if webhook_id:
        found = found.where(Delivery.webhook_id == webhook_id)
    rows = list(await session.scalars(found.order_by(Delivery.id.desc()).limit(limit + 1)))
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return DeliveryPage(tuple(_to_wire(row) for row in rows[:limit]), following)


async def purge(session: AsyncSession) -> int:
    """Drop up to a thousand attempts that are older than they are kept, and old replays; returns how many went."""
    before = await retention.cutoff(session, KEPT)
    some = list(await session.scalars(select(Delivery.id).where(Delivery.at < before).limit(_AT_ONCE)))
    await session.execute(delete(Delivery).where(Delivery.id.in_(some)))
    await session.execute(delete(Replay).where(Replay.created < before, Replay.state != "waiting"))
    return len(some)


def _to_wire(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        cause=row.cause,
        webhook_id=row.webhook_id,
        type=row.type,
        attempt=row.attempt,
        at=from_micros(row.at),
        duration=row.duration,
        status=row.status,
        error=row.error,
        request_headers=_headers.decode(row.request),
        response_headers=_headers.decode(row.response),
        response_body=row.body,
    )
