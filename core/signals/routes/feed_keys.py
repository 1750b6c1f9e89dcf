"""HTTP of feed keys, by which programs read the feed that cannot fetch tokens."""

from litestar import Response, delete, get, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import feed_keys
from core.auth.access import Principal, scoped
from core.errors import Invalid
from core.settings import Settings
from core.signals.kinds import Kinds
from core.vocabulary import expected
from core.wire.common import FieldError, Slug
from core.wire.feed_keys import FeedKeyIn, FeedKeyList, IssuedFeedKey
from core.wire.scopes import Scope


@get("/feed-keys", operation_id="ListFeedKeys", **scoped(Scope.SIGNALS_READ))
async def list_feed_keys(principal: Principal, snapshot: AsyncSession, partner: Slug | None = None) -> FeedKeyList:
    """Your partner's feed keys without their secrets, the revoked ones too.

    `partner` names another one; 404 unless you may issue clients to it.
    """
    return FeedKeyList(await feed_keys.listing(snapshot, principal, partner or principal.slug))


@post("/feed-keys", operation_id="IssueFeedKey", **scoped(Scope.SIGNALS_READ))
async def issue_feed_key(
    data: JSONBody[FeedKeyIn],
    principal: Principal,
    registry: AsyncSession,
    kinds: Kinds,
    settings: Settings,
    partner: Slug | None = None,
) -> Response[IssuedFeedKey]:
    """Issue a feed key, for a program that speaks one of the formats and knows no OAuth.

    Its secrets are in this answer and nowhere else; it holds until it is revoked. No key may do more than the token
    that it is made with: one that `writes` takes `signals:write` and `opinions:write`. `partner` names another one than
    yours; 404 unless you may issue clients to it.
    """
    _require_known(kinds, data)
    made = await feed_keys.issue(registry, principal, partner or principal.slug, data, settings)
    return Response(made, status_code=201, headers={"Cache-Control": "no-store"})


@delete("/feed-keys/{id:str}", operation_id="RevokeFeedKey", **scoped(Scope.SIGNALS_READ))
async def revoke_feed_key(id: str, principal: Principal, registry: AsyncSession) -> None:
    """Revoke a feed key: it is refused everywhere within two seconds. Once more changes nothing."""
    await feed_keys.revoke(registry, principal, id)


def _require_known(kinds: Kinds, data: FeedKeyIn) -> None:
    errors = [
        FieldError(f"/kinds/{index}", "unknown_kind", expected(one, kinds.names))
        for index, one in enumerate(data.kinds)
        if one not in kinds
    ]
    if errors:
        raise Invalid("A key to kinds that the hub does not know would read nothing.", errors=errors)


handlers = [list_feed_keys, issue_feed_key, revoke_feed_key]
