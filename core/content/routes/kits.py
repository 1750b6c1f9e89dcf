"""HTTP of kits."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import HttpMethod, Request, Response, route
from litestar.response import Stream
from msgspec import Meta

from core import files, openapi
from core.auth.access import Principal, scoped
from core.blobs import Blobs
from core.content import kits
from core.db import Database
from core.settings import Settings
from core.wire.content import MaterialId
from core.wire.scopes import Scope

_ZIP = "application/zip"
_READ: dict[str, Any] = {
    "http_method": [HttpMethod.GET, HttpMethod.HEAD],
    "status_code": 200,
    **scoped(Scope.CONTENT_READ),
    **openapi.answers({200: {_ZIP: bytes}}),
}


@route("/materials/{id:str}/versions/{version:str}/kit", operation_id="GetKit", **_READ)
async def get_kit(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    principal: Principal,
    db: Database,
    blobs: Blobs,
    settings: Settings,
) -> Response[Any]:
    """All files of a version as a zip, its pack in every format, with licence, captions, alt texts and `manifest.json`.

    HEAD asks whether it may still be used: 410 when not. A recall ends a download in its middle.
    """
    async with db.snapshot(principal.partner) as snapshot:
        chosen = await kits.of_version(snapshot, principal, id, version, settings.base_url)
    return _answer(request, db, blobs, principal, [chosen])


@route("/kits", operation_id="GetKits", **_READ)
async def get_kits(
    request: Request[Any, Any, Any],
    ids: Annotated[list[MaterialId], Meta(min_length=1, max_length=100)],
    principal: Principal,
    db: Database,
    blobs: Blobs,
    settings: Settings,
) -> Response[Any]:
    """The published versions of several materials (`ids=…&ids=…`) as one zip, a folder for each.

    All or none: 404 and 410 as for the first of them that may not be had.
    """
    async with db.snapshot(principal.partner) as snapshot:
        kit = [await kits.newest(snapshot, principal, one, settings.base_url) for one in dict.fromkeys(ids)]
    return _answer(request, db, blobs, principal, kit)


def _answer(
    request: Request[Any, Any, Any], db: Database, blobs: Blobs, principal: Principal, kit: Sequence[kits.Chosen]
) -> Response[Any]:
    name = f"{kit[0].folder}.zip" if len(kit) == 1 else "khong-mot-minh.zip"
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": files.disposition(name),
        "X-Content-Type-Options": "nosniff",
    }
    if request.method == HttpMethod.HEAD:
        return Response(b"", headers=headers, media_type=_ZIP)
    return Stream(kits.write(db, blobs, principal, kit), headers=headers, media_type=_ZIP)


handlers = [get_kit, get_kits]
