"""Every route against callers that may not: nobody, a token without the scope, a partner that is suspended."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
from litestar import Litestar

from core.auth.logins import basic
from core.client import ClientCredentials, in_process
from core.openapi.document import routes
from core.testing import BASE_URL, TestedHub
from core.wire.feed_keys import FeedFormat
from core.wire.scopes import Scope
from tests.plugins.compat.keys import issue

PUBLIC = {
    *("Health", "OpenAPI", "IssueToken", "RevokeToken", "ReadServerMetadata", "ReadKeySet", "ReadDocumentKeys"),
    "FollowLink",
}
OPERATOR = "secretariat"
_SOME = {"int": "1", "date": "2026-10-01"}
"""What to put where the address has a value of this type."""


def _calls(app: Litestar) -> Iterator[tuple[str, str, str, frozenset[Scope]]]:
    """(operation, method, path, scopes) of every route that is not public."""
    for route, method, handler in routes(app):
        if handler.operation_id not in PUBLIC:
            path = re.sub(r"\{\w+:(\w+)\}", lambda found: _SOME.get(found[1], "x"), route.path)
            yield str(handler.operation_id), method, path, handler.opt["scopes"]


def test_no_other_route_is_public(app: Litestar) -> None:
    assert {handler.operation_id for _, _, handler in routes(app) if handler.opt.get("public")} == PUBLIC


async def test_nobody_is_told_to_sign_in(hub: TestedHub) -> None:
    client = hub.anonymous()
    for sent in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Bearer "}):
        for operation, method, path, _ in _calls(hub.app):
            answer = await client.request(method, path, headers=sent)
            assert answer.status_code == 401, (operation, sent)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), operation


async def test_a_token_without_the_scope_is_refused(hub: TestedHub) -> None:
    """The operator's, which may hold every scope, without each one that the route asks for."""
    for operation, method, path, needed in _calls(hub.app):
        for scope in needed:
            client = hub.client_as(OPERATOR, *sorted(set(Scope) - {scope}))
            answer = await client.request(method, path)
            assert answer.status_code == 403, (operation, scope)
            assert scope in answer.headers["WWW-Authenticate"], operation


async def test_static_credentials_open_what_names_them_and_nothing_else(hub: TestedHub) -> None:
    """A client's by Basic, and a feed key by the headers of its format."""
    account = hub.accounts["meta"]
    key = await issue(hub, "meta", FeedFormat.STOPNCII, writes=True)
    keyed = {"x-functions-key": key.key, "Ocp-Apim-Subscription-Key": key.subscription_key}
    signed = httpx.BasicAuth(account.client_id, account.client_secret)
    handlers = {str(handler.operation_id): handler for _, _, handler in routes(hub.app)}
    http, opened = hub.anonymous(), set()
    for operation, method, path, _ in _calls(hub.app):
        if (await http.request(method, path, headers=keyed)).status_code != 401:
            opened.add(operation)
        taken = (await http.request(method, path, auth=signed)).status_code != 401
        assert taken == (basic in handlers[operation].opt.get("logins", ())), operation
    assert opened == {"FetchHashes", "SubmitHashes", "SubmitFeedback"}


async def test_a_suspended_partner_is_refused_at_once_and_everywhere(hub: TestedHub) -> None:
    """With the token that it holds, and when it asks for another."""
    slug = "child-protection-network"
    token = await _token(hub, slug)
    held = in_process(hub.app, BASE_URL)
    held.headers["Authorization"] = f"Bearer {token}"
    assert (await held.get("/v1/me")).is_success
    await _change(hub, slug, {"state": "suspended"})
    for operation, method, path, _ in _calls(hub.app):
        assert (await held.request(method, path)).status_code == 401, operation
        assert (await hub.client_as(slug).request(method, path)).status_code == 401, operation
    await _change(hub, slug, {"state": "active"})
    assert (await hub.client_as(slug).get("/v1/me")).is_success
    await held.aclose()


async def test_a_token_loses_what_another_kind_may_not_hold(hub: TestedHub) -> None:
    """At once: the token was given before."""
    token = await _token(hub, "meta")
    client = in_process(hub.app, BASE_URL)
    client.headers["Authorization"] = f"Bearer {token}"
    assert (await client.get("/v1/signals")).is_success
    await _change(hub, "meta", {"kind": "creator"})
    assert (await client.get("/v1/signals")).status_code in (401, 403)
    await client.aclose()


async def _token(hub: TestedHub, slug: str) -> str:
    account = hub.accounts[slug]
    auth = ClientCredentials(account.client_id, account.client_secret)
    async with in_process(hub.app, BASE_URL, auth) as client:
        answer = await client.get("/v1/me")
        return str(answer.request.headers["Authorization"].removeprefix("Bearer "))


async def _change(hub: TestedHub, slug: str, change: dict[str, Any]) -> httpx.Response:
    answer = await hub.client_as(OPERATOR).patch(f"/v1/partners/{slug}", json=change)
    assert answer.is_success, answer.text
    return answer
