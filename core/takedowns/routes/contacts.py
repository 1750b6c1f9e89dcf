"""HTTP of contacts, and of what is pushed to them."""

from typing import Any

from litestar import Request, Response, get, post, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth import partners
from core.auth.access import Principal, scoped
from core.plugin.host import PluginHost
from core.settings import Settings
from core.takedowns import contacts, pushes
from core.wire.clock import ContactList, ContactsIn, PushOut, PushPage
from core.wire.common import Count, PageSize
from core.wire.scopes import Scope


@get("/me/contacts", operation_id="ReadOwnContacts", **scoped(Scope.WEBHOOKS_WRITE))
async def read_own_contacts(principal: Principal, snapshot: AsyncSession, settings: Settings) -> ContactList:
    """Where your partner is reached when a deadline has passed or somebody is in danger, in the order of trying."""
    return await contacts.listing(snapshot, principal.partner, contacts.sealer(settings))


@put("/me/contacts", operation_id="ReplaceOwnContacts", **scoped(Scope.WEBHOOKS_WRITE))
async def replace_own_contacts(
    data: JSONBody[ContactsIn], principal: Principal, session: AsyncSession, plugins: PluginHost, settings: Settings
) -> ContactList:
    """Say where your partner is reached at any hour. Name duties, never persons; only the operator reads it besides."""
    given, seal = data.contacts, contacts.sealer(settings)
    return await contacts.replace(session, principal, principal.partner, given, plugins.channel_names(), seal)


@get("/partners/{slug:str}/contacts", operation_id="ReadContacts", **scoped(Scope.TAKEDOWNS_MANAGE))
async def read_contacts(slug: str, snapshot: AsyncSession, settings: Settings) -> ContactList:
    """Where a partner is reached. For the operator."""
    row = await partners.find(snapshot, slug)
    return await contacts.listing(snapshot, row.id, contacts.sealer(settings))


@put("/partners/{slug:str}/contacts", operation_id="ReplaceContacts", **scoped(Scope.TAKEDOWNS_MANAGE))
async def replace_contacts(
    slug: str,
    data: JSONBody[ContactsIn],
    principal: Principal,
    session: AsyncSession,
    plugins: PluginHost,
    settings: Settings,
) -> ContactList:
    """Say where a partner is reached. For the operator."""
    row = await partners.find(session, slug)
    given, seal = data.contacts, contacts.sealer(settings)
    return await contacts.replace(session, principal, row.id, given, plugins.channel_names(), seal)


@get("/pushes", operation_id="ListPushes", **scoped(Scope.TAKEDOWNS_READ))
async def list_pushes(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[PushPage]:
    """What had to reach your partner at once, and how far it came; the operator's list has everyone's."""
    return answers.page(request, await pushes.page(snapshot, principal, after, limit))


@get("/pushes/{id:str}", operation_id="ReadPush", **scoped(Scope.TAKEDOWNS_READ))
async def read_push(id: str, principal: Principal, snapshot: AsyncSession) -> PushOut:
    """One push."""
    return await pushes.read(snapshot, await pushes.find(snapshot, principal, id))


@post("/pushes/{id:str}/acknowledge", operation_id="AcknowledgePush", status_code=200, **scoped(Scope.TAKEDOWNS_READ))
async def acknowledge_push(id: str, principal: Principal, session: AsyncSession) -> PushOut:
    """Say that somebody has it, so that no further contact is woken. Once more changes nothing."""
    return await pushes.acknowledge(session, principal, id)


handlers = [
    read_own_contacts,
    replace_own_contacts,
    read_contacts,
    replace_contacts,
    list_pushes,
    read_push,
    acknowledge_push,
]
