"""HTTP of reports."""

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, Response, get, post, route
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, files, openapi
from core.auth.access import Principal, scoped
from core.blobs import Blobs, structured
from core.db import Database
from core.reports import remaking, reports
from core.reports.jobs import Reporter
from core.wire.common import Count, PageSize
from core.wire.reports import Remade, ReportIn, ReportOut, Reports, RestatementIn
from core.wire.scopes import Scope

_JOSE = "application/jose"


@post("/reports", operation_id="FreezeReport", status_code=202, **scoped(Scope.REPORTS_READ))
async def freeze_report(data: JSONBody[ReportIn], principal: Principal, session: AsyncSession) -> Response[ReportOut]:
    """Order a report. It is counted, frozen, drawn and signed in the background: follow it at `Location`, or wait for
    the event `report.made`.

    Without a template or a definition it has every section of the hub. Readers `partner`: what your partner may see;
    `national` and `public` need `reports:national`. Days are days in Viet Nam. 409 `empty_period` when the period ends
    before it begins, `long_period` when it has over 400 days, `not_begun` when it lies ahead, `two_definitions` when
    both are sent.
    """
    made = await reports.ask(session, principal, data)
    return Response(made, status_code=202, headers={"Location": f"/v1/reports/{made.id}"})


@get("/reports", operation_id="ListReports", **scoped(Scope.REPORTS_READ))
async def list_reports(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[Reports]:
    """List your partner's reports and public ones that are made, the first ordered first."""
    return answers.page(request, await reports.page(snapshot, principal, after, limit))


@get("/reports/{id:str}", operation_id="ReadReport", **scoped(Scope.REPORTS_READ))
async def read_report(principal: Principal, snapshot: AsyncSession, id: str) -> ReportOut:
    """How far a report is, and its files."""
    return await reports.find(snapshot, principal, id)


@route(
    "/reports/{id:str}/files/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id="GetReportFile",
    status_code=200,
    **scoped(Scope.REPORTS_READ),
    **openapi.answers({200: {"*/*": bytes}, 206: {"*/*": bytes}, 304: None}),
)
async def get_report_file(
    request: Request[Any, Any, Any], id: str, name: str, principal: Principal, db: Database, blobs: Blobs
) -> Response[Any]:
    """A file of a report, as it was first made. The ETag is its SHA-256; ranges and `If-None-Match` are honoured.

    409 `not_made` until the report is made.
    """
    async with db.snapshot(principal.partner) as snapshot:
        found = await reports.file(snapshot, principal, id, name)
    file = files.File(
        name=f"{id}-{found.name}",
        media_type=found.media_type,
        size=found.size,
        etag=f'"{found.sha256}"',
        digest=structured(found.sha256),
        read=partial(blobs.stream, found.sha256),
    )
    return files.respond(file, files.plan(request.method, request.headers, file))


@get(
    "/reports/{id:str}/manifest",
    operation_id="GetReportManifest",
    **scoped(Scope.REPORTS_READ),
    **openapi.answers({200: {_JOSE: str}}),
)
async def get_report_manifest(principal: Principal, snapshot: AsyncSession, id: str) -> Response[str]:
    """What the hub signs of a report: compact JWS (RFC 7515) over the SHA-256 of every file.

    `kmm report verify` holds a file against it without asking the hub. 409 `not_made` until the report is made.
    """
    return Response(await reports.manifest(snapshot, principal, id), media_type=_JOSE)


@post("/reports/{id:str}/remake", operation_id="RemakeReport", status_code=200, **scoped(Scope.REPORTS_READ))
async def remake_report(principal: Principal, db: Database, reporter: Reporter, id: str) -> Remade:
    """Count and draw a report again, hiding the same, and say whether the same bytes come out.

    Nothing of what was frozen is changed. 409 `not_made` until the report is made, `provisional` for one whose period
    was not over.
    """
    async with db.snapshot(principal.partner) as snapshot:
        row = await reports.row_of(snapshot, principal, id)
    return await remaking.remake(db, reporter, principal, row)


@post("/reports/{id:str}/restatements", operation_id="RestateReport", status_code=202, **scoped(Scope.REPORTS_READ))
async def restate_report(
    data: JSONBody[RestatementIn], principal: Principal, session: AsyncSession, id: str
) -> Response[ReportOut]:
    """State a report again whose figures were wrong: its stretch of the log is counted anew and said in totals, each
    beside what was said before.

    What came late is no error: the next report says it. Of people and cases no total is told that differs by less than
    10 from any version before. 409 `not_made`, `provisional` for one whose period was not over, `restating` for a
    restatement and beside another.
    """
    made = await reports.restate(session, principal, id, data.reason)
    return Response(made, status_code=202, headers={"Location": f"/v1/reports/{made.id}"})


handlers = [
    freeze_report,
    list_reports,
    read_report,
    get_report_file,
    get_report_manifest,
    remake_report,
    restate_report,
]
