"""HTTP of materials and their versions."""

from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers
from core.auth.access import Principal, scoped
from core.content import campaigns, decide, materials, moves, search
from core.wire.common import Count, PageSize, Slug
from core.wire.content import (
    Audience,
    Language,
    MaterialIn,
    MaterialKind,
    MaterialOut,
    MaterialPage,
    MaterialState,
    ReviewIn,
    WithdrawalIn,
    Words,
)
from core.wire.scopes import Scope
from core.wire.signals import Category

_MATERIAL = "/materials/{id:str}"
_VERSION = "/materials/{id:str}/versions/{version:str}"


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
    q: Words | None = None,
    campaign: Slug | None = None,
    kind: MaterialKind | None = None,
    language: Language | None = None,
    audience: Audience | None = None,
    category: Category | None = None,
    in_state: Annotated[MaterialState | None, QueryParameter(name="state")] = None,
    after: Count = 0,
    limit: PageSize = 1_000,
) -> Response[MaterialPage]:
    """Materials that may be used now, in the order of their creation.

    `q` looks for words in titles and summaries: `khong mot minh` finds Không Một Mình, and words typed with their tone
    marks find first what has the same. Authors see their own drafts as well, reviewers everyone's.
    """
    await campaigns.require(snapshot, principal, campaign)
    wanted = search.Filter(campaign, kind, in_state, language, audience, category, q)
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

    Its words, assets and pack are fixed from now on, under the `digest` that reviewers decide on.
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

    `missing` says whose approvals it still waits for. 403 for every client of the author's own partner.
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


@post(f"{_VERSION}/withdrawal", operation_id="WithdrawVersion", status_code=204, **scoped(Scope.CONTENT_READ))
async def withdraw_version(
    request: Request[Any, Any, Any],
    id: str,
    version: str,
    data: JSONBody[WithdrawalIn],
    principal: Principal,
    session: AsyncSession,
) -> None:
    """Recall one version: it answers 410 from now on, and a new one may follow.

    For its author (with content:write) and every reviewer (content:approve).
    """
    material, row = await decide.version_to_change(session, principal, id, version)
    answers.require_match(request, material.revision)
    await moves.withdraw_version(session, principal, material, row, data)


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
    withdraw_version,
]
