"""The channel `webhook`: an urgent notice, pushed now instead of in its turn."""

import msgspec
from sqlalchemy import or_, select

from core.sdk import Channel, Context, Notice, now
from plugins.webhooks import endpoints
from plugins.webhooks.courier import Courier
from plugins.webhooks.ledger import Ledger
from plugins.webhooks.models import Endpoint
from plugins.webhooks.transport import Transport


class NotTaken(Exception):
    """The endpoint did not accept the notice; the text says why."""


class WebhookChannel(Channel):
    """`address` is the id or the URL of an endpoint, enabled or not: its secret signs, as it signs events."""

    name = "webhook"

    def __init__(self, ctx: Context, transport: Transport) -> None:
        self._ctx = ctx
        self._transport = transport

    async def send(self, partner: int, address: str, notice: Notice) -> None:
        """Raises `NotTaken`, `LookupError` for an address that is no endpoint of the partner's own."""
        row, keys = await self._find(partner, address)
        ledger = Ledger(self._ctx)
        courier = Courier(self._ctx, self._transport, ledger)
        async with self._transport.line() as line:
            what = (notice.id, notice.type, "push", 1)
            answer = await courier.post(line, row, msgspec.json.encode(notice), keys, what)
        await ledger.flush()
        if not answer.accepted:
            raise NotTaken(answer.error)

    async def _find(self, partner: int, address: str) -> tuple[Endpoint, list[str]]:
        """The endpoint, and the secrets of all of the partner's that share its URL: whichever of them it checks."""
        named = or_(Endpoint.id == address, Endpoint.url == address)
        async with self._ctx.session(endpoints.NOBODY) as session:
            rows = list(
                await session.scalars(
                    select(Endpoint).where(Endpoint.partner == partner, named).order_by(Endpoint.created)
                )
            )
        if not rows:
            raise LookupError("No endpoint has this id or URL; register it at /webhooks/endpoints first.")
        return rows[0], [key for row in rows for key in endpoints.keys(self._ctx, row, now())]
