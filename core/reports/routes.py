"""HTTP of reports."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, openapi
from core.auth.access import Principal, scoped
from core.db import Database
from core.edge import JSON
from core.errors import NotFound
from core.plugin.host import PluginHost
from core.reports import reports
from core.reports.tables import CSV, to_csv
from core.wire.common import Count, PageSize
from core.wire.reports import Name, Report, ReportIn, ReportOut, Reports, Section
from core.wire.scopes import Scope


@post("/reports", operation_id="FreezeReport", **scoped(Scope.REPORTS_READ))
async def freeze_report(
    data: JSONBody[ReportIn], principal: Principal, db: Database, plugins: PluginHost
) -> Response[ReportOut]:
    """Freeze a report.

    It counts what your partner may see, or with the scope `reports:national` every partner's figures. Days are days in
    Viet Nam. 409 `empty_period` when the period ends before it begins, `long_period` when it has over 400 days.
    """
    made = await reports.freeze(db, plugins, principal, data)
    return Response(made, headers={"Location": f"/v1/reports/{made.id}"})


@get("/reports", operation_id="ListReports", **scoped(Scope.REPORTS_READ))
async def list_reports(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[Reports]:
    """List your partner's reports, the oldest first."""
    return answers.page(request, await reports.page(snapshot, principal, after, limit))


@get(
    "/reports/{id:str}",
    operation_id="ReadReport",
    **scoped(Scope.REPORTS_READ),
    **openapi.answers({200: {JSON: Report, CSV: str}, 304: None}),
)
async def read_report(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    plugins: PluginHost,
    id: str,
    table: Name = "signals",
) -> Response[bytes]:
    """Read a report as it was frozen.

    As JSON the bytes are the document itself and the ETag is their SHA-256. `Accept: text/csv` gives one table, named
    by `table`. `If-None-Match` is honoured.
    """
    document = await reports.find(snapshot, principal, id)

    def rendered(render: Callable[[Report], bytes]) -> Callable[[], bytes]:
        return lambda: render(msgspec.json.decode(document, type=Report))

    forms = {JSON: lambda: document, CSV: rendered(lambda report: to_csv(_section(report, table)))}
    added = {name: rendered(form.render) for name, form in plugins.report_formats().items()}
    return _unless_known(request, answers.negotiated(request, forms | added))


def _section(report: Report, name: str) -> Section:
    for section in report.sections:
        if section.name == name:
            return section
    names = ", ".join(section.name for section in report.sections)
    raise NotFound(f"The report has no such table; it has {names}.")


def _unless_known(request: Request[Any, Any, Any], answer: Response[bytes]) -> Response[bytes]:
    etag = f'"{hashlib.sha256(answer.content).hexdigest()}"'
    answer.headers.update({"ETag": etag, "Cache-Control": "private, no-cache"})
    if answers.names(request.headers.get("if-none-match", ""), etag, weakly=True):
        return Response(b"", status_code=304, headers=answer.headers)
    return answer


handlers = [freeze_report, list_reports, read_report]
