"""HTTP of the sandbox; on no other hub, and so in a contract of its own (openapi/sandbox.json)."""

from typing import Any

from litestar import Request, post
from litestar.params import JSONBody

from core.auth.access import Principal, identified, public
from core.auth.tokens import Tokens
from core.db import Database
from core.log import head
from core.plugin.host import PluginHost
from core.sandbox import accounts, sheet
from core.settings import Settings
from core.signals.readers import Readers
from core.wire.partners import PartnerIn
from core.wire.sandbox import SandboxAccount, SandboxSheets


@post("/sandbox/accounts", operation_id=accounts.REQUEST, **public())
async def open_account(data: JSONBody[PartnerIn], db: Database, tokens: Tokens, settings: Settings) -> SandboxAccount:
    """Open an account of any kind but the operator's, to try everything that your kind may do.

    It ends by itself (`expires`); its slug may then be had again. 409 when the slug is taken, 429 when too many were
    opened within the hour.
    """
    async with head.writing(db, "sandbox", accounts.REQUEST) as session:
        account = await accounts.open_one(session, data, settings)
    await tokens.refresh()
    return account


@post("/sandbox/sheets", operation_id="FillSandboxSheets", status_code=200, **identified())
async def fill_sheets(
    request: Request[Any, Any, Any],
    principal: Principal,
    plugins: PluginHost,
    readers: Readers,
    tokens: Tokens,
    settings: Settings,
) -> SandboxSheets:
    """See what of the exchange you have managed so far, and what is left to do.

    A connector that reads your own format is tried as well, on its recorded payloads. Once all of it holds it comes
    signed: hand that in when you ask the real hub's operator to be admitted.
    """
    await readers.flush()
    return await sheet.fill(request.app.state.hub, plugins, principal, tokens, settings)


handlers = [open_account, fill_sheets]
