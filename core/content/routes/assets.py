"""HTTP of assets: bytes in, bytes out."""

import base64
import re
from functools import partial
from typing import Any

from litestar import HttpMethod, Request, Response, delete, put, route
from sqlalchemy.ext.asyncio import AsyncSession

from core import files, openapi
from core.auth.access import Principal, scoped
from core.blobs import Blobs, structured
from core.content import assets, fetches, materials, renditions, sniff
from core.db import Database
from core.edge import content_type
from core.errors import Invalid, UnsupportedMediaType
from core.plugin.host import PluginHost
from core.wire.common import FieldError
from core.wire.content import AssetOut
from core.wire.scopes import Scope

_ASSET = "/materials/{id:str}/versions/{version:str}/assets/{name:str}"
_BYTES = openapi.answers({200: {"*/*": bytes}, 206: {"*/*": bytes}, 304: None})


@put(
    _ASSET,
    operation_id="PutAsset",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.CONTENT_WRITE),
    **openapi.takes(dict.fromkeys(sniff.KINDS, bytes)),
)
async def put_asset(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    name: str,
    db: Database,
    blobs: Blobs,
    plugins: PluginHost,
    principal: Principal,
) -> Response[AssetOut]:
    """Upload a file into a draft, raw, under its own Content-Type.

    The bytes must be what type and name say. A SHA-256 in `Content-Digest` or `Repr-Digest` (RFC 9530) is checked;
    nothing is kept of a file that is refused or cut off. CreateUpload takes large files over lines that break.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Send the file as it is, without Content-Encoding.")
    length = request.headers.get("content-length", "")
    sent = assets.Sent(
        name=name,
        media_type=content_type(request),
        length=int(length) if length.isdecimal() else None,
        digests=_digests(request),
        pieces=request.stream(),
    )
    asset = await assets.upload(db, blobs, plugins, principal, id, version, sent)
    async with db.snapshot(principal.partner) as snapshot:
        made = await renditions.of(snapshot, [asset.sha256])
    body = materials.asset_out(id, int(version), asset, made[asset.sha256], inside=True)
    return Response(body, headers={"ETag": f'"{asset.sha256}"', "Location": body.href})


_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|;|$)")


def _digests(request: Request[Any, Any, Any]) -> tuple[bytes, ...]:
    """The SHA-256 digests among those sent; other algorithms may be ignored (RFC 9530 §2)."""
    found = []
    for header in ("content-digest", "repr-digest"):
        value = request.headers.get(header, "")
        match = _SHA256.search(value)
        if match:
            found.append(base64.b64decode(match[1]))
        elif "sha-256" in value:
            fault = FieldError("", "bad_digest", f"{header}: sha-256=:<base64 of 32 bytes>:")
            raise Invalid(f"{header} does not read as RFC 9530 says.", errors=[fault])
    return tuple(found)


@delete(_ASSET, operation_id="DeleteAsset", **scoped(Scope.CONTENT_WRITE))
async def delete_asset(id: str, version: str, name: str, principal: Principal, session: AsyncSession) -> None:
    """Take a file out of a draft."""
    await assets.remove(session, principal, id, version, name)


@route(
    _ASSET,
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id="GetAsset",
    status_code=200,
    **scoped(Scope.CONTENT_READ),
    **_BYTES,
)
async def get_asset(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    name: str,
    principal: Principal,
    db: Database,
    blobs: Blobs,
) -> Response[Any]:
    """Download a file: `Range`, `If-Range`, `If-None-Match` and `If-Match` hold, by an ETag of its SHA-256.

    410 when it was withdrawn, with what to use instead. A download counts once, when its first byte is asked for.
    A hub over an object store answers 307 with an address there that is good for a minute.
    """
    async with db.snapshot(principal.partner) as snapshot:
        asset = await assets.leaving(snapshot, principal, id, version, name)
    file = files.File(
        name=asset.name,
        media_type=asset.media_type,
        size=asset.size,
        etag=f'"{asset.sha256}"',
        digest=structured(asset.sha256),
        read=partial(blobs.stream, asset.sha256),
    )
    plan = files.plan(request.method, request.headers, file)
    if request.method == HttpMethod.GET and plan.from_the_start:
        await fetches.note(db, principal, asset.version, asset.name)
    elsewhere = await blobs.signed(asset.sha256) if request.method == HttpMethod.GET and plan.has_content else None
    return files.redirect(elsewhere) if elsewhere else files.respond(file, plan)


@route(
    f"{_ASSET}/renditions/{{recipe:str}}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id="GetRendition",
    status_code=200,
    **scoped(Scope.CONTENT_READ),
    **_BYTES,
)
async def get_rendition(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    name: str,
    recipe: str,
    principal: Principal,
    db: Database,
    blobs: Blobs,
) -> Response[Any]:
    """What the hub made of a file: `thumbnail`, `web` and `print` of an image, the `poster` frame of a video.

    Without whatever the file had beside its pixels. It leaves when the file does, and counts as a download of it.
    """
    async with db.snapshot(principal.partner) as snapshot:
        asset = await assets.leaving(snapshot, principal, id, version, name)
        made = await renditions.leaving(snapshot, asset, recipe)
    file = files.File(
        name=f"{name.rpartition('.')[0]}-{recipe}.{made.media_type.rpartition('/')[2]}",
        media_type=made.media_type,
        size=made.size,
        etag=f'"{made.sha256}"',
        digest=structured(made.sha256),
        read=partial(blobs.stream, made.sha256),
        inline=True,
    )
    plan = files.plan(request.method, request.headers, file)
    if request.method == HttpMethod.GET and plan.from_the_start:
        await fetches.note(db, principal, asset.version, asset.name)
    return files.respond(file, plan)


handlers = [put_asset, delete_asset, get_asset, get_rendition]
