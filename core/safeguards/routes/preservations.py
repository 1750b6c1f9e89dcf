"""HTTP of preservation requests and the custody of what was preserved."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.auth.tokens import Tokens
from core.db import Database
from core.log import head
from core.safeguards import custody, preservations
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.wire.common import Count, PageSize
from core.wire.preservations import (
    CustodyIn,
    CustodyOut,
    PreservationIn,
    PreservationMove,
    PreservationOut,
    PreservationPage,
    PreservationState,
    Renewal,
    SignedManifest,
)
from core.wire.scopes import Scope

_ONE = "/preservations/{id:str}"


@post("/preservations", operation_id="RequestPreservation", **scoped(Scope.TAKEDOWNS_REQUEST))
async def request_preservation(
    data: JSONBody[PreservationIn], principal: Principal, db: Database, kinds: Kinds, keys: Keys, guard: Guard
) -> Response[PreservationOut]:
    """Ask a platform to keep what it has of a target until you fetch it with the right to it."""
    platform, target = await preservations.target_of(db, principal, data, kinds, keys, guard)
    async with head.edge(db, principal.partner, principal.client, "RequestPreservation") as session:
        row = await preservations.request(session, principal, data, platform, target)
        made = await preservations.read(session, row)
    return answers.versioned(made, made.version, status=201, location=f"/v1/preservations/{made.id}")


@get("/preservations", operation_id="ListPreservations", **scoped(Scope.TAKEDOWNS_READ))
async def list_preservations(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    in_state: Annotated[PreservationState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[PreservationPage]:
    """What you asked for, or are asked for, in the order in which it was."""
    return answers.page(request, await preservations.page(snapshot, principal, in_state, after, limit))


@get(_ONE, operation_id="ReadPreservation", **scoped(Scope.TAKEDOWNS_READ))
async def read_preservation(id: str, principal: Principal, snapshot: AsyncSession) -> Response[PreservationOut]:
    """One request, with the ETag to move it by."""
    found = await preservations.read(snapshot, await preservations.find(snapshot, principal, id))
    return answers.versioned(found, found.version)


@post(f"{_ONE}/moves", operation_id="MovePreservation", status_code=200, **scoped(Scope.TAKEDOWNS_READ))
async def move_preservation(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[PreservationMove],
    principal: Principal,
    session: AsyncSession,
) -> Response[PreservationOut]:
    """As the platform: acknowledge, preserve, refuse. As the partner that asked: release.

    409 names what is legal instead. Nobody else can move it.
    """
    row = await preservations.find(session, principal, id)
    answers.require_match(request, row.version)
    await preservations.move(session, principal, row, data)
    found = await preservations.read(session, row)
    return answers.versioned(found, found.version)


@post(f"{_ONE}/renewals", operation_id="RenewPreservation", status_code=200, **scoped(Scope.TAKEDOWNS_REQUEST))
async def renew_preservation(
    request: Request[Any, Any, Any], id: str, data: JSONBody[Renewal], principal: Principal, session: AsyncSession
) -> Response[PreservationOut]:
    """One more term, from the end of the one that runs."""
    row = await preservations.find(session, principal, id)
    answers.require_match(request, row.version)
    await preservations.renew(session, principal, row, data.days)
    found = await preservations.read(session, row)
    return answers.versioned(found, found.version)


@post(f"{_ONE}/custody", operation_id="AddCustody", **scoped(Scope.TAKEDOWNS_READ))
async def add_custody(
    id: str, data: JSONBody[CustodyIn], principal: Principal, session: AsyncSession
) -> Response[CustodyOut]:
    """Say what was done with a piece of evidence: collected, handed over, received, verified.

    409 when its digest is not the one that it was collected with.
    """
    row = await preservations.find(session, principal, id)
    return Response(await custody.append(session, principal, row, data), status_code=201)


@get(f"{_ONE}/custody", operation_id="ReadCustody", **scoped(Scope.TAKEDOWNS_READ))
async def read_custody(id: str, principal: Principal, snapshot: AsyncSession, tokens: Tokens) -> SignedManifest:
    """The chain of custody, signed by the hub as it stands now: keep it with the evidence."""
    made = await custody.manifest(snapshot, await preservations.find(snapshot, principal, id))
    return SignedManifest(made, tokens.sign(msgspec.json.encode(made), "custody+json"))


handlers = [
    request_preservation,
    list_preservations,
    read_preservation,
    move_preservation,
    renew_preservation,
    add_custody,
    read_custody,
]
