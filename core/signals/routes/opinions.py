"""HTTP of opinions."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from core import edge
from core.auth.access import Principal, scoped
from core.edge import AT_ONCE
from core.openapi import takes_bulk
from core.signals import opinions, policy
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.wire.opinions import OpinionIn, Opinions, OpinionsTaken
from core.wire.scopes import Scope


class _Items(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[msgspec.Raw], Meta(max_length=AT_ONCE)]


_items = msgspec.json.Decoder(_Items)

_EXAMPLE = {
    "id": "sig_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "stance": "false_positive",
    "reason": "The shop's own page; the look-alike is shop-gift.example.",
}


@post(
    "/signals/opinions",
    operation_id="GiveOpinions",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.OPINIONS_WRITE),
    **takes_bulk("items", OpinionIn, example=_EXAMPLE),
)
async def give_opinions(
    request: Request[Any, Any, Any], principal: Principal, writer: SignalWriter, kinds: Kinds
) -> OpinionsTaken:
    """Agree with others' claims on signals, disagree, or call them false positives. Each has a result of its own.

    Everyone who sees such a claim reads how many think what; who it was and why, its submitter and the operator. By
    the word of an agency, a protection partner or one of stated quality, what scores low is withdrawn from everyone
    until it is reviewed; an opinion that the review dismissed counts no more, however it is changed. Your own claims
    you change or retract.

    An opinion is on one signal: a domain and the address `https://` of it are two. It reaches the claims that you see;
    what a sharing group shares without you stands there. Each counts against your partner's limit of an hour
    (`GET /v1/me/limits`): above it items are rejected as `too_many_requests`, and 429 with `Retry-After` answers when
    that is all of them. Withdrawing counts for nothing.
    """
    sent = edge.decode(await edge.json_body(request), _items)
    done = await opinions.give(principal, writer, kinds, sent.items, "GiveOpinions")
    policy.refuse_if_full(len(sent.items), [one.errors for one in done.results])
    return done


@get("/signals/{id:str}/opinions", operation_id="ListOpinions", **scoped(Scope.SIGNALS_READ))
async def list_opinions(principal: Principal, snapshot: AsyncSession, id: str) -> Opinions:
    """Read who thinks what of your claim on a signal, and why; and your own opinion of others'.

    The list is empty for those who only see the signal: `opinions` of the signal has the counts.
    """
    return await opinions.listed(snapshot, principal, id)


handlers = [give_opinions, list_opinions]
