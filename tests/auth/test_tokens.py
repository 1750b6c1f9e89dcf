"""Access tokens: forgeries, revocation within two seconds, failing closed."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from joserfc import jwk, jws, jwt

from core.auth import keys, tokens
from core.auth.tokens import Tokens
from core.db import Database
from core.errors import Unavailable
from core.wire.partners import PartnerState
from tests.auth.conftest import ISSUER, ONE_ENGINE, Room, assert_problem, parts, refuses


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def resigned(room: Room, token: str, *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """The token with other claims, signed by the hub's own key: only the verifier's rules can refuse it."""
    signer = room.tokens.current.ring.signer()
    known, claims = parts(token)
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    return jws.serialize_compact(known | (header or {}), json.dumps(claims).encode(), signer.key)


@ONE_ENGINE
@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://another.example"},
        {"aud": "https://another.example"},
        {"aud": [ISSUER]},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"client_id": None},
        {"client_id": "cli_nobody"},
        {"client_id": ["cli_nobody"]},
        {"jti": None},
        {"jti": 5},
        {"exp": None},
        {"exp": 0},
        {"exp": -1},
        {"exp": 1e300},
        {"exp": 10**30},
        {"exp": float("nan")},
        {"exp": "tomorrow"},
        {"exp": int(time.time()) + 86_400},
        {"iat": None},
        {"iat": "now"},
        {"scope": None},
        {"scope": 5},
        {"scope": ["signals:read"]},
    ],
)
async def test_claims_must_be_what_the_hub_writes(room: Room, changed: dict[str, Any]) -> None:
    token = await room.token("platform-a")
    assert not refuses(room.tokens, resigned(room, token))
    assert refuses(room.tokens, resigned(room, token, **changed))


@ONE_ENGINE
@pytest.mark.parametrize("typ", ["JWT", "at+JWT ", "", "application/at+jwt"])
async def test_another_kind_of_jwt_is_no_access_token(room: Room, typ: Any) -> None:
    assert refuses(room.tokens, resigned(room, await room.token("platform-a"), header={"typ": typ}))


def unsigned(token: str, alg: str) -> str:
    header, claims = parts(token)
    return f"{b64(json.dumps(header | {'alg': alg}).encode())}.{b64(json.dumps(claims).encode())}."


def by_another_key(token: str, **more: Any) -> str:
    header, claims = parts(token)
    own = jwk.ECKey.generate_key("P-256")
    extra = {"jwk": own.as_dict(private=False)} if more.get("embed") else {}
    return jwt.encode(header | extra | more.get("header", {}), claims, own, algorithms=["ES256"], default_type=None)


def with_header(token: str, header: bytes) -> str:
    return f"{b64(header)}.{token.split('.', 1)[1]}"


FORGERIES: dict[str, Callable[[str], str]] = {
    "empty": lambda token: "",
    "no dots": lambda token: token.replace(".", ""),
    "two parts": lambda token: token.rsplit(".", 1)[0],
    "four parts": lambda token: token + ".x",
    "none": lambda token: unsigned(token, "none"),
    "None": lambda token: unsigned(token, "None"),
    "no signature": lambda token: unsigned(token, "ES256"),
    "another key": by_another_key,
    "another key in the header": lambda token: by_another_key(token, embed=True),
    "unknown kid": lambda token: by_another_key(token, header={"kid": "0" * 16}),
    "newline": lambda token: token + "\n",
    "not ASCII": lambda token: token[:-1] + "é",
    "NUL": lambda token: token + "\x00",
    "very long": lambda token: token + "A" * 100_000,
    "deep header": lambda token: with_header(token, b"[" * 1_000),
    "deep claims": lambda token: f"{token.split('.')[0]}.{b64(b'[' * 1_000)}.{token.split('.')[2]}",
    "header is a list": lambda token: with_header(token, b"[]"),
    "header without alg": lambda token: with_header(token, b"{}"),
    "kid is a list": lambda token: with_header(token, b'{"alg":"ES256","typ":"at+jwt","kid":[]}'),
    "alg is a number": lambda token: with_header(token, b'{"alg":5,"typ":"at+jwt"}'),
    "crit": lambda token: with_header(token, b'{"alg":"ES256","crit":["x"],"x":1}'),
}


@ONE_ENGINE
@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_and_broken_tokens_are_refused(room: Room, name: str) -> None:
    token = await room.token("platform-a")
    forged = FORGERIES[name](token)
    assert refuses(room.tokens, forged)
    answer = await room.anonymous().get("/v1/me", headers={b"Authorization": f"Bearer {forged}".encode()})
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@ONE_ENGINE
async def test_every_flipped_character_breaks_the_signature(room: Room) -> None:
    token = await room.token("platform-a")
    start = token.rindex(".") + 1
    # The last character carries two bits that decode to nothing.
    for index in range(start, len(token) - 1):
        flipped = "A" if token[index] != "A" else "B"
        assert refuses(room.tokens, token[:index] + flipped + token[index + 1 :])


@ONE_ENGINE
async def test_a_hmac_with_the_public_key_is_refused(room: Room) -> None:
    header, claims = parts(await room.token("platform-a"))
    public = room.tokens.current.ring.signer().key.as_pem(private=False)
    secret = jwk.OctKey.import_key(public.hex())
    assert refuses(room.tokens, jwt.encode(header | {"alg": "HS256"}, claims, secret, algorithms=["HS256"]))


async def test_a_token_of_another_hub_is_refused(room: Room, new_database: Callable[[], str]) -> None:
    async with AsyncExitStack() as stack:
        other = Room(new_database(), stack)
        stack.push_async_callback(other.db.close)
        await other.seed()
        assert refuses(room.tokens, await other.token("platform-a"))


@ONE_ENGINE
@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
async def test_the_scheme_is_case_insensitive(room: Room, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {await room.token('platform-a')}"}
    assert (await room.anonymous().get("/v1/me", headers=headers)).status_code == 200


@ONE_ENGINE
async def test_tokens_travel_in_one_header_and_nowhere_else(room: Room) -> None:
    token = await room.token("platform-a")
    client = room.anonymous()
    assert_problem(await client.get("/v1/me", params={"access_token": token}), 401)
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert_problem(await client.get("/v1/me", headers=twice), 401)
    for value in ("", "Bearer", "Bearer ", "Basic YTpi", token):
        assert_problem(await client.get("/v1/me", headers={"Authorization": value}), 401)


async def test_a_bad_token_does_not_close_what_is_public(room: Room) -> None:
    answer = await room.anonymous().get("/.well-known/jwks.json", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200


async def test_a_revoked_token_is_refused_at_once_and_only_that_one(room: Room) -> None:
    first, second = await room.token("platform-a"), await room.token("platform-a")
    client = room.clients["platform-a"]
    auth = (client.id, client.client_secret or "")
    assert not refuses(room.tokens, first)
    answer = await room.anonymous().post("/oauth/revoke", data={"token": first}, auth=auth)
    assert (answer.status_code, answer.content) == (200, b"")
    assert refuses(room.tokens, first)
    assert not refuses(room.tokens, second)
    again = await room.anonymous().post("/oauth/revoke", data={"token": first}, auth=auth)
    assert again.status_code == 200


async def test_only_its_own_client_revokes_a_token(room: Room) -> None:
    token = await room.token("platform-a")
    other = room.clients["platform-b"]
    auth = (other.id, other.client_secret or "")
    for text in (token, "nonsense", token[:-4]):
        assert (await room.anonymous().post("/oauth/revoke", data={"token": text}, auth=auth)).status_code == 200
    assert not refuses(room.tokens, token)
    assert (await room.anonymous().post("/oauth/revoke", data={"token": token})).status_code == 401
    assert (await room.anonymous().post("/oauth/revoke", data={}, auth=auth)).status_code == 400
    assert not refuses(room.tokens, token)


async def test_another_process_refuses_within_two_seconds(room: Room) -> None:
    """Of a suspended partner, a disabled client, a revoked token."""
    db = Database(room.settings.database_url)
    elsewhere = Tokens(db, room.settings)
    await elsewhere.refresh()
    polling = asyncio.create_task(poll(elsewhere))
    suspended, disabled, revoked = [await room.token(slug) for slug in ("platform-a", "platform-b", "agency-a")]
    for token in (suspended, disabled, revoked):
        assert not refuses(elsewhere, token)
    operator = await room.client_as("secretariat")
    await operator.patch("/v1/partners/platform-a", json={"state": "suspended"})
    await operator.delete(f"/v1/partners/platform-b/clients/{room.clients['platform-b'].id}")
    client = room.clients["agency-a"]
    await room.anonymous().post("/oauth/revoke", data={"token": revoked}, auth=(client.id, client.client_secret or ""))
    for token in (suspended, disabled, revoked):
        assert refuses(room.tokens, token)
    await asyncio.sleep(1.9)
    assert all(refuses(elsewhere, token) for token in (suspended, disabled, revoked))
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await db.close()


async def poll(known: Tokens) -> None:
    while True:
        await asyncio.sleep(1)
        await known.refresh()


async def test_a_reinstated_partner_is_let_in_again(room: Room) -> None:
    token = await room.token("platform-a")
    for state in PartnerState.SUSPENDED, PartnerState.ACTIVE:
        await room.set_state("platform-a", state)
        await room.tokens.refresh()
        assert refuses(room.tokens, token) is (state is PartnerState.SUSPENDED)


async def test_a_token_narrows_with_its_kind(room: Room) -> None:
    agency = await room.client_as("agency-a")
    operator = await room.client_as("secretariat")
    await operator.put("/v1/kinds/agency", json={"scopes": ["reports:read"]})
    assert (await agency.get("/v1/me")).json()["scopes"] == ["reports:read"]
    assert_problem(await agency.get("/v1/groups"), 403)


async def test_without_news_for_five_seconds_nobody_is_let_in(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await room.token("platform-a")

    async def cut(self: Tokens) -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr(Tokens, "refresh", cut)
    monkeypatch.setattr(tokens, "STALE", 0.0)
    with pytest.raises(Unavailable):
        room.tokens.principal(token)
    answer = await room.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert_problem(answer, 503)
    assert answer.headers["retry-after"] == "2"
    monkeypatch.undo()
    # The news is fetched by whoever comes first, should the background job be late.
    room.tokens._read_at -= 60
    assert (await room.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    # So it is by who comes for a token.
    room.tokens._read_at -= 60
    assert await room.token("platform-b")


@ONE_ENGINE
async def test_an_expired_token_is_refused_though_it_is_known(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await room.token("platform-a")
    assert not refuses(room.tokens, token)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + keys.TOKEN_LIFE + 1)
    assert refuses(room.tokens, token)
    # A clock that was set back does not lengthen a life.
    monkeypatch.setattr(time, "time", lambda: now - 3_600)
    assert refuses(room.tokens, token)


@ONE_ENGINE
async def test_what_is_remembered_is_bounded(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_REMEMBERED", 3)
    issued = [await room.token("platform-a") for _ in range(6)]
    for token in issued * 2:
        assert not refuses(room.tokens, token)
    assert len(room.tokens._known) == 3


@ONE_ENGINE
async def test_a_known_token_costs_microseconds(room: Room) -> None:
    token = await room.token("platform-a")
    cold = best_of(lambda: room.tokens.read(token))
    warm = best_of(lambda: room.tokens.principal(token))
    assert warm < cold / 10


def best_of(call: Callable[[], object]) -> float:
    times_taken = []
    for _ in range(50):
        began = time.perf_counter()
        call()
        times_taken.append(time.perf_counter() - began)
    return min(times_taken)
