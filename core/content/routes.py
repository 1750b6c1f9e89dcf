"""HTTP of materials and their assets."""

import base64
import re
from functools import partial
from typing import Annotated, Any

from litestar import HttpMethod, Request, Response, delete, get, post, put, route
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, files, openapi
from core.auth.access import Principal, scoped
from core.blobs import Blobs, structured
from core.content import assets, decide, fetches, materials, moves, sniff
from core.db import Database
from core.edge import content_type
from core.errors import Invalid, UnsupportedMediaType
from core.wire.common import Count, FieldError, PageSize, Slug
from core.wire.content import (
    AssetOut,
    MaterialIn,
    MaterialKind,
    MaterialOut,
    MaterialPage,
    MaterialState,
    ReviewIn,
    WithdrawalIn,
)
from core.wire.scopes import Scope

_MATERIAL = "/materials/{id:str}"
_VERSION = "/materials/{id:str}/versions/{version:str}"
_ASSET = "/materials/{id:str}/versions/{version:str}/assets/{name:str}"


async def _shown(session: AsyncSession, principal: Principal, id: str, status: int = 200) -> Response[MaterialOut]:
    found = await materials.read(session, principal, id)
    location = f"/v1/materials/{id}" if status == 201 else None
    return answers.versioned(found, found.revision, status=status, location=location)


@post("/materials", operation_id="CreateMaterial", **scoped(Scope.CONTENT_WRITE))
async def create_material(
    data: JSONBody[MaterialIn], principal: Principal, session: AsyncSession
) -> Response[MaterialOut]:
    """Draft a material: its first version, without assets yet."""
    made = await materials.create(session, principal, data)
    return await _shown(session, principal, made.id, 201)


@get("/materials", operation_id="ListMaterials", **scoped(Scope.CONTENT_READ))
async def list_materials(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    campaign: Slug | None = None,
    kind: MaterialKind | None = None,
    in_state: Annotated[MaterialState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[MaterialPage]:
    """Materials that may be used now, in the order of their creation.

    Authors see their own drafts as well, reviewers everyone's.
    """
    wanted = materials.Filter(campaign, kind, in_state)
    return answers.page(request, await materials.page(snapshot, principal, wanted, after, limit))


@get(_MATERIAL, operation_id="GetMaterial", **scoped(Scope.CONTENT_READ))
async def get_material(id: str, principal: Principal, snapshot: AsyncSession) -> Response[MaterialOut]:
    """A material and those of its versions that you may see.

    410 when it was withdrawn, with what to use instead.
    """
    return await _shown(snapshot, principal, id)


@post(f"{_MATERIAL}/versions", operation_id="CreateVersion", **scoped(Scope.CONTENT_WRITE))
async def create_version(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[MaterialIn],
    principal: Principal,
    session: AsyncSession,
) -> Response[MaterialOut]:
    """Draft the version that is to follow the published one. It goes round again."""
    material = await decide.material_to_change(session, principal, id)
    answers.require_match(request, material.revision)
    await materials.add_version(session, principal, material, data)
    return await _shown(session, principal, id, 201)


@put(_VERSION, operation_id="PutVersion", **scoped(Scope.CONTENT_WRITE))
async def put_version(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    data: JSONBody[MaterialIn],
    principal: Principal,
    session: AsyncSession,
) -> Response[MaterialOut]:
    """Give a draft other words. `If-Match` is honoured."""
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await materials.edit(session, principal, material, row, data)
    return await _shown(session, principal, id)


@post(f"{_VERSION}/submission", operation_id="SubmitVersion", status_code=200, **scoped(Scope.CONTENT_WRITE))
async def submit_version(
    request: Request[Any, Any, Any], id: str, version: str, principal: Principal, session: AsyncSession
) -> Response[MaterialOut]:
    """Hand a draft in for review.

    Its words and assets are fixed from now on, under the `digest` that reviewers decide on.
    """
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await moves.submit(session, principal, material, row)
    return await _shown(session, principal, id)


@post(f"{_VERSION}/approval", operation_id="ReviewVersion", status_code=200, **scoped(Scope.CONTENT_APPROVE))
async def review_version(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    data: JSONBody[ReviewIn],
    principal: Principal,
    session: AsyncSession,
) -> Response[MaterialOut]:
    """Approve what was submitted, or send it back.

    403 for every client of the author's own partner.
    """
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await moves.review(session, principal, material, row, data)
    return await _shown(session, principal, id)


@post(f"{_VERSION}/publication", operation_id="PublishVersion", status_code=200, **scoped(Scope.CONTENT_WRITE))
async def publish_version(
    request: Request[Any, Any, Any], id: str, version: str, principal: Principal, session: AsyncSession
) -> Response[MaterialOut]:
    """Let creators have an approved version. The one published before answers 410 from now on."""
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await moves.publish(session, principal, material, row)
    return await _shown(session, principal, id)


@post(f"{_MATERIAL}/withdrawal", operation_id="WithdrawMaterial", status_code=204, **scoped(Scope.CONTENT_READ))
async def withdraw_material(
    request: Request[Any, Any, Any],
    id: str,
    data: JSONBody[WithdrawalIn],
    principal: Principal,
    session: AsyncSession,
) -> None:
    """Recall a material: everything of it answers 410 from now on.

    For its author (with content:write) and every reviewer (content:approve).
    """
    material = await decide.material_to_change(session, principal, id)
    answers.require_match(request, material.revision)
    await moves.withdraw(session, principal, material, data)


@put(
    _ASSET,
    operation_id="PutAsset",
    status_code=200,
    request_max_body_size=None,
    **scoped(Scope.CONTENT_WRITE),
    **openapi.takes(dict.fromkeys(sniff.KINDS, bytes)),
)
async def put_asset(
    request: Request[Any, Any, Any], id: str, version: str, name: str, db: Database, blobs: Blobs, principal: Principal
) -> Response[AssetOut]:
    """Upload a file into a draft, raw, under its own Content-Type.

    The bytes must be what type and name say. A SHA-256 in `Content-Digest` or `Repr-Digest` (RFC 9530) is checked;
    nothing is kept of a file that is refused or cut off.
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
    asset = await assets.upload(db, blobs, principal, id, version, sent)
    body = materials.asset_out(id, int(version), asset)
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
    **openapi.answers({200: {"*/*": bytes}, 206: {"*/*": bytes}, 304: None}),
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
    return files.respond(file, plan)


handlers = [
    create_material,
    list_materials,
    get_material,
    create_version,
    put_version,
    submit_version,
    review_version,
    publish_version,
    withdraw_material,
    put_asset,
    delete_asset,
    get_asset,
]
