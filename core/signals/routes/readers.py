"""HTTP of readers: how far each has come, and who may hold a claim."""

from typing import Annotated, Any

from litestar import Request, Response, get
from msgspec import Meta

from core import answers
from core.auth.access import Principal, scoped
from core.db import Database
from core.signals import holders
from core.signals.readers import Readers, listing
from core.wire.common import PageSize
from core.wire.readers import Holders, ReaderList
from core.wire.scopes import Scope


@get("/readers", operation_id="ListReaders", **scoped(Scope.SIGNALS_READ))
async def list_readers(
    request: Request[Any, Any, Any],
    principal: Principal,
    db: Database,
    readers: Readers,
    after: Annotated[str, Meta(max_length=64, pattern="^[a-z0-9_]+$")] | None = None,
    limit: PageSize = 1_000,
) -> Response[ReaderList]:
    """How far your clients have come with the feed; the operator sees everyone's.

    By client, those of `limit` clients a page. A client has one reader for each filter that it reads with; of those,
    the hundred that asked last are kept.
    """
    await readers.flush()
    async with db.snapshot(principal.partner) as session:
        return answers.page(request, await listing(session, principal, after, limit))


@get("/signals/{id:str}/holders", operation_id="ListHolders", **scoped(Scope.SIGNALS_WRITE))
async def list_holders(principal: Principal, db: Database, readers: Readers, id: str) -> Holders:
    """Which other partners may hold your claim on a signal, as it stands or after it was closed.

    After a retraction these are its receipts: a partner `holds` it until each of its readers that may have got it has
    asked for what comes after the retraction. 404 where you have no claim.
    """
    return await holders.holders(db, readers, principal, id)


handlers = [list_readers, list_holders]
