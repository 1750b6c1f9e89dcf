"""Access tokens: JWTs of ten minutes (RFC 9068), checked once, then known by digest until something changes.

2026-11-22: revocation is by snapshot. Every process reads a counter each second, and the whole picture when it moved;
whoever commits a change reads at once. A revoked token is refused everywhere within two seconds, and a process that
could not read for five refuses all. We gave up a lookup in the database per request, which costs a millisecond.
Held by tests/auth/test_tokens.py.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Collection
from hashlib import blake2b
from typing import Annotated, TypeVar

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol
from litestar.handlers import BaseRouteHandler
from msgspec import Meta
from sqlalchemy.exc import SQLAlchemyError

from core.auth import clients, feed_keys, keys, snapshot
from core.auth.access import Principal
from core.auth.keys import TOKEN_LIFE
from core.auth.logins import Login, basic, challenge, invitation
from core.auth.snapshot import LiveClient, Snapshot
from core.db import Database
from core.errors import Unauthorized, Unavailable
from core.settings import Settings
from core.wire.feed_keys import LEAVING, OWNER_ALONE, Addressed, Selection
from core.wire.oauth import TokenOut
from core.wire.scopes import Scope

log = logging.getLogger("kmm")

STALE = 5.0
"""Seconds without news of revocations after which nobody is let in."""
_CLOCKS = 10
"""Seconds by which the clocks of two processes may differ."""
_LONGEST = 2_048
_REMEMBERED = 10_000

_Seconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Claims(msgspec.Struct, frozen=True):
    """What we write into a token (RFC 9068 §2.2), typed as strictly as we write it."""

    iss: str
    aud: str
    sub: str
    client_id: str
    scope: str
    jti: str
    iat: _Seconds
    exp: _Seconds


class _Known(msgspec.Struct, frozen=True):
    """A token whose signature was checked, and whom it stood for under one snapshot."""

    claims: Claims
    snapshot: Snapshot
    principal: Principal


class Caller(msgspec.Struct, frozen=True):
    """Whom static credentials stand for, and what goes with them."""

    principal: Principal
    selection: Selection = LEAVING
    """What it reads in formats of others."""
    addressed: Addressed = OWNER_ALONE
    """To whom what it submits in them goes."""


class _Met(msgspec.Struct, frozen=True):
    """Credentials that were right under one snapshot."""

    snapshot: Snapshot
    caller: Caller


class Tokens:
    """Issues and recognises access tokens, from one snapshot at a time."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._snapshot: Snapshot | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()
        self._known: dict[bytes, _Known] = {}
        self._met: dict[bytes, _Met] = {}

    async def refresh(self) -> None:
        """Take in what has changed. Cheap when nothing has; the first call makes the signing key if there is none."""
        async with self._reading:
            if self._snapshot is None:
                await keys.ensure(self._db, self._settings)
            began = time.monotonic()
            async with self._db.snapshot(partner=0) as session:
                if self._snapshot is None or await snapshot.version(session) != self._snapshot.version:
                    self._snapshot = await snapshot.load(session, self._settings)
            self._read_at = began

    @property
    def is_stale(self) -> bool:
        return self._snapshot is None or time.monotonic() - self._read_at > STALE

    @property
    def current(self) -> Snapshot:
        """The snapshot. Raises `Unavailable` when it is too old to trust."""
        if self._snapshot is None or self.is_stale:
            raise Unavailable(
                "The hub cannot tell who may call at the moment; try again.", headers={"Retry-After": "2"}
            )
        return self._snapshot

    def issue(self, client: LiveClient, scopes: Collection[Scope]) -> TokenOut:
        """A token for `client` with these of its scopes."""
        signer = self.current.ring.signer()
        now = int(time.time())
        claims = Claims(
            iss=self._settings.base_url,
            aud=self._settings.base_url,
            sub=client.id,
            client_id=client.id,
            scope=" ".join(sorted(scopes)),
            jti=secrets.token_urlsafe(16),
            iat=now,
            exp=now + TOKEN_LIFE,
        )
        header = {"alg": "ES256", "typ": "at+jwt", "kid": signer.kid}
        token = jwt.encode(header, msgspec.to_builtins(claims), signer.key, algorithms=["ES256"])
        return TokenOut(access_token=token, token_type="Bearer", expires_in=TOKEN_LIFE, scope=claims.scope)  # noqa: S106

    def sign(self, payload: bytes, typ: str) -> str:
        """A document under the hub's own signature: compact JWS (RFC 7515), ES256. `typ` keeps it from passing for a
        token, or for a document of another kind."""
        signer = self.current.ring.signer()
        header = {"alg": "ES256", "typ": typ, "kid": signer.kid}
        return jws.serialize_compact(header, payload, signer.key, algorithms=["ES256"])

    async def catch_up(self) -> None:
        """Read the snapshot when the background job has been late with it."""
        if self.is_stale:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError):
                log.exception("cannot read who may call")

    def principal(self, token: str) -> Principal:
        """Whom the token stands for now. Raises `Unauthorized`, or `Unavailable` when the hub cannot know."""
        current = self.current
        digest = blake2b(token.encode(), digest_size=16).digest()
        known = self._known.get(digest)
        if known is None or known.snapshot is not current:
            claims = known.claims if known else self.read(token)
            known = _Known(claims=claims, snapshot=current, principal=_principal(claims, current))
            _remember(self._known, digest, known)
        _require_in_time(known.claims)
        return known.principal

    def read(self, token: str) -> Claims:
        """The claims of a token that this hub signed and that is in time. Raises `Unauthorized`."""
        if len(token) > _LONGEST:
            raise refused()
        try:
            signed = jws.deserialize_compact(token.encode(), self._verifier, algorithms=["ES256"])
            claims = _CLAIMS.decode(signed.payload or b"")
        # The library parses the header before it trusts it: deep JSON and odd types come out as these.
        except (JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
            raise refused() from None
        ours = self._settings.base_url
        if signed.headers().get("typ") != "at+jwt" or claims.iss != ours or claims.aud != ours:
            raise refused()
        _require_in_time(claims)
        return claims

    def _verifier(self, signed: GuestProtocol) -> ECKey:
        key = self.current.ring.verifier(signed.headers().get("kid"))
        if key is None:
            raise refused()
        return key

    def caller(self, login: Login, handler: BaseRouteHandler) -> Caller:
        """Whom static credentials stand for at a handler now; remembered while the snapshot stands, failures never.

        Raises as `principal` does, with one answer for every fault.
        """
        current, wanted, readers = self.current, handler.opt["feed_format"], handler.opt["logins"]
        takes_clients = basic in readers
        named = "\0".join((wanted, str(takes_clients), login.name, login.secret))
        digest = blake2b(named.encode(), digest_size=16).digest()
        met = self._met.get(digest)
        if met is None or met.snapshot is not current:
            known = self._by_feed_key(login, wanted, current)
            if known is None and takes_clients:
                known = self._by_client(login, current)
            if known is None:
                said = "These credentials are unknown, revoked, or not for this format."
                raise Unauthorized(f"{said} {invitation(readers, wanted)}", headers=challenge(readers))
            met = _Met(current, known)
            _remember(self._met, digest, met)
        return met.caller

    def _by_feed_key(self, login: Login, feed_format: str, current: Snapshot) -> Caller | None:
        first, second = (login.name, login.secret) if login.name else (login.secret, "")
        key = current.feed_keys.get(feed_keys.digest(first, self._settings))
        # One answer for an unknown key, another format and a wrong second secret.
        if key is None or key.format != feed_format or not feed_keys.fits(second, key.second_digest, self._settings):
            return None
        principal = Principal(key.id, key.partner, key.slug, key.kind, key.scopes)
        return Caller(principal, key.selection, key.addressed)

    def _by_client(self, login: Login, current: Snapshot) -> Caller | None:
        client = current.clients.get(login.name)
        # Who signs assertions has no secret to be known by.
        if client is None or not clients.matches(login.secret, client.secret_digest, self._settings):
            return None
        return Caller(Principal(client.id, client.partner, client.slug, client.kind, client.scopes))


T = TypeVar("T")


def _remember(known: dict[bytes, T], digest: bytes, one: T) -> None:
    known.pop(digest, None)
    if len(known) >= _REMEMBERED:
        del known[next(iter(known))]
    known[digest] = one


_CLAIMS = msgspec.json.Decoder(Claims)


def _principal(claims: Claims, current: Snapshot) -> Principal:
    client = current.clients.get(claims.client_id)
    if client is None or claims.jti in current.revoked:
        raise refused()
    scopes = client.scopes.intersection(claims.scope.split())
    return Principal(client=client.id, partner=client.partner, slug=client.slug, kind=client.kind, scopes=scopes)


def _require_in_time(claims: Claims) -> None:
    now = time.time()
    # The second is for a clock that was set back: no token lives longer than it was given.
    if claims.exp <= now or claims.exp > now + TOKEN_LIFE + _CLOCKS:
        raise refused()


def refused() -> Unauthorized:
    """One answer for every fault, so that it teaches a forger nothing (RFC 6750 §3.1)."""
    return Unauthorized(
        "The token is expired, revoked or not of this hub. Get a new one at /oauth/token.",
        headers=challenge((), "invalid_token"),
    )
