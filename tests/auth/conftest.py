"""The access room behind HTTP, with a partner of every kind."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest
from joserfc import jwk
from litestar import Litestar, Request, Router
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import clients, kinds, partners, routes
from core.auth.access import HUB, Principal
from core.auth.audiences import intern
from core.auth.middleware import BearerMiddleware
from core.auth.tokens import Tokens
from core.db import Database
from core.errors import HANDLERS, Unauthorized
from core.log import head
from core.settings import Settings
from core.wire.partners import AuthMethod, ClientIn, IssuedClient, KeySetIn, PartnerIn, PartnerPatch, PartnerState
from core.wire.scopes import PartnerKind, Scope

ISSUER = "http://hub.test"
CAST = {
    "secretariat": PartnerKind.OPERATOR,
    "kol-alliance": PartnerKind.ALLIANCE,
    "platform-a": PartnerKind.PLATFORM,
    "platform-b": PartnerKind.PLATFORM,
    "protection-a": PartnerKind.PROTECTION,
    "agency-a": PartnerKind.AGENCY,
    "creator-a": PartnerKind.CREATOR,
}

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""For what is decided before the database is asked."""


class Room:
    """One process of the hub, its database, and a client of each partner."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.settings = Settings(secret="a secret of the tests, long enough", database_url=url, base_url=ISSUER)
        self.db = Database(url)
        self.tokens = Tokens(self.db, self.settings)
        self.app = _FREE.pop() if _FREE else _app()
        self.app.state.room = self
        stack.callback(_FREE.append, self.app)
        self.clients: dict[str, IssuedClient] = {}
        self._stack = stack

    async def seed(self) -> None:
        async with head.writing(self.db, "test", "Seed") as session:
            allowed = {row.kind: row.scopes for row in (await kinds.table(session)).kinds}
            for slug, kind in CAST.items():
                await partners.admit(session, HUB, PartnerIn(slug=slug, name=slug.title(), kind=kind))
                asked = ClientIn(scopes=allowed[kind])
                self.clients[slug] = await clients.issue(session, HUB, slug, asked, self.settings)
        await self.tokens.refresh()

    def transport(self) -> httpx.ASGITransport:
        app: Any = self.app
        return httpx.ASGITransport(app, raise_app_exceptions=False)

    def anonymous(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=self.transport(), base_url=ISSUER)
        self._stack.push_async_callback(client.aclose)
        return client

    async def token(self, slug: str, *scopes: str) -> str:
        client = self.clients[slug]
        form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
        answer = await self.anonymous().post("/oauth/token", data=form, auth=(client.id, client.client_secret or ""))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def client_as(self, slug: str, *scopes: str) -> httpx.AsyncClient:
        client = self.anonymous()
        client.headers["Authorization"] = f"Bearer {await self.token(slug, *scopes)}"
        return client

    async def issue_with_key(self, slug: str, *keys: jwk.Key) -> IssuedClient:
        """A client that signs its assertions with one of `keys`."""
        jwks = KeySetIn(keys=tuple(dict(key.as_dict(private=False)) for key in keys))
        asked = ClientIn(scopes=(Scope.SIGNALS_READ,), auth_method=AuthMethod.PRIVATE_KEY_JWT, jwks=jwks)
        async with head.writing(self.db, "test", "IssueClient") as session:
            issued = await clients.issue(session, HUB, slug, asked, self.settings)
        await self.tokens.refresh()
        return issued

    async def set_state(self, slug: str, state: PartnerState) -> None:
        """As another process would: this one is not told."""
        async with head.writing(self.db, "test", "ChangePartner") as session:
            await partners.change(session, HUB, await partners.find(session, slug), PartnerPatch(state=state))

    async def view(self, slug: str) -> int:
        async with self.db.snapshot(0) as session:
            return (await partners.find(session, slug)).view

    async def acting(self, slug: str) -> Principal:
        async with self.db.snapshot(0) as session:
            return await partners.acting(session, slug)


def _app() -> Litestar:
    """Over the room in its state."""

    def part(name: str) -> Callable[[], Any]:
        return lambda: getattr(app.state.room, name)

    def principal(request: Request[Any, Any, Any]) -> Principal:
        found: Principal = request.scope["user"]
        return found

    async def snapshot(principal: Principal, db: Database) -> AsyncIterator[AsyncSession]:
        async with db.snapshot(principal.partner) as session:
            yield session

    async def registry(principal: Principal, db: Database, tokens: Tokens) -> AsyncIterator[AsyncSession]:
        async with head.writing(db, principal.client, "test") as session:
            yield session
        await tokens.refresh()

    app = Litestar(
        [*routes.oauth_handlers, Router("/v1", route_handlers=routes.handlers)],
        dependencies={name: Provide(part(name), sync_to_thread=False) for name in ("settings", "db", "tokens")}
        | {
            "principal": Provide(principal, sync_to_thread=False),
            "snapshot": Provide(snapshot),
            "registry": Provide(registry),
        },
        middleware=[BearerMiddleware(lambda: app.state.room.tokens)],
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    return app


_FREE: list[Litestar] = []
"""Of rooms that have ended: they come and go by the hundred, and to make routes takes longer than a test."""


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        room = Room(database_url, stack)
        stack.push_async_callback(room.db.close)
        await room.seed()
        yield room


async def audience(session: AsyncSession, owner: int, tlp: str, *groups: int) -> int:
    """The id of one audience."""
    (made,) = (await intern(session, [(owner, tlp, groups)])).values()
    return made


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The one shape of errors."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = msgspec.json.decode(answer.content)
    assert body["status"] == status
    assert body["title"]
    return body


def refuses(known: Tokens, token: str) -> bool:
    try:
        known.principal(token)
    except Unauthorized:
        return True
    return False


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unchecked."""
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in token.split(".")[:2])
    return header, claims
