"""HTTP of approval policies and licences."""

import datetime

from litestar import Response, get, post, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, scoped
from core.content import licences, policies
from core.wire.approvals import ApprovalPolicyIn, ApprovalPolicyList, ApprovalPolicyOut
from core.wire.clock import PolicyEnd
from core.wire.licences import AcceptanceIn, AcceptanceOut, LicenceList, LicenceOut, LicenceTextIn
from core.wire.scopes import Scope


@get("/approval-policies", operation_id="ListApprovalPolicies", **scoped(Scope.CONTENT_READ))
async def list_approval_policies(snapshot: AsyncSession, on: datetime.date | None = None) -> ApprovalPolicyList:
    """Who must approve what; with `on`, what is in force on that day in Viet Nam."""
    return await policies.listing(snapshot, on)


@post("/approval-policies", operation_id="AddApprovalPolicy", **scoped(Scope.CONTENT_APPROVE))
async def add_approval_policy(
    data: JSONBody[ApprovalPolicyIn], principal: Principal, session: AsyncSession
) -> Response[ApprovalPolicyOut]:
    """Ask for further approvals of what is published from a day on. For the operator."""
    return Response(await policies.add(session, principal, data), status_code=201)


@post(
    "/approval-policies/{id:str}/end",
    operation_id="EndApprovalPolicy",
    status_code=200,
    **scoped(Scope.CONTENT_APPROVE),
)
async def end_approval_policy(
    id: str, data: JSONBody[PolicyEnd], principal: Principal, session: AsyncSession
) -> ApprovalPolicyOut:
    """End a policy: it holds for nothing that is published from that day on. For the operator."""
    return await policies.end(session, principal, id, data.valid_until)


@get("/licences", operation_id="ListLicences", **scoped(Scope.CONTENT_READ))
async def list_licences(principal: Principal, snapshot: AsyncSession) -> LicenceList:
    """The terms of every licence as they hold now, and when your client accepted them."""
    return await licences.listing(snapshot, principal)


@get("/licences/{ref:str}", operation_id="GetLicence", **scoped(Scope.CONTENT_READ))
async def get_licence(ref: str, principal: Principal, snapshot: AsyncSession) -> LicenceOut:
    """The terms in Vietnamese and English as they hold now, and when your client accepted them."""
    return await licences.read(snapshot, principal, ref)


@put("/licences/{ref:str}", operation_id="PutLicence", **scoped(Scope.CONTENT_APPROVE))
async def put_licence(
    ref: str, data: JSONBody[LicenceTextIn], principal: Principal, session: AsyncSession
) -> LicenceOut:
    """Give a licence other terms: everyone is asked again before the next download. For the operator."""
    return await licences.write(session, principal, ref, data)


@post("/licences/{ref:str}/acceptances", operation_id="AcceptLicence", status_code=200, **scoped(Scope.CONTENT_READ))
async def accept_licence(
    ref: str, data: JSONBody[AcceptanceIn], principal: Principal, session: AsyncSession
) -> AcceptanceOut:
    """Accept the terms that you read, for this client. Without it a download answers 403 (`licence_not_accepted`)."""
    return await licences.accept(session, principal, ref, data)


handlers = [
    list_approval_policies,
    add_approval_policy,
    end_approval_policy,
    list_licences,
    get_licence,
    put_licence,
    accept_licence,
]
