"""HTTP of templates and schedules."""

from typing import Any

from litestar import Request, Response, delete, get, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.reports import schedules, templates
from core.wire.schedules import ScheduleIn, ScheduleOut, Schedules
from core.wire.scopes import Scope
from core.wire.templates import TemplateIn, TemplateOut, Templates

_TEMPLATE = "/report-templates/{slug:str}"
_SCHEDULE = "/report-schedules/{slug:str}"


@get("/report-templates", operation_id="ListReportTemplates", **scoped(Scope.REPORTS_READ))
async def list_report_templates(principal: Principal, snapshot: AsyncSession) -> Templates:
    """What reports can be ordered by: templates that everybody has, then your partner's own."""
    return await templates.listing(snapshot, principal)


@get(_TEMPLATE, operation_id="ReadReportTemplate", **scoped(Scope.REPORTS_READ))
async def read_report_template(slug: str, principal: Principal, snapshot: AsyncSession) -> Response[TemplateOut]:
    """One template, with the ETag to change it by."""
    found = await templates.find(snapshot, principal, slug)
    return answers.versioned(found, found.version)


@put(_TEMPLATE, operation_id="PutReportTemplate", **scoped(Scope.REPORTS_READ))
async def put_report_template(
    request: Request[Any, Any, Any], slug: str, data: JSONBody[TemplateIn], principal: Principal, session: AsyncSession
) -> Response[TemplateOut]:
    """Make a template of your partner's own, or say it anew; what was made by it stays as it is.

    409 for the slug of a template that everybody has. Send the ETag in `If-Match` to learn (412) that someone else was
    faster.
    """
    answers.require_match(request, await templates.version(session, principal, slug))
    made = await templates.put(session, principal, slug, data)
    return answers.versioned(made, made.version)


@delete(_TEMPLATE, operation_id="DeleteReportTemplate", **scoped(Scope.REPORTS_READ))
async def delete_report_template(slug: str, principal: Principal, session: AsyncSession) -> None:
    """Take away a template of your partner's own. 409 while a schedule orders by it."""
    await templates.remove(session, principal, slug)


@get("/report-schedules", operation_id="ListReportSchedules", **scoped(Scope.REPORTS_READ))
async def list_report_schedules(principal: Principal, snapshot: AsyncSession) -> Schedules:
    """Your partner's schedules, with when each falls due and what it ordered last."""
    return await schedules.listing(snapshot, principal)


@get(_SCHEDULE, operation_id="ReadReportSchedule", **scoped(Scope.REPORTS_READ))
async def read_report_schedule(slug: str, principal: Principal, snapshot: AsyncSession) -> Response[ScheduleOut]:
    """One schedule, with the ETag to change it by."""
    found = await schedules.find(snapshot, principal, slug)
    return answers.versioned(found, found.version)


@put(_SCHEDULE, operation_id="PutReportSchedule", **scoped(Scope.REPORTS_READ))
async def put_report_schedule(
    request: Request[Any, Any, Any], slug: str, data: JSONBody[ScheduleIn], principal: Principal, session: AsyncSession
) -> Response[ScheduleOut]:
    """Order a report once for all, or change such an order; it falls due from now on.

    Each order is what you could ask for yourself at `POST /v1/reports`, for the last period that is over; the event
    `report.made` tells of it, at your webhooks too. A period is ordered once, also where the hub was down meanwhile.
    409 for times that never come and for a template that is not there.
    """
    answers.require_match(request, await schedules.version(session, principal, slug))
    made = await schedules.put(session, principal, slug, data)
    return answers.versioned(made, made.version)


@delete(_SCHEDULE, operation_id="DeleteReportSchedule", **scoped(Scope.REPORTS_READ))
async def delete_report_schedule(slug: str, principal: Principal, session: AsyncSession) -> None:
    """Order no more. Reports that it ordered stay."""
    await schedules.remove(session, principal, slug)


handlers = [
    list_report_templates,
    read_report_template,
    put_report_template,
    delete_report_template,
    list_report_schedules,
    read_report_schedule,
    put_report_schedule,
    delete_report_schedule,
]
