"""HTTP of recalls."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.content import recalls
from core.wire.common import PageSize, Slug
from core.wire.recalls import AcknowledgementIn, AcknowledgementOut, RecallOut
from core.wire.scopes import Scope


@get("/materials/{id:str}/recall", operation_id="GetRecall", **scoped(Scope.CONTENT_READ))
async def get_recall(
    request: Request[Any, Any, Any],
    id: str,
    principal: Principal,
    snapshot: AsyncSession,
    waiting: bool | None = None,
    after: Slug | None = None,
    limit: PageSize = 1_000,
) -> Response[RecallOut]:
    """Who fetched what was withdrawn of a material, and who confirmed that it is down; with `waiting`, who has not.

    For its author and reviewers; a partner that fetched it sees itself.
    """
    return answers.page(request, await recalls.read(snapshot, principal, id, waiting, after or "", limit))


@post(
    "/materials/{id:str}/recall/acknowledgements",
    operation_id="AcknowledgeRecall",
    status_code=200,
    **scoped(Scope.CONTENT_READ),
)
async def acknowledge_recall(
    id: str, data: JSONBody[AcknowledgementIn], principal: Principal, session: AsyncSession
) -> AcknowledgementOut:
    """Say what you did with what you had fetched and was withdrawn since. A version withdrawn later asks again."""
    return await recalls.acknowledge(session, principal, id, data)


handlers = [get_recall, acknowledge_recall]
