"""private_key_jwt (RFC 7523): the algorithms that are taken, and every claim that can be wrong."""

import asyncio
import base64
import json
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwk, jws, jwt

from core.wire.oauth import TokenOut
from tests.auth.conftest import ISSUER, ONE_ENGINE, Room

KEYS: dict[str, jwk.Key] = {
    "PS256": jwk.RSAKey.generate_key(2048),
    "Ed25519": jwk.OKPKey.generate_key("Ed25519"),
}
KEYS["EdDSA"] = KEYS["Ed25519"]
KEYS["RS256"] = KEYS["PS256"]
KEY = jwk.ECKey.generate_key("P-256")
KEYS["ES256"] = KEY


def claims(client: str, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": client, "sub": client, "aud": ISSUER, "exp": now + 60, "jti": uuid.uuid4().hex} | changed
    return {name: value for name, value in whole.items() if value is not None}


def sign(payload: dict[str, Any], key: jwk.Key = KEY, alg: str = "ES256", **header: Any) -> str:
    with warnings.catch_warnings():
        # The library calls EdDSA and RS256 old; clients send them all the same.
        warnings.simplefilter("ignore")
        return jwt.encode({"alg": alg} | header, payload, key, algorithms=[alg])


async def ask(room: Room, assertion: str, **more: Any) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    return await room.anonymous().post("/oauth/token", data=form | more.pop("form", {}), **more)


def assert_refused(answer: httpx.Response, error: str = "invalid_client") -> None:
    assert answer.status_code == (401 if error == "invalid_client" else 400), answer.text
    assert answer.json()["error"] == error


@ONE_ENGINE
@pytest.mark.parametrize("alg", ["ES256", "PS256", "Ed25519", "EdDSA"])
@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/oauth/token"])
async def test_good_assertions_are_taken(room: Room, alg: str, audience: str) -> None:
    client = await room.issue_with_key("platform-a", KEYS[alg])
    answer = await ask(room, sign(claims(client.id, aud=audience), KEYS[alg], alg))
    assert answer.status_code == 200, answer.text
    assert TokenOut(**answer.json()).scope == "signals:read"


async def test_an_assertion_is_good_once(room: Room) -> None:
    client = await room.issue_with_key("platform-a", KEY)
    assertion = sign(claims(client.id))
    assert (await ask(room, assertion)).status_code == 200
    assert_refused(await ask(room, assertion))


async def test_an_assertion_is_spent_by_a_refused_request_too(room: Room) -> None:
    client = await room.issue_with_key("platform-a", KEY)
    assertion = sign(claims(client.id))
    assert_refused(await ask(room, assertion, form={"scope": "partners:admit"}), "invalid_scope")
    assert_refused(await ask(room, assertion))


async def test_two_clients_may_choose_the_same_jti(room: Room) -> None:
    for _ in range(2):
        client = await room.issue_with_key("platform-a", KEY)
        assert (await ask(room, sign(claims(client.id, jti="the-first")))).status_code == 200


@ONE_ENGINE
@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "cli_another"},
        {"iss": 5},
        {"sub": None},
        {"sub": "cli_another"},
        {"sub": ["cli_another"]},
        {"sub": "\ud800"},
        {"aud": None},
        {"aud": "https://another.example"},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://another.example"]},
        {"aud": f"{ISSUER}/"},
        {"exp": None},
        {"exp": 1},
        {"exp": time.time() - 60},
        {"exp": time.time() + 900},
        {"exp": time.time() + 30 * 365 * 86_400},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": "soon"},
        {"exp": True},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 201},
        {"jti": "có dấu"},
        {"jti": "\x00"},
        {"nbf": time.time() + 600},
        {"iat": time.time() + 600},
        {"iat": float("nan")},
    ],
)
async def test_bad_claims_are_refused(room: Room, changed: dict[str, Any]) -> None:
    client = await room.issue_with_key("platform-a", KEY)
    payload = claims(client.id, **changed)
    assert_refused(await ask(room, sign_bytes(json.dumps(payload).encode())))


def compact(header: bytes, payload: bytes, signature: bytes = b"x" * 64) -> str:
    """A JWS of whatever bytes."""
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload, signature))


def sign_bytes(payload: bytes, **header: Any) -> str:
    return jws.serialize_compact({"alg": "ES256"} | header, payload, KEY)


def with_own_key(client: str) -> str:
    own = jwk.ECKey.generate_key("P-256")
    return sign(claims(client), own, jwk=own.as_dict(private=False))


def with_public_key_as_secret(client: str) -> str:
    return sign(claims(client), jwk.OctKey.import_key(KEY.as_pem(private=False).hex()), "HS256")


FORGERIES: dict[str, Callable[[str], str]] = {
    "another key": lambda client: sign(claims(client), jwk.ECKey.generate_key("P-256")),
    "unsigned": lambda client: compact(b'{"alg":"none"}', json.dumps(claims(client)).encode(), b""),
    "a public key as HMAC key": with_public_key_as_secret,
    "its own key in the header": with_own_key,
    "no dots": lambda _: "abc",
    "two dots": lambda _: "..",
    "deep payload": lambda _: compact(b'{"alg":"ES256"}', b"[" * 2_500),
    "deep header": lambda _: compact(b"[" * 1_500, b"{}"),
    "payload is a list": lambda _: sign_bytes(b"[]"),
    "payload is no JSON": lambda _: sign_bytes(b"{"),
    "payload is no UTF-8": lambda _: sign_bytes(b'{"sub":"\xff"}'),
    "unknown kid": lambda client: sign(claims(client), kid="../../dev/null"),
    "cut signature": lambda client: sign(claims(client))[:-8],
}


@ONE_ENGINE
@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_and_broken_assertions_are_refused(room: Room, name: str) -> None:
    client = await room.issue_with_key("platform-a", KEY)
    assert_refused(await ask(room, FORGERIES[name](client.id)))


@ONE_ENGINE
@pytest.mark.parametrize("alg", ["RS256"])
async def test_other_algorithms_are_refused(room: Room, alg: str) -> None:
    client = await room.issue_with_key("platform-a", KEYS[alg])
    assert_refused(await ask(room, sign(claims(client.id), KEYS[alg], alg)))


async def test_a_client_authenticates_in_its_own_way_and_in_one_way(room: Room) -> None:
    with_key = await room.issue_with_key("platform-a", KEY)
    with_secret = room.clients["platform-a"]
    assert_refused(await ask(room, sign(claims(with_secret.id))))
    both = await ask(room, sign(claims(with_key.id)), auth=(with_secret.id, with_secret.client_secret or ""))
    assert_refused(both, "invalid_request")
    assert_refused(await ask(room, sign(claims(with_key.id)), form={"client_assertion_type": "urn:another"}))


async def test_a_set_of_keys_is_chosen_from_by_kid(room: Room) -> None:
    old, new = jwk.ECKey.generate_key("P-256", {"kid": "old"}), jwk.ECKey.generate_key("P-256", {"kid": "new"})
    client = await room.issue_with_key("platform-a", old, new)
    for key in (old, new):
        assert (await ask(room, sign(claims(client.id), key, kid=key.kid))).status_code == 200
    assert_refused(await ask(room, sign(claims(client.id), old, kid="new")))


BAD_KEYS: list[dict[str, Any]] = [
    {},
    {"kty": "oct", "k": "c2VjcmV0"},
    {"kty": "EC", "crv": "P-256", "x": 5, "y": []},
    {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    {"kty": ["EC"]},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "n": 5, "e": {}},
    dict(KEY.as_dict(private=True)),
    dict(jwk.ECKey.generate_key("P-384").as_dict(private=False)),
    dict(jwk.OKPKey.generate_key("X25519").as_dict(private=False)),
    dict(jwk.RSAKey.generate_key(1024).as_dict(private=False)),
]


@ONE_ENGINE
@pytest.mark.parametrize("index", range(len(BAD_KEYS)))
async def test_keys_that_cannot_be_trusted_are_refused_at_once(room: Room, index: int) -> None:
    operator = await room.client_as("secretariat")
    body = {"scopes": ["signals:read"], "auth_method": "private_key_jwt", "jwks": {"keys": [BAD_KEYS[index]]}}
    answer = await operator.post("/v1/partners/platform-a/clients", json=body)
    assert answer.status_code == 409, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/jwks/keys/0"


async def test_many_at_once_spend_an_assertion_once(room: Room) -> None:
    client = await room.issue_with_key("platform-a", KEY)
    assertion = sign(claims(client.id))
    answers = await asyncio.gather(*(ask(room, assertion) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9
