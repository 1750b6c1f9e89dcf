"""HTTP of payloads in partners' own formats."""

from asyncio import to_thread
from typing import Any

from litestar import Request, post

from core import edge
from core.auth.access import Principal, scoped
from core.connect import inbound
from core.db import Database
from core.edge import CSV, JSON
from core.openapi import takes
from core.plugin.host import PluginHost
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.connect import Connected
from core.wire.scopes import Scope


@post(
    "/connect",
    operation_id="SubmitPayload",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_WRITE),
    **takes({JSON: dict[str, Any] | list[Any], CSV: bytes}),
)
async def submit_payload(
    request: Request[Any, Any, Any],
    principal: Principal,
    plugins: PluginHost,
    db: Database,
    writer: SignalWriter,
    kinds: Kinds,
    keys: Keys,
    guard: Guard,
) -> Connected:
    """Submit a payload in your own format, as agreed for your partner, or in any format that the hub reads.

    What its media type names turns each item into a signal, a retraction or the answer to a takedown request, and each
    has a result of its own; answers need the scope `takedowns:answer`, too. 404 when no connector speaks for your
    partner, 415 when nothing reads that media type, 409 `not_understood` when the payload is not in the format agreed
    upon.
    """
    connector = inbound.connector(plugins, principal, edge.content_type(request))
    payload = await edge.body(request)
    await to_thread(inbound.verify, connector, dict(request.headers.items()), payload)
    return await inbound.take(principal, connector, db, writer, kinds, keys, guard, payload, "SubmitPayload")


handlers = [submit_payload]
