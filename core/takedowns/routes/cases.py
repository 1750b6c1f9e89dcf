"""HTTP of cases: asking, reading, answering, giving up."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers as http
from core import edge, times
from core.auth.access import Principal, scoped
from core.db import Database
from core.errors import Forbidden, Invalid
from core.log import head
from core.openapi import takes_bulk
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.takedowns import answers, asking, cases, listing, parties, requests
from core.wire.answers import AnswerIn, AnswersTaken, MoveIn, RequestWithdrawal
from core.wire.clock import Priority
from core.wire.common import Count, FieldError, PageSize, Time
from core.wire.scopes import PartnerKind, Scope
from core.wire.takedowns import (
    Outcomes,
    Role,
    TakedownDetail,
    TakedownIn,
    TakedownPage,
    TakedownsRequested,
    TakedownState,
)


class _Bulk(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[msgspec.Raw], Meta(max_length=edge.AT_ONCE)]


_bulk = msgspec.json.Decoder(_Bulk)
_ASKED = {
    "target": {"url": "https://gift.example/claim"},
    "platforms": ["tiktok"],
    "basis": {"kind": "authority_order", "order_number": "12/QĐ-A05", "issuer": "A05", "date": "2026-10-20"},
    "category": "phishing",
    "priority": "urgent",
    "reason": "It takes the deposit of a scholarship that does not exist.",
}
# Litestar would take a bare number for a time.
_Moment = Annotated[str, Meta(max_length=40, extra_json_schema={"format": "date-time"})]
_SAID = {"takedown": "tkd_aaaaaaaaaaaaaaaaaaaaaaaaaa", "state": "acknowledged"}


@post(
    "/takedowns",
    operation_id="RequestTakedowns",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.TAKEDOWNS_REQUEST),
    **takes_bulk("items", TakedownIn, example=_ASKED),
)
async def request_takedowns(
    request: Request[Any, Any, Any], principal: Principal, db: Database, kinds: Kinds, keys: Keys, guard: Guard
) -> TakedownsRequested:
    """Ask platforms to act on signals or addresses; each item is answered for each of its platforms.

    There is one open case for a target at a platform: who asks for the same joins it. A join brings the deadline
    forward or leaves it, and raises the priority or leaves it. Once the platform has answered, a new request opens
    another case. The same again changes nothing. Items times platforms may be 10,000.

    Rejected are `platform_cannot_see` (a signal that the platform does not see itself and that is not your own
    claim), `guarded` (on the negative list), `unknown_platform`, `unknown_signal`, `personal_data`,
    `too_many_requests` and `too_many_open` (the limits are those of the signal policy); 429 when no item has room.
    """
    sent = edge.decode(await edge.json_body(request), _bulk).items
    asked = await asking.read(db, principal, kinds, keys, guard, sent)
    async with head.edge(db, principal.partner, principal.client, "RequestTakedowns") as session:
        return await requests.request(session, principal, asked)


@get("/takedowns", operation_id="ListTakedowns", **scoped(Scope.TAKEDOWNS_READ))
async def list_takedowns(
    request: Request[Any, Any, Any],
    principal: Principal,
    db: Database,
    in_state: Annotated[TakedownState | None, QueryParameter(name="state")] = None,
    priority: Priority | None = None,
    due_before: _Moment | None = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[TakedownPage]:
    """List the cases that you are a party of: a platform's queue, or what you asked for; in the order of opening.

    What a platform reads here for the first time is `notified` from then on.
    """
    wanted = listing.Filter(in_state, priority, None if due_before is None else _micros(due_before))
    async with db.snapshot(principal.partner) as snapshot:
        found = await listing.page(snapshot, principal, wanted, after, limit)
    shown = [one.id for one in found.takedowns if one.state is TakedownState.REQUESTED]
    await _notify(db, principal, shown, "ListTakedowns")
    return http.page(request, found)


@get("/takedowns/{id:str}", operation_id="ReadTakedown", **scoped(Scope.TAKEDOWNS_READ))
async def read_takedown(id: str, principal: Principal, db: Database) -> Response[TakedownDetail]:
    """Read a case with its history, its outcomes and how often the account behind it was acted against.

    Who asks sees its own request in full; of the others, that there are some and what they are about.
    """
    async with db.snapshot(principal.partner) as snapshot:
        found = await listing.read(snapshot, principal, await cases.find(snapshot, principal, id))
    if found.state is TakedownState.REQUESTED:
        await _notify(db, principal, [found.id], "ReadTakedown")
    return http.versioned(found, found.version)


def _micros(text: str) -> int:
    try:
        return times.to_micros(msgspec.convert(text, Time))
    except msgspec.ValidationError as exc:
        fault = FieldError("/due_before", "invalid_query", str(exc))
        raise Invalid("due_before is a time of RFC 3339 with its zone.", errors=[fault]) from None


async def _notify(db: Database, principal: Principal, shown: list[str], operation: str) -> None:
    """After the read, in a transaction of its own: a snapshot writes nothing."""
    if shown and principal.kind is PartnerKind.PLATFORM:
        async with head.edge(db, principal.partner, principal.client, operation) as session:
            await cases.notify(session, shown)


@post(
    "/takedowns/answers",
    operation_id="AnswerTakedowns",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.TAKEDOWNS_ANSWER),
    **takes_bulk("items", AnswerIn, example=_SAID),
)
async def answer_takedowns(
    request: Request[Any, Any, Any], principal: Principal, db: Database, writer: SignalWriter, kinds: Kinds
) -> AnswersTaken:
    """Acknowledge, look into, decide and correct what your platform is asked; up to 10,000, each answered by itself.

    Outcomes use the words of the EU's statements of reasons. To decide again corrects the decision, needs a `reason`
    and keeps the version before. A decision also counts as your opinion on the signal, where you see it.
    """
    said = await answers.read(edge.decode(await edge.json_body(request), _bulk).items)
    async with head.edge(db, principal.partner, principal.client, "AnswerTakedowns") as session:
        taken, told = await answers.take(session, principal, said)
    await answers.opine(principal, writer, kinds, told, "AnswerTakedowns")
    return taken


@post("/takedowns/{id:str}/moves", operation_id="MoveTakedown", status_code=200, **scoped(Scope.TAKEDOWNS_READ))
async def move_takedown(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[MoveIn],
    principal: Principal,
    db: Database,
    writer: SignalWriter,
    kinds: Kinds,
) -> Response[TakedownDetail]:
    """Move one case, as far as your part in it goes.

    A platform needs the scope `takedowns:answer`, who asks `takedowns:request`, the operator `takedowns:manage`. 409
    `illegal_move` lists the states that you may move it to. Send the ETag in `If-Match` to learn (412) that it
    changed meanwhile.
    """
    async with head.edge(db, principal.partner, principal.client, "MoveTakedown") as session:
        case = await cases.find(session, principal, id)
        role = await parties.role_in(session, principal, case)
        _require(principal, role)
        http.require_match(request, case.version)
        told = []
        if (role, data.state) == (Role.REQUESTER, TakedownState.CLOSED):
            await cases.withdraw(session, principal, case, data.reason)
        else:
            told = await answers.move(session, principal, role, case, data)
        await session.flush()
        found = await listing.read(session, principal, case)
    await answers.opine(principal, writer, kinds, told, "MoveTakedown")
    return http.versioned(found, found.version)


_MOVES_BY = {
    Role.PLATFORM: Scope.TAKEDOWNS_ANSWER,
    Role.REQUESTER: Scope.TAKEDOWNS_REQUEST,
    Role.OPERATOR: Scope.TAKEDOWNS_MANAGE,
}


def _require(principal: Principal, role: Role) -> None:
    scope = _MOVES_BY[role]
    if scope not in principal.scopes:
        raise Forbidden(f"The token lacks {scope}, which the {role} of a case moves it with.")


@post(
    "/takedowns/{id:str}/withdrawal",
    operation_id="WithdrawTakedown",
    status_code=200,
    **scoped(Scope.TAKEDOWNS_REQUEST),
)
async def withdraw_takedown(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[RequestWithdrawal],
    principal: Principal,
    session: AsyncSession,
) -> Response[TakedownDetail]:
    """Ask no more. The case is closed with its last request; others who ask go on."""
    case = await cases.find(session, principal, id)
    http.require_match(request, case.version)
    await cases.withdraw(session, principal, case, data.reason)
    await session.flush()
    found = await listing.read(session, principal, case)
    return http.versioned(found, found.version)


@get("/takedowns/{id:str}/outcomes", operation_id="ListOutcomes", **scoped(Scope.TAKEDOWNS_READ))
async def list_outcomes(id: str, principal: Principal, snapshot: AsyncSession) -> Outcomes:
    """Every version of what the platform decided, the first one first."""
    return await listing.outcomes(snapshot, await cases.find(snapshot, principal, id))


handlers = [
    request_takedowns,
    list_takedowns,
    read_takedown,
    answer_takedowns,
    move_takedown,
    withdraw_takedown,
    list_outcomes,
]
