"""One attempt: signed now, sent on the endpoint's own connection, noted with its answer."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from core.sdk import JSON, Context, EventOut, from_micros, now
from plugins.webhooks import endpoints
from plugins.webhooks.address import Refused, check_url
from plugins.webhooks.ledger import Ledger
from plugins.webhooks.models import Endpoint
from plugins.webhooks.signing import signed
from plugins.webhooks.transport import Answer, Line, Transport

AGENT = "KhongMotMinh-Webhooks/1"
_AT_ONCE = 200
"""Attempts at the same time. An endpoint makes one live attempt and one replay at a time, so none can use them up."""


class Courier:
    """What all deliveries of a process share."""

    def __init__(self, ctx: Context, transport: Transport, ledger: Ledger) -> None:
        self.ctx = ctx
        self.transport = transport
        self.ledger = ledger
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def send(self, line: Line, row: Endpoint, event: EventOut, cause: str, attempt: int) -> Answer:
        """Raises nothing that a receiver could cause."""
        keys = endpoints.keys(self.ctx, row, now())
        body = msgspec.json.encode(event)
        return await self.post(line, row, body, keys, (event.id, event.type, cause, attempt))

    async def post(
        self, line: Line, row: Endpoint, body: bytes, keys: Sequence[str], what: tuple[str, str, str, int]
    ) -> Answer:
        """Any JSON under any id; `what` is id, type, cause and number of the attempt."""
        await self.ledger.room()
        async with self._turns:
            at = now()
            headers = {"Content-Type": JSON, "User-Agent": AGENT, **signed(what[0], from_micros(at), body, keys)}
            try:
                target = check_url(row.url, self.ctx.settings.ports, self.ctx.settings.allow)
            except Refused as exc:
                answer = Answer(None, f"refused: {exc}", 0.0)
            else:
                answer = await line.post(target, headers, body)
        self.ledger.note(_noted(row, at, headers, answer, what))
        return answer


def _noted(
    row: Endpoint, at: int, headers: dict[str, str], answer: Answer, what: tuple[str, str, str, int]
) -> dict[str, Any]:
    webhook_id, kind, cause, attempt = what
    shown = {name: value for name, value in headers.items() if name != "webhook-signature"}
    return {
        "endpoint": row.id,
        "cause": cause,
        "webhook_id": webhook_id,
        "type": kind,
        "attempt": attempt,
        "at": at,
        "duration": round(answer.seconds * 1_000),
        "status": answer.status,
        "error": answer.error,
        "request": msgspec.json.encode(shown).decode(),
        "response": msgspec.json.encode(answer.headers).decode(),
        "body": answer.body,
    }
