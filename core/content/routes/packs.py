"""HTTP of packs."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import HttpMethod, Request, Response, delete, put, route
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, files, openapi
from core.auth.access import Principal, scoped
from core.blobs import structured
from core.content import decide, fetches, packs
from core.db import Database
from core.wire.content import Language
from core.wire.packs import Pack, PackFormat
from core.wire.scopes import Scope

_PACK = "/materials/{id:str}/versions/{version:str}/pack"


@put(_PACK, operation_id="PutPack", status_code=200, **scoped(Scope.CONTENT_WRITE))
async def put_pack(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    data: JSONBody[Pack],
    principal: Principal,
    session: AsyncSession,
) -> Response[Pack]:
    """Give a draft of a quiz its questions, of a scenario its steps. `If-Match` is honoured.

    Approvals hold for the pack as they do for words and assets. `errors` names what is wrong with it by pointer.
    """
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await packs.put(session, principal, material, row, data)
    return Response(data, headers={"Location": request.url.path})


@delete(_PACK, operation_id="DeletePack", **scoped(Scope.CONTENT_WRITE))
async def delete_pack(
    request: Request[Any, Any, Any], id: str, version: str, principal: Principal, session: AsyncSession
) -> None:
    """Take the pack out of a draft."""
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await packs.remove(session, principal, material, row)


@route(
    _PACK,
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id="GetPack",
    status_code=200,
    **scoped(Scope.CONTENT_READ),
    **openapi.answers({200: {"application/json": Pack, "application/zip": bytes}, 206: {"*/*": bytes}, 304: None}),
)
async def get_pack(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    principal: Principal,
    db: Database,
    in_format: Annotated[PackFormat, QueryParameter(name="format")] = PackFormat.JSON,
    language: Language = "vi",
) -> Response[Any]:
    """The pack of a version as JSON, or one of its languages as a package for H5P, QTI 3.0 or QTI 2.1.

    404 for a scenario in QTI, which has no ways between steps. 410 when it was withdrawn, with what to use instead.
    """
    async with db.snapshot(principal.partner) as snapshot:
        row, pack = await packs.leaving(snapshot, principal, id, version)
    packed = packs.written(row, pack, in_format, language)

    async def read(start: int, stop: int) -> AsyncIterator[bytes]:
        yield packed.content[start:stop]

    file = files.File(
        name=packed.name,
        media_type=packed.media_type,
        size=len(packed.content),
        etag=f'"{packed.sha256}"',
        digest=structured(packed.sha256),
        read=read,
    )
    plan = files.plan(request.method, request.headers, file)
    if request.method == HttpMethod.GET and plan.from_the_start:
        await fetches.note(db, principal, row.number, packs.FETCHED)
    return files.respond(file, plan)


handlers = [put_pack, delete_pack, get_pack]
