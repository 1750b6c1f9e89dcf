"""HTTP of emergencies, and of who answers them."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.safeguards import emergencies, responsibilities
from core.sealing import Sealer
from core.settings import Settings
from core.wire.common import Count, PageSize
from core.wire.emergencies import (
    EmergencyIn,
    EmergencyOut,
    EmergencyPage,
    EmergencyState,
    Lowering,
    Responsibilities,
    ResponsibilityEnd,
    ResponsibilityIn,
    ResponsibilityOut,
)
from core.wire.scopes import Scope

_ONE = "/emergencies/{id:str}"


async def _shown(
    session: AsyncSession, principal: Principal, id: str, settings: Settings, status: int = 200
) -> Response[EmergencyOut]:
    row = await emergencies.find(session, principal, id)
    found = await emergencies.read(session, principal, row, _sealer(settings))
    location = f"/v1/emergencies/{id}" if status == 201 else None
    return answers.versioned(found, found.version, status=status, location=location)


def _sealer(settings: Settings) -> Sealer:
    return Sealer(settings.secret, b"emergencies")


@post("/emergencies", operation_id="DeclareEmergency", **scoped(Scope.EMERGENCIES_WRITE))
async def declare_emergency(
    data: JSONBody[EmergencyIn], principal: Principal, session: AsyncSession, settings: Settings
) -> Response[EmergencyOut]:
    """A young person is at risk now: the responsible agency and child-protection partner are told at once.

    They are reached through the first of their contacts that works, and the next one when nobody acknowledges. Call
    113, or 111 for a child, as well: this is no substitute. What platforms are to act on goes to POST /v1/takedowns
    with priority `emergency`.
    """
    row = await emergencies.declare(session, principal, data, _sealer(settings))
    return await _shown(session, principal, row.id, settings, 201)


@get("/emergencies", operation_id="ListEmergencies", **scoped(Scope.EMERGENCIES_WRITE))
async def list_emergencies(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    settings: Settings,
    in_state: Annotated[EmergencyState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[EmergencyPage]:
    """Emergencies that you declared or answer, in the order in which they were declared."""
    found = await emergencies.page(snapshot, principal, in_state, after, limit, _sealer(settings))
    return answers.page(request, found)


@get(_ONE, operation_id="ReadEmergency", **scoped(Scope.EMERGENCIES_WRITE))
async def read_emergency(
    id: str, principal: Principal, snapshot: AsyncSession, settings: Settings
) -> Response[EmergencyOut]:
    """One emergency: what it is, who was told, who has acknowledged."""
    return await _shown(snapshot, principal, id, settings)


@post(
    f"{_ONE}/acknowledgement", operation_id="AcknowledgeEmergency", status_code=200, **scoped(Scope.EMERGENCIES_WRITE)
)
async def acknowledge_emergency(
    id: str, principal: Principal, session: AsyncSession, settings: Settings
) -> Response[EmergencyOut]:
    """Say that your partner has it and acts. No further contact of yours is tried."""
    await emergencies.acknowledge(session, principal, await emergencies.find(session, principal, id))
    return await _shown(session, principal, id, settings)


@post(f"{_ONE}/lowering", operation_id="LowerEmergency", status_code=200, **scoped(Scope.EMERGENCIES_WRITE))
async def lower_emergency(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[Lowering],
    principal: Principal,
    session: AsyncSession,
    settings: Settings,
) -> Response[EmergencyOut]:
    """Say that it is over. It takes two people, each with a client of their own, one of them of those who answer."""
    row = await emergencies.find(session, principal, id)
    answers.require_match(request, row.version)
    await emergencies.lower(session, principal, row, data.reason)
    return await _shown(session, principal, id, settings)


@post(f"{_ONE}/continuation", operation_id="KeepEmergency", status_code=200, **scoped(Scope.EMERGENCIES_WRITE))
async def keep_emergency(
    id: str, principal: Principal, session: AsyncSession, settings: Settings
) -> Response[EmergencyOut]:
    """Say that it is not over, when one of two has said that it is."""
    await emergencies.keep_up(session, principal, await emergencies.find(session, principal, id))
    return await _shown(session, principal, id, settings)


@get("/responsibilities", operation_id="ListResponsibilities", **scoped(Scope.TAKEDOWNS_READ))
async def list_responsibilities(snapshot: AsyncSession) -> Responsibilities:
    """Who answers emergencies where, and since when."""
    return await responsibilities.listing(snapshot)


@post("/responsibilities", operation_id="AddResponsibility", **scoped(Scope.TAKEDOWNS_MANAGE))
async def add_responsibility(
    data: JSONBody[ResponsibilityIn], principal: Principal, session: AsyncSession
) -> ResponsibilityOut:
    """Name who answers, from a day on."""
    return await responsibilities.add(session, principal, data)


@post(
    "/responsibilities/{id:str}/end",
    operation_id="EndResponsibility",
    status_code=200,
    **scoped(Scope.TAKEDOWNS_MANAGE),
)
async def end_responsibility(
    id: str, data: JSONBody[ResponsibilityEnd], principal: Principal, session: AsyncSession
) -> ResponsibilityOut:
    """Let a row hold no longer, from a day on."""
    return await responsibilities.end(session, principal, id, data.valid_until)


handlers = [
    declare_emergency,
    list_emergencies,
    read_emergency,
    acknowledge_emergency,
    lower_emergency,
    keep_emergency,
    list_responsibilities,
    add_responsibility,
    end_responsibility,
]
