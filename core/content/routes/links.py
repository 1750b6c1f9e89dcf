"""HTTP of short links and QR codes."""

from functools import partial
from typing import Any

from litestar import Request, Response, get
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, openapi
from core.auth.access import Principal, public, scoped
from core.content import links
from core.db import Database
from core.settings import Settings
from core.wire.links import LinkOut, SharedOut
from core.wire.scopes import Scope

_FORMS = {"image/svg+xml": "svg", "image/png": "png"}
# An SVG may hold scripts; ours holds none, and a browser is told to trust none.
_SHUT = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


@get("/materials/{id:str}/link", operation_id="GetLink", **scoped(Scope.CONTENT_READ))
async def get_link(id: str, principal: Principal, snapshot: AsyncSession, settings: Settings) -> LinkOut:
    """The short link of a material, to print and to post."""
    return await links.of(snapshot, principal, id, settings.base_url)


@get(
    "/materials/{id:str}/qr",
    operation_id="GetQr",
    **scoped(Scope.CONTENT_READ),
    **openapi.answers({200: dict.fromkeys(_FORMS, bytes)}),
)
async def get_qr(
    request: Request[Any, Any, Any], id: str, principal: Principal, snapshot: AsyncSession, settings: Settings
) -> Response[bytes]:
    """The QR code of the short link: SVG, or PNG by `Accept`."""
    link = await links.of(snapshot, principal, id, settings.base_url)
    drawn = answers.negotiated(request, {form: partial(links.qr, link.url, name) for form, name in _FORMS.items()})
    name = f"{link.code}.{_FORMS[str(drawn.media_type)]}"
    drawn.headers.update(_SHUT | {"Content-Disposition": f'attachment; filename="{name}"'})
    return drawn


@get("/m/{code:str}", operation_id="FollowLink", **public())
async def follow_link(code: str, db: Database, settings: Settings) -> Response[SharedOut]:
    """Where a printed code leads: to what the material is now.

    410 when it was recalled, with the link of what to use instead.
    """
    async with db.snapshot(partner=0) as snapshot:
        shared = await links.follow(snapshot, code, settings.base_url)
    return Response(shared, headers={"Cache-Control": "no-store"})


handlers = [get_link, get_qr]
public_handlers = [follow_link]
