"""HTTP of ad-hoc cuts."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, openapi
from core.auth.access import Principal, scoped
from core.edge import JSON
from core.reports import cuts
from core.wire.common import Count, PageSize
from core.wire.cuts import CutIn, CutOut, Cuts
from core.wire.scopes import Scope

PARQUET = "application/vnd.apache.parquet"


@post("/report-cuts", operation_id="AskReportCut", status_code=202, **scoped(Scope.REPORTS_READ))
async def ask_report_cut(data: JSONBody[CutIn], principal: Principal, session: AsyncSession) -> Response[CutOut]:
    """Ask what no report answers, over a month, quarter or year that is over. It is counted beside the server; read it
    again.

    Figures are moved at random and rounded to 5, never exact, and do not add up; nothing below 10 is shown. What you
    ask is kept. 409 names the field by which it cannot be counted; 429 after 200 in a day.
    """
    made = await cuts.ask(session, principal, data)
    return Response(made, headers={"Location": f"/v1/report-cuts/{made.id}"})


@get("/report-cuts", operation_id="ListReportCuts", **scoped(Scope.REPORTS_READ))
async def list_report_cuts(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[Cuts]:
    """What your partner asked, the oldest first."""
    return answers.page(request, await cuts.page(snapshot, principal, after, limit))


@get(
    "/report-cuts/{id:str}",
    operation_id="ReadReportCut",
    **scoped(Scope.REPORTS_READ),
    **openapi.answers({200: {JSON: CutOut, PARQUET: bytes}}),
)
async def read_report_cut(
    request: Request[Any, Any, Any], id: str, principal: Principal, snapshot: AsyncSession
) -> Response[bytes]:
    """A cut, and its rows once it is `made`.

    `Accept: application/vnd.apache.parquet` gives them as a file; 409 while there is none.
    """
    row = await cuts.find(snapshot, principal, id)
    if answers.preferred(request, (JSON, PARQUET)) == PARQUET:
        file = await cuts.parquet(snapshot, row)
        return Response(file, media_type=PARQUET, headers={"Vary": "Accept"})
    found = msgspec.json.encode(await cuts.read(snapshot, row))
    return Response(found, media_type=JSON, headers={"Vary": "Accept"})


handlers = [ask_report_cut, list_report_cuts, read_report_cut]
