"""authlib's authorization server behind our own edge.

2026-11-22: authlib is synchronous and its defaults are too kind (tokens of ten days, any `exp` and any `aud` in an
assertion, errors that tell an unknown client from a wrong secret). So it gets cleaned input (core/auth/oauth.py), the
clients of the snapshot instead of a database, our own claims check and our own token. We gave up its mixins and its
Flask and Django glue. Held by tests/auth/test_oauth.py, one case for each trap.
"""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidScopeError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from msgspec import Meta
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from core import times
from core.auth import clients
from core.auth.models import UsedAssertion
from core.auth.oauth import Form, Refusal
from core.auth.snapshot import LiveClient
from core.auth.tokens import Tokens
from core.db import Database
from core.settings import Settings
from core.wire.oauth import TokenOut
from core.wire.partners import AuthMethod

METHODS = tuple(method.value for method in AuthMethod)
ASSERTION_ALGORITHMS = ("ES256", "PS256", "Ed25519", "EdDSA")
"""EdDSA is the older name of Ed25519 (RFC 9864), which most libraries still send."""
ASSERTION_LIFE = 300
"""Seconds that a client may make an assertion last."""
_CLOCKS = 10
"""Seconds by which a client's clock may differ from ours."""


async def issue_token(tokens: Tokens, db: Database, settings: Settings, form: Form) -> TokenOut:
    """The token endpoint (RFC 6749 §3.2). Raises `Refusal`."""
    if "grant_type" not in form.parameters:
        raise Refusal("invalid_request", "Send grant_type=client_credentials.")
    if form.parameters.get("resource", settings.base_url) != settings.base_url:
        raise Refusal("invalid_target", f"Tokens of this hub are for {settings.base_url} only.")
    server = _Server(tokens, settings)
    status, answer = server.create_token_response(form)
    await server.spend(db)
    if status != 200:
        raise Refusal(answer["error"], answer.get("error_description", "The hub grants client_credentials only."))
    return msgspec.convert(answer, TokenOut)


async def authenticate(tokens: Tokens, db: Database, settings: Settings, form: Form) -> LiveClient:
    """The client behind a request to another endpoint. Raises `Refusal`."""
    server = _Server(tokens, settings)
    try:
        client = server.authenticate_client(_Request(form), METHODS)
    except InvalidClientError as error:
        raise Refusal(error.error, error.description) from None
    await server.spend(db)
    return client.live


class _Assertion(msgspec.Struct, frozen=True):
    """Claims of a client assertion (RFC 7523 §3), narrower than the standard: one audience, a `jti`."""

    iss: str
    sub: str
    aud: str
    exp: float
    jti: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[!-~]*$")]
    nbf: float = 0
    iat: float = 0


class _Server(AuthorizationServer):  # type: ignore[misc]
    """For one request."""

    def __init__(self, tokens: Tokens, settings: Settings) -> None:
        super().__init__()
        self._tokens = tokens
        self._settings = settings
        self._clients = tokens.current.clients
        self._assertion = _PrivateKeyJwt(settings.base_url)
        self.register_client_auth_method(AuthMethod.PRIVATE_KEY_JWT, self._assertion)
        self.register_grant(_ClientCredentials)
        self.register_token_generator("default", self._token)

    def authenticate_client(self, request: OAuth2Request, methods: Sequence[str], endpoint: str = "token") -> "_Client":
        """One refusal for a client that is unknown and one that fails: ids are not to be found by trying."""
        try:
            client: _Client = super().authenticate_client(request, methods, endpoint)
        except _BadAssertion:
            raise
        # authlib parses an assertion before it checks the signature: deep JSON and odd text end here too.
        except (InvalidClientError, RecursionError, ValueError):
            raise InvalidClientError(description="Client authentication failed.") from None
        return client

    async def spend(self, db: Database) -> None:
        """Use the assertion up, whatever came of the request. Raises `Refusal` when it was used before."""
        claims = self._assertion.accepted
        if claims is None:
            return
        expires = int((claims.exp + _CLOCKS) * times.SECOND)
        client = self._clients[claims.sub]
        try:
            # No position is taken, so the log's lock is not needed: the primary key decides a race.
            async with db.edge(client.partner) as session:
                await session.execute(delete(UsedAssertion).where(UsedAssertion.expires <= times.now()))
                await session.execute(insert(UsedAssertion).values(client=client.id, jti=claims.jti, expires=expires))
        except IntegrityError:
            raise Refusal("invalid_client", "This assertion was used before; sign one with another jti.") from None

    def _token(self, client: "_Client", scope: str | None, **_: Any) -> dict[str, Any]:
        held = client.live.scopes
        asked = held if scope is None else {one for one in held if one in scope.split()}
        refused = sorted(set((scope or "").split()) - set(held))
        if refused or not asked:
            named = " ".join(refused) or "no scope"
            raise InvalidScopeError(f"Unknown, or not granted to this client or its kind of partner: {named}.")
        return msgspec.structs.asdict(self._tokens.issue(client.live, asked))

    def query_client(self, client_id: str) -> "_Client | None":
        live = self._clients.get(client_id)
        return _Client(live, self._settings) if live else None

    def create_oauth2_request(self, request: Form) -> OAuth2Request:
        return _Request(request)

    def handle_response(self, status: int, body: dict[str, Any], headers: object) -> tuple[int, dict[str, Any]]:
        return status, body

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        # The library's own would also write the token into its debug log.
        token = self.generate_token(scope=self.request.payload.scope, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class _Client(ClientMixin):  # type: ignore[misc]
    """A client of the snapshot, as authlib asks about it."""

    def __init__(self, live: LiveClient, settings: Settings) -> None:
        self.live = live
        self._settings = settings

    def check_client_secret(self, client_secret: str) -> bool:
        return clients.matches(client_secret, self.live.secret_digest, self._settings)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.live.auth_method

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class _Request(OAuth2Request):  # type: ignore[misc]
    """A cleaned form. Of the address authlib asks only whether it is https; where TLS ends, the proxy knows."""

    def __init__(self, form: Form) -> None:
        headers = {"Authorization": form.authorization} if form.authorization else {}
        super().__init__("POST", "https://hub.invalid/oauth/token", headers=headers)
        self.payload = BasicOAuth2Payload(dict(form.parameters))

    @property
    def form(self) -> dict[str, str]:
        parameters: dict[str, str] = self.payload.data
        return parameters


class _BadAssertion(InvalidClientError):  # type: ignore[misc]
    """What is wrong with claims whose signature is the client's: it may know."""


class _PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]
    """Client authentication by assertion (RFC 7523 §3)."""

    CLIENT_AUTH_METHOD = AuthMethod.PRIVATE_KEY_JWT

    def __init__(self, issuer: str) -> None:
        super().__init__()
        self._audiences = (issuer, f"{issuer}/oauth/token")
        self.accepted: _Assertion | None = None
        """The claims that authenticated the client."""

    def resolve_client_public_key(self, client: _Client) -> jwk.KeySet:
        if client.live.keys is None:
            raise InvalidClientError
        return client.live.keys

    def process_assertion_claims(self, assertion: str, resolve_key: jwk.KeySet) -> None:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=ASSERTION_ALGORITHMS)
        except JoseError:
            raise InvalidClientError from None
        try:
            claims = msgspec.convert(token.claims, _Assertion)
        except msgspec.ValidationError:
            raise _BadAssertion("The assertion needs iss, sub, jti, one aud, and exp as a number.") from None
        self._require(claims)
        self.accepted = claims

    def _require(self, claims: _Assertion) -> None:
        now = time.time()
        if claims.iss != claims.sub:
            raise _BadAssertion("In the assertion iss and sub are both the client id.")
        if claims.aud not in self._audiences:
            raise _BadAssertion(f"In the assertion aud is {self._audiences[0]}.")
        # Written so that NaN fails.
        if not now - _CLOCKS < claims.exp <= now + ASSERTION_LIFE + _CLOCKS:
            raise _BadAssertion(f"An assertion lasts at most {ASSERTION_LIFE} seconds, and this one is not in time.")
        if not (claims.nbf <= now + _CLOCKS and claims.iat <= now + _CLOCKS):
            raise _BadAssertion("The assertion is from the future.")
