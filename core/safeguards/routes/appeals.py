"""HTTP of appeals."""

from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.db import Database
from core.safeguards import appeals, docket
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.appeals import AppealIn, AppealOut, AppealPage, AppealState, Look, Ruling
from core.wire.common import Count, PageSize
from core.wire.scopes import Scope

_ONE = "/appeals/{id:str}"


async def _shown(db: Database, principal: Principal, id: str, status: int = 200) -> Response[AppealOut]:
    async with db.snapshot(principal.partner) as session:
        found = await docket.read(session, principal, await docket.find(session, principal, id))
    location = f"/v1/appeals/{id}" if status == 201 else None
    return answers.versioned(found, found.version, status=status, location=location)


@post("/appeals", operation_id="OpenAppeal", **scoped(Scope.APPEALS_WRITE))
async def open_appeal(
    data: JSONBody[AppealIn], principal: Principal, db: Database, writer: SignalWriter, kinds: Kinds
) -> Response[AppealOut]:
    """Appeal against a signal for whoever it harms: one call for every platform that acted on it.

    The signal is withheld at once if it scores low, else when a reviewer has looked. 409 while another appeal of it is
    open. Your own claims you retract.
    """
    return await _shown(db, principal, await appeals.open_one(db, writer, kinds, principal, data), 201)


@get("/appeals", operation_id="ListAppeals", **scoped(Scope.APPEALS_WRITE))
async def list_appeals(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    in_state: Annotated[AppealState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[AppealPage]:
    """Appeals that you brought, or that ask you as a platform; reviewers read all of them."""
    return answers.page(request, await docket.page(snapshot, principal, in_state, after, limit))


@get(_ONE, operation_id="ReadAppeal", **scoped(Scope.APPEALS_WRITE))
async def read_appeal(id: str, principal: Principal, db: Database) -> Response[AppealOut]:
    """One appeal, with what each platform said, and the ETag to decide it by."""
    return await _shown(db, principal, id)


@post(f"{_ONE}/look", operation_id="LookAtAppeal", status_code=200, **scoped(Scope.APPEALS_REVIEW))
async def look_at_appeal(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[Look],
    principal: Principal,
    db: Database,
    writer: SignalWriter,
) -> Response[AppealOut]:
    """The first look at an appeal whose signal scores too high to be withheld on one voice.

    403 for who submitted the signal, asked for its takedown or brought the appeal.
    """
    await appeals.look(db, writer, principal, id, data, partial(answers.require_match, request))
    return await _shown(db, principal, id)


@post(f"{_ONE}/ruling", operation_id="RuleOnAppeal", status_code=200, **scoped(Scope.APPEALS_REVIEW))
async def rule_on_appeal(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[Ruling],
    principal: Principal,
    db: Database,
    writer: SignalWriter,
) -> Response[AppealOut]:
    """Decide an appeal when the platforms have said what they think: `upheld`, and the signal stands; or `reversed`.

    Reversed, every claim on the signal is closed and each platform that has not undone its decision is asked to. 403 as
    for the first look; 409 while platforms have not answered, unless you decide without them.
    """
    await appeals.rule(db, writer, principal, id, data, partial(answers.require_match, request))
    return await _shown(db, principal, id)


@post(f"{_ONE}/withdrawal", operation_id="WithdrawAppeal", status_code=200, **scoped(Scope.APPEALS_WRITE))
async def withdraw_appeal(
    request: Request[Any, Any, Any], id: str, principal: Principal, db: Database, writer: SignalWriter
) -> Response[AppealOut]:
    """Take an appeal back. What it withheld is distributed again."""
    await appeals.withdraw(db, writer, principal, id, partial(answers.require_match, request))
    return await _shown(db, principal, id)


handlers = [open_appeal, list_appeals, read_appeal, look_at_appeal, rule_on_appeal, withdraw_appeal]
