"""HTTP of access: OAuth, the caller itself, partners and their clients, kinds, groups."""

from collections.abc import Mapping
from typing import Any

from litestar import MediaType, Request, Response, delete, get, patch, post, put
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from core import answers, openapi, times
from core.auth import clients, groups, keys, kinds, oauth, partners, server
from core.auth.access import Principal, identified, public, scoped
from core.auth.tokens import Tokens
from core.db import Database
from core.edge import JSON
from core.errors import PROBLEM_JSON, NotFound, Unauthorized
from core.log import head
from core.settings import Settings
from core.wire.common import PageSize, Slug
from core.wire.groups import GroupIn, GroupList, GroupOut, Invitation
from core.wire.oauth import KeySet, OAuthProblem, RevocationRequest, ServerMetadata, TokenOut, TokenRequest
from core.wire.partners import (
    ClientIn,
    ClientList,
    IssuedClient,
    KindIn,
    KindList,
    KindOut,
    Me,
    MePatch,
    PartnerIn,
    PartnerList,
    PartnerOut,
    PartnerPatch,
)
from core.wire.scopes import PartnerKind, Scope

_NO_STORE = {"Cache-Control": "no-store"}
_REFUSAL: Mapping[str, Any] = {PROBLEM_JSON: OAuthProblem, JSON: OAuthProblem}


@post(
    "/oauth/token",
    operation_id="IssueToken",
    status_code=200,
    exception_handlers={oauth.Refusal: oauth.on_refusal},
    **public(),
    **openapi.takes({oauth.FORM: TokenRequest}),
    **openapi.answers({200: {JSON: TokenOut}, 400: _REFUSAL, 401: _REFUSAL}),
)
async def issue_token(
    request: Request[Any, Any, Any], tokens: Tokens, db: Database, settings: Settings
) -> Response[TokenOut]:
    """Get an access token for ten minutes.

    OAuth 2.0 client credentials (RFC 6749 §4.4). The client proves itself by HTTP Basic or, better, by
    `private_key_jwt` (RFC 7523) with ES256, PS256 or Ed25519.
    """
    form = await oauth.read(request)
    return Response(await server.issue_token(tokens, db, settings, form), headers=_NO_STORE)


@post(
    "/oauth/revoke",
    operation_id="RevokeToken",
    status_code=200,
    exception_handlers={oauth.Refusal: oauth.on_refusal},
    **public(),
    **openapi.takes({oauth.FORM: RevocationRequest}),
    **openapi.answers({200: None, 400: _REFUSAL, 401: _REFUSAL}),
)
async def revoke_token(
    request: Request[Any, Any, Any], tokens: Tokens, db: Database, settings: Settings
) -> Response[bytes]:
    """Give up one of the client's own access tokens (RFC 7009).

    A token that is another's, unknown or expired answers 200 too: it is of no use to the caller.
    """
    form = await oauth.read(request)
    client = await server.authenticate(tokens, db, settings, form)
    if "token" not in form.parameters:
        raise oauth.Refusal("invalid_request", "Send the token to revoke as `token`.")
    await _revoke(tokens, db, client.id, form.parameters["token"])
    return Response(b"", media_type=MediaType.TEXT, headers=_NO_STORE)


async def _revoke(tokens: Tokens, db: Database, client: str, token: str) -> None:
    try:
        claims = tokens.read(token)
    except Unauthorized:
        return
    if claims.client_id == client:
        async with head.writing(db, client, "RevokeToken") as session:
            await clients.revoke_token(session, claims.jti, claims.exp * times.SECOND)
        await tokens.refresh()


@get("/.well-known/oauth-authorization-server", operation_id="ReadServerMetadata", sync_to_thread=False, **public())
def read_server_metadata(settings: Settings) -> ServerMetadata:
    """What an OAuth library needs to know of this hub (RFC 8414)."""
    base = settings.base_url
    return ServerMetadata(
        issuer=base,
        token_endpoint=f"{base}/oauth/token",
        revocation_endpoint=f"{base}/oauth/revoke",
        jwks_uri=f"{base}/.well-known/jwks.json",
        scopes_supported=tuple(Scope),
        response_types_supported=(),
        grant_types_supported=("client_credentials",),
        token_endpoint_auth_methods_supported=server.METHODS,
        token_endpoint_auth_signing_alg_values_supported=server.ASSERTION_ALGORITHMS,
        revocation_endpoint_auth_methods_supported=server.METHODS,
        revocation_endpoint_auth_signing_alg_values_supported=server.ASSERTION_ALGORITHMS,
    )


@get("/.well-known/jwks.json", operation_id="ReadKeySet", sync_to_thread=False, **public())
def read_key_set(tokens: Tokens) -> Response[KeySet]:
    """The keys that verify access tokens, the next one included (RFC 7517)."""
    return Response(tokens.current.ring.public(), headers={"Cache-Control": "public, max-age=300"})


@get("/.well-known/document-keys.json", operation_id="ReadDocumentKeys", **public())
async def read_document_keys(db: Database) -> Response[KeySet]:
    """Every key that ever signed a document of this hub: manifests of reports, custody.

    Keep a copy beside what you verify by it. Access tokens are verified by `/.well-known/jwks.json` alone.
    """
    async with db.snapshot(partner=0) as session:
        found = await keys.documents(session)
    return Response(found, headers={"Cache-Control": "public, max-age=300"})


oauth_handlers = [issue_token, revoke_token, read_server_metadata, read_key_set, read_document_keys]
"""These live at the root, where the RFCs put them."""


@get("/me", operation_id="ReadMe", sync_to_thread=False, **identified())
def read_me(principal: Principal) -> Me:
    """Whom the hub takes you for, and what your token may do."""
    return Me(
        client=principal.client,
        partner=principal.slug,
        kind=principal.kind,
        scopes=tuple(sorted(principal.scopes)),
    )


@patch("/me", operation_id="ChangeMe", **scoped(Scope.SIGNALS_WRITE))
async def change_me(data: JSONBody[MePatch], principal: Principal, registry: AsyncSession) -> PartnerOut:
    """Decide whether peers learn what your partner said."""
    return partners.to_wire(await partners.attribute(registry, principal, data.attribution), principal)


@get("/partners", operation_id="ListPartners", **scoped(Scope.PARTNERS_READ))
async def list_partners(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Slug | None = None,
    limit: PageSize = 1_000,
) -> Response[PartnerList]:
    """Every partner, in the order of their slugs."""
    return answers.page(request, await partners.listing(snapshot, principal, after, limit))


@post("/partners", operation_id="AdmitPartner", **scoped(Scope.PARTNERS_ADMIT))
async def admit_partner(
    data: JSONBody[PartnerIn], principal: Principal, registry: AsyncSession
) -> Response[PartnerOut]:
    """Admit a partner. The operator admits all kinds, the alliance creators.

    409 when another partner has the slug.
    """
    row = await partners.admit(registry, principal, data)
    return answers.versioned(
        partners.to_wire(row, principal), row.version, status=201, location=f"/v1/partners/{row.slug}"
    )


@get("/partners/{slug:str}", operation_id="ReadPartner", **scoped(Scope.PARTNERS_READ))
async def read_partner(slug: str, principal: Principal, snapshot: AsyncSession) -> Response[PartnerOut]:
    """One partner, with the ETag to change it by."""
    row = await partners.find(snapshot, slug)
    return answers.versioned(partners.to_wire(row, principal), row.version)


@patch("/partners/{slug:str}", operation_id="ChangePartner", **scoped(Scope.PARTNERS_ADMIT))
async def change_partner(
    request: Request[Any, Any, Any],
    slug: str,
    data: JSONBody[PartnerPatch],
    principal: Principal,
    registry: AsyncSession,
) -> Response[PartnerOut]:
    """Change a partner, suspend it or reinstate it.

    Suspension takes its tokens and its sight at once; its claims stand. Send the ETag in `If-Match` to learn (412) that
    someone else changed it meanwhile.
    """
    row = await partners.find(registry, slug)
    answers.require_match(request, row.version)
    await partners.change(registry, principal, row, data)
    return answers.versioned(partners.to_wire(row, principal), row.version)


@post("/partners/{slug:str}/clients", operation_id="IssueClient", **scoped(Scope.PARTNERS_ADMIT))
async def issue_client(
    slug: str, data: JSONBody[ClientIn], principal: Principal, registry: AsyncSession, settings: Settings
) -> Response[IssuedClient]:
    """Issue a client to a partner. The secret is in this answer and nowhere else."""
    made = await clients.issue(registry, principal, slug, data, settings)
    return Response(made, status_code=201, headers=_NO_STORE)


@get("/partners/{slug:str}/clients", operation_id="ListClients", **scoped(Scope.PARTNERS_ADMIT))
async def list_clients(slug: str, principal: Principal, snapshot: AsyncSession) -> ClientList:
    """A partner's clients, without their secrets."""
    return ClientList(clients=await clients.listing(snapshot, principal, slug))


@delete("/partners/{slug:str}/clients/{client:str}", operation_id="DisableClient", **scoped(Scope.PARTNERS_ADMIT))
async def disable_client(slug: str, client: str, principal: Principal, registry: AsyncSession) -> None:
    """Disable a client: it gets no more tokens, and those it has are refused."""
    await clients.disable(registry, principal, slug, client)


@get("/kinds", operation_id="ListKinds", **scoped(Scope.PARTNERS_READ))
async def list_kinds(snapshot: AsyncSession) -> KindList:
    """Which kind of partner may hold which scopes."""
    return await kinds.table(snapshot)


@put("/kinds/{kind:str}", operation_id="ReplaceKind", **scoped(Scope.PARTNERS_ADMIT))
async def replace_kind(kind: str, data: JSONBody[KindIn], principal: Principal, registry: AsyncSession) -> KindOut:
    """Set the most that clients of a kind may hold. For the operator; it takes effect on every token at once."""
    return await kinds.replace(registry, principal, _kind(kind), data.scopes)


def _kind(text: str) -> PartnerKind:
    try:
        return PartnerKind(text)
    except ValueError:
        raise NotFound from None


@get("/groups", operation_id="ListGroups", **scoped(Scope.SIGNALS_READ))
async def list_groups(
    request: Request[Any, Any, Any],
    principal: Principal,
    snapshot: AsyncSession,
    after: Slug | None = None,
    limit: PageSize = 1_000,
) -> Response[GroupList]:
    """The groups you belong to or are invited to, in the order of their slugs."""
    return answers.page(request, await groups.listing(snapshot, principal, after, limit))


@post("/groups", operation_id="FoundGroup", **scoped(Scope.GROUPS_WRITE))
async def found_group(data: JSONBody[GroupIn], principal: Principal, registry: AsyncSession) -> Response[GroupOut]:
    """Found a group; you are its first member.

    409 when another group has the slug.
    """
    made = await groups.found(registry, principal, data)
    return Response(made, status_code=201, headers={"Location": f"/v1/groups/{made.slug}"})


@get("/groups/{slug:str}", operation_id="ReadGroup", **scoped(Scope.SIGNALS_READ))
async def read_group(slug: str, principal: Principal, snapshot: AsyncSession) -> GroupOut:
    """A group and its members. 404 for those who are neither in it nor invited."""
    return await groups.read(snapshot, principal, slug)


@post("/groups/{slug:str}/invitations", operation_id="InviteToGroup", status_code=200, **scoped(Scope.GROUPS_WRITE))
async def invite_to_group(
    slug: str, data: JSONBody[Invitation], principal: Principal, registry: AsyncSession
) -> GroupOut:
    """Invite a partner; any member may. Once more changes nothing."""
    return await groups.invite(registry, principal, slug, data.partner)


@put("/groups/{slug:str}/membership", operation_id="AcceptMembership", **scoped(Scope.GROUPS_WRITE))
async def accept_membership(slug: str, principal: Principal, registry: AsyncSession) -> GroupOut:
    """Accept an invitation. You see what is shared with the group from now on; your feed starts anew (410)."""
    return await groups.accept(registry, principal, slug)


@delete("/groups/{slug:str}/membership", operation_id="LeaveGroup", **scoped(Scope.GROUPS_WRITE))
async def leave_group(slug: str, principal: Principal, registry: AsyncSession) -> None:
    """Leave a group or decline an invitation. What you shared with it stays shared until you retract it."""
    await groups.leave(registry, principal, slug)


handlers = [
    read_me,
    change_me,
    list_partners,
    admit_partner,
    read_partner,
    change_partner,
    issue_client,
    list_clients,
    disable_client,
    list_kinds,
    replace_kind,
    list_groups,
    found_group,
    read_group,
    invite_to_group,
    accept_membership,
    leave_group,
]
"""These live under /v1."""
