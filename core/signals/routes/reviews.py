"""HTTP of what waits for reviewers."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, edge
from core.auth import partners
from core.auth.access import Principal, scoped
from core.db import Database
from core.edge import AT_ONCE
from core.errors import InvalidQuery, NotFound
from core.openapi import takes_bulk
from core.signals import decisions, reviews, view
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.vocabulary import unlisted
from core.wire.common import FieldError, PageSize, Slug
from core.wire.reviews import Clearing, Decided, Judgement, SignalReviews, Waiting
from core.wire.scopes import Scope


class _Decisions(msgspec.Struct, forbid_unknown_fields=True):
    decisions: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_decisions = msgspec.json.Decoder(_Decisions)

_EXAMPLE = {"what": "quarantine", "partner": "tiktok", "clearance": "release", "reason": "A list it announced."}


@get("/reviews", operation_id="ListReviews", **scoped(Scope.SIGNALS_REVIEW))
async def list_reviews(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    kinds: Kinds,
    keys: Keys,
    what: Waiting,
    partner: Slug | None = None,
    after: Annotated[str, Meta(max_length=40, pattern="^[0-9]{1,15}-[0-9]{1,15}$")] | None = None,
    limit: PageSize = 100,
) -> Response[SignalReviews]:
    """What waits: signals that `partner` disputes, or its claims that are quarantined; without it, everyone's."""
    waiting = reviews.disputes if what is Waiting.DISPUTE else reviews.quarantine
    whose = await _whose(snapshot, partner)
    lens = await view.lens(snapshot, kinds, keys)
    return answers.page(request, await waiting(snapshot, principal, lens, whose, after, limit))


async def _whose(session: AsyncSession, partner: str | None) -> int | None:
    try:
        return (await partners.find(session, partner)).id if partner else None
    except NotFound:
        fault = FieldError("/partner", "unknown_partner", unlisted(str(partner), (), "/v1/partners"))
        raise InvalidQuery([fault]) from None


@post(
    "/reviews",
    operation_id="DecideReviews",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.SIGNALS_REVIEW),
    **takes_bulk("decisions", Judgement | Clearing, example=_EXAMPLE),
)
async def decide_reviews(
    request: Request[Any, Any, Any], principal: Principal, db: Database, writer: SignalWriter
) -> Decided:
    """Decide about disputes and about what is quarantined; each decision has a result of its own.

    Nobody decides about what it submitted or disputed: `involved`. Each decision is written down with its reason.
    """
    sent = edge.decode(await edge.json_body(request), _decisions)
    return await decisions.decide(db, writer, principal, sent.decisions)


handlers = [list_reviews, decide_reviews]
