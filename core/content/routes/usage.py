"""HTTP of reports of use."""

import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, edge, openapi
from core.auth.access import Principal, scoped
from core.content import campaigns, usage
from core.db import Database
from core.log import head
from core.wire.common import Count, PageSize, Slug
from core.wire.content import MaterialId
from core.wire.scopes import Scope
from core.wire.usage import UsageIn, UsagePage, UsageSubmitted, UsageTotals


class _Bulk(msgspec.Struct, forbid_unknown_fields=True):
    usage: Annotated[list[msgspec.Raw], Meta(max_length=edge.AT_ONCE)]


_bulk = msgspec.json.Decoder(_Bulk)
_POST = {
    "material": "mat_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "url": "https://video.example/@kenh/123",
    "platform": "tiktok",
    "date": "2026-10-20",
    "reach": 120000,
}


@post(
    "/usage",
    operation_id="SubmitUsage",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.CONTENT_READ),
    **openapi.takes_bulk("usage", UsageIn, csv=True, example=_POST),
)
async def submit_usage(request: Request[Any, Any, Any], principal: Principal, db: Database) -> UsageSubmitted:
    """Tell of up to 10,000 posts with their reach, as JSON or as CSV with a header; each is answered by itself.

    A post that you told of before is brought up to date.
    """
    if edge.content_type(request) == edge.CSV:
        items = usage.read_csv(await edge.body(request))
    else:
        items = usage.read_json(edge.decode(await edge.json_body(request), _bulk).usage)
    # Read first: the log is locked while a writing session is open, and a body and its items take their time.
    async with head.edge(db, principal.partner, principal.client, "SubmitUsage") as session:
        return await usage.submit(session, principal, items)


@get("/usage", operation_id="ListUsage", **scoped(Scope.CONTENT_READ))
async def list_usage(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    material: MaterialId | None = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[UsagePage]:
    """Your own reports, in the order of their arrival."""
    return answers.page(request, await usage.page(snapshot, principal, material, after, limit))


@get("/usage/totals", operation_id="SumUsage", **scoped(Scope.CONTENT_READ))
async def sum_usage(
    principal: Principal,
    snapshot: AsyncSession,
    material: MaterialId | None = None,
    campaign: Slug | None = None,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
) -> UsageTotals:
    """What everyone reported of your own materials and of those of your campaigns, by material and platform.

    Of others' materials, what you reported yourself. Days from `since` to before `until`.
    """
    await campaigns.require(snapshot, principal, campaign)
    return await usage.totals(snapshot, principal, usage.Filter(material, campaign, since, until))


handlers = [submit_usage, list_usage, sum_usage]
