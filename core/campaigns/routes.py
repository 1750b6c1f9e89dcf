"""HTTP of campaigns and activities."""

import asyncio
import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, edge, times
from core.auth.access import Principal, scoped
from core.campaigns import activities, campaigns, goals, points, provinces, strands
from core.campaigns.places import communes, names
from core.campaigns.sheets import imports, opening, returned
from core.db import Database
from core.edge import CSV, JSON
from core.log import head
from core.openapi import answers as declared
from core.openapi import takes, takes_bulk
from core.wire.campaigns import (
    ActivitiesSubmitted,
    ActivityIn,
    ActivityKind,
    ActivityPage,
    CampaignIn,
    CampaignOut,
    CampaignPage,
    CampaignPatch,
    ConnectionPointPage,
    GapPage,
    GoalsProgress,
    Strands,
)
from core.wire.common import Count, Line, PageSize, Slug
from core.wire.places import CommuneCode, CommuneMatch, CommunePage, ProvinceCode, Provinces
from core.wire.scopes import Scope
from core.wire.sheets import SheetReport


@post("/campaigns", operation_id="CreateCampaign", **scoped(Scope.CAMPAIGNS_WRITE))
async def create_campaign(
    data: JSONBody[CampaignIn], principal: Principal, session: AsyncSession
) -> Response[CampaignOut]:
    """Found a campaign.

    409 when another campaign has the slug.
    """
    made = await campaigns.create(session, principal, data)
    return answers.versioned(made, made.version, status=201, location=f"/v1/campaigns/{made.slug}")


@get("/campaigns", operation_id="ListCampaigns", **scoped(Scope.CAMPAIGNS_READ))
async def list_campaigns(
    request: Request[Any, Any, Any], snapshot: AsyncSession, after: Slug | None = None, limit: PageSize = 1_000
) -> Response[CampaignPage]:
    """Every campaign, in the order of their slugs."""
    return answers.page(request, await campaigns.page(snapshot, after or "", limit))


@get("/campaigns/{slug:str}", operation_id="GetCampaign", **scoped(Scope.CAMPAIGNS_READ))
async def get_campaign(slug: str, snapshot: AsyncSession) -> Response[CampaignOut]:
    """One campaign, with the ETag to change it by."""
    found = await campaigns.read(snapshot, slug)
    return answers.versioned(found, found.version)


@patch("/campaigns/{slug:str}", operation_id="ChangeCampaign", **scoped(Scope.CAMPAIGNS_WRITE))
async def change_campaign(
    request: Request[Any, Any, Any],
    slug: str,
    data: JSONBody[CampaignPatch],
    principal: Principal,
    session: AsyncSession,
) -> Response[CampaignOut]:
    """Change what the body names.

    For the partner that founded it and the operator. Send the ETag in `If-Match` to learn (412) that someone else
    changed it meanwhile.
    """
    row = await campaigns.find(session, slug)
    answers.require_match(request, row.version)
    changed = await campaigns.change(session, principal, row, data)
    return answers.versioned(changed, changed.version)


class _Bulk(msgspec.Struct, forbid_unknown_fields=True):
    activities: Annotated[list[msgspec.Raw], Meta(max_length=edge.AT_ONCE)]


_bulk = msgspec.json.Decoder(_Bulk)
_ACTIVITY = {
    "kind": "seminar",
    "title": "Không Một Mình ở trường em",
    "place": {"province": "01"},
    "date": "2026-10-20",
    "audience": {"classes": 12, "participants": 480},
}


@post(
    "/campaigns/{slug:str}/activities",
    operation_id="SubmitActivities",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.CAMPAIGNS_WRITE),
    **takes_bulk("activities", ActivityIn, example=_ACTIVITY),
)
async def submit_activities(
    request: Request[Any, Any, Any], slug: str, principal: Principal, db: Database
) -> ActivitiesSubmitted:
    """Tell of up to 10,000 activities; each is answered by itself.

    Sent again under the same `external_id` an activity of yours is updated, or unchanged.
    """
    # Read first: the log is locked while a writing session is open, and a body and its items take their time.
    items = activities.read(edge.decode(await edge.json_body(request), _bulk).activities)
    async with head.edge(db, principal.partner, principal.client, "SubmitActivities") as session:
        row = await campaigns.find(session, slug)
        return await activities.submit(session, principal, row.slug, items)


@post(
    "/campaigns/{slug:str}/activities/sheet",
    operation_id="ImportActivities",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.CAMPAIGNS_WRITE),
    **takes({opening.XLSX: bytes, CSV: bytes}),
    **declared({200: {JSON: SheetReport, opening.XLSX: bytes}}),
)
async def import_activities(
    request: Request[Any, Any, Any], slug: str, principal: Principal, db: Database, kind: ActivityKind | None = None
) -> Response[bytes]:
    """Take in a spreadsheet of up to 10,000 activities: good rows are stored, every bad cell is explained.

    The file is the body: XLSX or CSV, up to 10 MiB. Columns are known by their headers, in Vietnamese or English; in a
    sheet without a column of kinds each row is of the `kind` given. Communes may be told by code or by name, former
    names too. With XLSX in `Accept` your own sheet comes back, with its bad cells marked; mend it and send it again
    whole. A row is known by its own key (column `id` or `mã`), or else by its kind, title, date and place, so what was
    taken already is unchanged.
    """
    data = await edge.body(request, opening.LIMIT)
    sheet = await asyncio.to_thread(imports.read, data, edge.content_type(request), kind)
    async with head.edge(db, principal.partner, principal.client, "ImportActivities") as session:
        row = await campaigns.find(session, slug)
        stored = await activities.submit(session, principal, row.slug, sheet.activities())
    return answers.negotiated(
        request,
        {
            JSON: lambda: msgspec.json.encode(imports.report(sheet, stored)),
            opening.XLSX: lambda: returned.workbook(sheet),
        },
    )


@get("/campaigns/{slug:str}/activities", operation_id="ListActivities", **scoped(Scope.CAMPAIGNS_READ))
async def list_activities(
    request: Request[Any, Any, Any],
    slug: str,
    principal: Principal,
    snapshot: AsyncSession,
    province: ProvinceCode | None = None,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[ActivityPage]:
    """Activities of a campaign in the order in which they arrived, from `since` to before `until`."""
    provinces.require(province)
    row = await campaigns.find(snapshot, slug)
    wanted = activities.Filter(province, since, until)
    return answers.page(request, await activities.page(snapshot, principal, row.slug, wanted, after, limit))


@get("/activities/{id:str}/points", operation_id="ListConnectionPoints", **scoped(Scope.CAMPAIGNS_READ))
async def list_connection_points(
    request: Request[Any, Any, Any], id: str, snapshot: AsyncSession, after: Count = 0, limit: PageSize = 1_000
) -> Response[ConnectionPointPage]:
    """Connection points of an activity, in the order in which they were told."""
    return answers.page(request, await points.page(snapshot, id, after, limit))


@get("/campaigns/{slug:str}/goals", operation_id="GetGoalsProgress", **scoped(Scope.CAMPAIGNS_READ))
async def get_goals_progress(slug: str, snapshot: AsyncSession) -> GoalsProgress:
    """How far each goal of a campaign is reached, counted now."""
    return await goals.progress(snapshot, await campaigns.find(snapshot, slug), times.today())


@get("/campaigns/{slug:str}/gaps", operation_id="ListGaps", **scoped(Scope.CAMPAIGNS_READ))
async def list_gaps(
    request: Request[Any, Any, Any],
    slug: str,
    snapshot: AsyncSession,
    goal: Slug | None = None,
    province: ProvinceCode | None = None,
    after: CommuneCode | None = None,
    limit: PageSize = 10_000,
) -> Response[GapPage]:
    """Communes in which nothing was done yet, by their codes: the list of what is left to do.

    `goal` is one of the campaign that counts communes; absent, any activity or connection point covers its commune.
    """
    today = times.today()
    provinces.require(province, today)
    row = await campaigns.find(snapshot, slug)
    return answers.page(request, await goals.gaps(snapshot, row, goal, today, province, after or "", limit))


@get("/strands", operation_id="ListStrands", sync_to_thread=False, **scoped(Scope.CAMPAIGNS_READ))
def list_strands() -> Strands:
    """The strands of the campaign, by which its reports are divided."""
    return Strands(strands=tuple(strands.ALL.values()))


@get("/provinces", operation_id="ListProvinces", sync_to_thread=False, **scoped(Scope.CAMPAIGNS_READ))
def list_provinces() -> Provinces:
    """Codes and names of the provinces and centrally run cities, and from when they hold."""
    return Provinces(provinces=provinces.ALL)


@get("/communes", operation_id="ListCommunes", sync_to_thread=False, **scoped(Scope.CAMPAIGNS_READ))
def list_communes(
    request: Request[Any, Any, Any],
    province: ProvinceCode | None = None,
    day: datetime.date | None = None,
    after: CommuneCode | None = None,
    limit: PageSize = 10_000,
) -> Response[CommunePage]:
    """Communes, wards and special zones in force on `day` (today, in Viet Nam, when absent), by their codes."""
    day = day or times.today()
    provinces.require(province, day)
    return answers.page(request, communes.page(day, province, after or "", limit))


@get("/communes/match", operation_id="MatchCommune", sync_to_thread=True, **scoped(Scope.CAMPAIGNS_READ))
def match_commune(name: Line, province: Line | None = None, day: datetime.date | None = None) -> CommuneMatch:
    """What the name of a commune means, typed with or without tone marks; names of before July 2025 are understood.

    `province` is a name or a code, of before July 2025 too. Where several fit equally they are offered, and none is
    meant. 400 for a province that is not known.
    """
    return names.match(name, province, day or times.today())


handlers = [
    create_campaign,
    list_campaigns,
    get_campaign,
    change_campaign,
    submit_activities,
    import_activities,
    list_activities,
    list_connection_points,
    get_goals_progress,
    list_gaps,
    list_strands,
    list_provinces,
    list_communes,
    match_commune,
]
