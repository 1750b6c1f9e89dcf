"""HTTP of endpoints, their deliveries and replays."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import STRICT, Context, Count, Principal, Scope, page, require_match, scoped, versioned
from plugins.webhooks import deliveries, endpoints, replays
from plugins.webhooks.wire import (
    DeliveryPage,
    EndpointIn,
    EndpointList,
    EndpointMade,
    EndpointOut,
    EndpointPatch,
    ReplayIn,
    ReplayList,
    ReplayOut,
    RotationIn,
    SecretOut,
)

_MINE = scoped(Scope.WEBHOOKS_WRITE) | STRICT
_BASE = "/webhooks/endpoints"
DeliveryLimit = Annotated[int, Meta(ge=1, le=1_000)]


@post("/endpoints", operation_id="CreateEndpoint", **_MINE)
async def create_endpoint(
    data: JSONBody[EndpointIn], principal: Principal, session: AsyncSession, ctx: Context
) -> Response[EndpointMade]:
    """Have events delivered to a URL, from now on; the answer is the only one that shows the secret.

    Each delivery is a POST of one event, signed as Standard Webhooks say, in order, and repeated until a 2xx answers
    it: after about 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, then the endpoint is disabled. Redirects
    are not followed, 410 disables at once, `Retry-After` of 429 and 503 is waited for. An answer has 15 s and 64 kB.
    Apply each `webhook-id` once: the same event may come again.
    """
    made = await endpoints.create(session, principal, ctx, data)
    return versioned(made, made.version, status=201, location=f"{_BASE}/{made.id}")


@get("/endpoints", operation_id="ListEndpoints", **_MINE)
async def list_endpoints(principal: Principal, snapshot: AsyncSession) -> EndpointList:
    """Your endpoints, and how far each has come."""
    return EndpointList(tuple(await endpoints.listing(snapshot, principal)))


@get("/endpoints/{name:str}", operation_id="GetEndpoint", **_MINE)
async def get_endpoint(name: str, principal: Principal, snapshot: AsyncSession) -> Response[EndpointOut]:
    """One endpoint, with the ETag to change it by."""
    found = endpoints.to_wire(await endpoints.find(snapshot, principal, name))
    return versioned(found, found.version)


@patch("/endpoints/{name:str}", operation_id="ChangeEndpoint", **_MINE)
async def change_endpoint(
    request: Request[Any, Any, Any],
    name: str,
    data: JSONBody[EndpointPatch],
    principal: Principal,
    session: AsyncSession,
    ctx: Context,
) -> Response[EndpointOut]:
    """Change what the body names; `state: enabled` takes deliveries up again, where they stood or from now."""
    row = await endpoints.find(session, principal, name)
    require_match(request, row.version)
    changed = await endpoints.change(session, ctx, row, data)
    return versioned(changed, changed.version)


@delete("/endpoints/{name:str}", operation_id="DeleteEndpoint", **_MINE)
async def delete_endpoint(name: str, principal: Principal, session: AsyncSession) -> None:
    """Deliver nothing more; an attempt that is under way may still arrive."""
    await endpoints.delete(session, await endpoints.find(session, principal, name))


@post("/endpoints/{name:str}/secrets", operation_id="RotateSecret", **_MINE)
async def rotate_secret(
    name: str, data: JSONBody[RotationIn], principal: Principal, session: AsyncSession, ctx: Context
) -> SecretOut:
    """Replace the secret; until the overlap ends, deliveries carry a signature by each of the two."""
    return await endpoints.rotate(session, ctx, await endpoints.find(session, principal, name), data)


@get("/endpoints/{name:str}/deliveries", operation_id="ListDeliveries", **_MINE)
async def list_deliveries(
    request: Request[Any, Any, Any],
    name: str,
    principal: Principal,
    snapshot: AsyncSession,
    webhook_id: Annotated[str, Meta(pattern="^[a-z0-9_]{1,64}$")] | None = None,
    after: Count = 0,
    limit: DeliveryLimit = 100,
) -> Response[DeliveryPage]:
    """Every attempt of the last 30 days, the newest first: what was sent, what was answered, how long it took."""
    row = await endpoints.find(snapshot, principal, name)
    return page(request, await deliveries.page(snapshot, row.id, webhook_id, after, limit))


@post("/endpoints/{name:str}/replays", operation_id="ReplayEvents", status_code=202, **_MINE)
async def replay_events(name: str, data: JSONBody[ReplayIn], principal: Principal, session: AsyncSession) -> ReplayList:
    """Send events again, single ones or a range, under their ids and beside the live order, which goes on."""
    row = await endpoints.find(session, principal, name)
    return ReplayList(tuple(await replays.ask(session, principal, row, data)))


@get("/endpoints/{name:str}/replays", operation_id="ListReplays", **_MINE)
async def list_replays(name: str, principal: Principal, snapshot: AsyncSession) -> ReplayList:
    """The last hundred replays and pings, the newest first."""
    return ReplayList(tuple(await replays.listing(snapshot, await endpoints.find(snapshot, principal, name))))


@post("/endpoints/{name:str}/pings", operation_id="PingEndpoint", status_code=202, **_MINE)
async def ping_endpoint(name: str, principal: Principal, session: AsyncSession) -> ReplayOut:
    """Send one `webhook.ping` at once, also to a disabled endpoint; how it went stands among the deliveries."""
    return await replays.ping(session, await endpoints.find(session, principal, name))


handlers = [
    create_endpoint,
    list_endpoints,
    get_endpoint,
    change_endpoint,
    delete_endpoint,
    rotate_secret,
    list_deliveries,
    replay_events,
    list_replays,
    ping_endpoint,
]
