"""HTTP of the sandbox; on no other hub."""

from litestar import get, post
from litestar.params import JSONBody

from core.auth.access import Principal, identified, public
from core.auth.tokens import Tokens
from core.db import Database
from core.log import head
from core.sandbox import accounts, sheet
from core.settings import Settings
from core.signals.readers import Readers
from core.wire.partners import PartnerIn
from core.wire.sandbox import SandboxAccount, SandboxSheet


@post("/sandbox/accounts", operation_id=accounts.REQUEST, **public())
async def open_account(data: JSONBody[PartnerIn], db: Database, tokens: Tokens, settings: Settings) -> SandboxAccount:
    """Open an account of any kind but the operator's, to try everything that your kind may do."""
    async with head.writing(db, "sandbox", accounts.REQUEST) as session:
        account = await accounts.open_one(session, data, settings)
    await tokens.refresh()
    return account


@get("/sandbox/sheet", operation_id="ReadSandboxSheet", **identified())
async def read_sheet(
    principal: Principal, db: Database, readers: Readers, tokens: Tokens, settings: Settings
) -> SandboxSheet:
    """Read what of the exchange you have managed so far, and what is left to do.

    Once all of it holds it comes signed: hand that in when you ask the real hub's operator to be admitted.
    """
    await readers.flush()
    async with db.snapshot(principal.partner) as session:
        return await sheet.read(session, principal, tokens, settings)


handlers = [open_account, read_sheet]
