"""HTTP of referrals."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.safeguards import referrals
from core.sealing import Sealer
from core.settings import Settings
from core.wire.common import Count, PageSize
from core.wire.referrals import ReferralIn, ReferralMove, ReferralOut, ReferralPage, ReferralState
from core.wire.scopes import Scope


def _sealer(settings: Settings) -> Sealer:
    return Sealer(settings.secret, b"referral notes")


@post("/referrals", operation_id="OfferReferral", **scoped(Scope.REFERRALS_WRITE))
async def offer_referral(
    data: JSONBody[ReferralIn], principal: Principal, session: AsyncSession, settings: Settings
) -> Response[ReferralOut]:
    """Hand a person over to hotline 111, to a school's psychological support or to others who help.

    Say on which ground, and nothing of who it is: `note` is for the number in your own files.
    """
    row = await referrals.offer(session, principal, data, _sealer(settings))
    made = await referrals.read(session, principal, row, _sealer(settings))
    return answers.versioned(made, made.version, status=201, location=f"/v1/referrals/{made.id}")


@get("/referrals", operation_id="ListReferrals", **scoped(Scope.REFERRALS_WRITE))
async def list_referrals(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    settings: Settings,
    in_state: Annotated[ReferralState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[ReferralPage]:
    """Referrals that you sent or were offered, in the order in which they were."""
    found = await referrals.page(snapshot, principal, in_state, after, limit, _sealer(settings))
    return answers.page(request, found)


@get("/referrals/{id:str}", operation_id="ReadReferral", **scoped(Scope.REFERRALS_WRITE))
async def read_referral(
    id: str, principal: Principal, snapshot: AsyncSession, settings: Settings
) -> Response[ReferralOut]:
    """One referral with its steps, and the ETag to move it by."""
    row = await referrals.find(snapshot, principal, id)
    found = await referrals.read(snapshot, principal, row, _sealer(settings))
    return answers.versioned(found, found.version)


@post("/referrals/{id:str}/moves", operation_id="MoveReferral", status_code=200, **scoped(Scope.REFERRALS_WRITE))
async def move_referral(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[ReferralMove],
    principal: Principal,
    session: AsyncSession,
    settings: Settings,
) -> Response[ReferralOut]:
    """Acknowledge, accept, carry out or decline what you were offered; withdraw what you sent.

    409 names what is legal instead. The note is erased when the referral ends.
    """
    row = await referrals.find(session, principal, id)
    answers.require_match(request, row.version)
    await referrals.move(session, principal, row, data)
    found = await referrals.read(session, principal, row, _sealer(settings))
    return answers.versioned(found, found.version)


handlers = [offer_referral, list_referrals, read_referral, move_referral]
