"""The token endpoint: what it gives, and every way to be refused (the traps that authlib falls into by itself)."""

import base64
from typing import Any

import httpx
import msgspec
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet

from core.auth.keys import TOKEN_LIFE
from core.wire.partners import PartnerState
from tests.auth.conftest import ISSUER, ONE_ENGINE, Room

GRANT = {"grant_type": "client_credentials"}


def credentials(room: Room, slug: str = "platform-a") -> tuple[str, str]:
    client = room.clients[slug]
    return client.id, client.client_secret or ""


def refused(answer: httpx.Response, status: int, error: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) is (status == 401)
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["error"] == error
    assert body["error_description"] == body["detail"] != ""
    return body


async def test_a_token_is_a_signed_jwt_of_ten_minutes(room: Room) -> None:
    answer = await room.anonymous().post("/oauth/token", data=GRANT, auth=credentials(room))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["scope"].split() == sorted(room.clients["platform-a"].scopes)
    keys = KeySet.import_key_set((await room.anonymous().get("/.well-known/jwks.json")).json())
    token = jwt.decode(body["access_token"], keys, algorithms=["ES256"])
    assert token.header == {"alg": "ES256", "typ": "at+jwt", "kid": token.header["kid"]}
    assert token.claims["exp"] - token.claims["iat"] == TOKEN_LIFE
    assert {token.claims["iss"], token.claims["aud"]} == {ISSUER}
    assert {token.claims["sub"], token.claims["client_id"]} == {room.clients["platform-a"].id}


async def test_scopes_are_narrowed_on_request(room: Room) -> None:
    client = await room.client_as("platform-a", "signals:read")
    assert (await client.get("/v1/me")).json()["scopes"] == ["signals:read"]


@ONE_ENGINE
async def test_an_oauth_library_gets_a_token_and_understands_a_refusal(room: Room) -> None:
    identity, secret = credentials(room)
    transport = room.transport()
    async with AsyncOAuth2Client(identity, secret, scope="signals:read", transport=transport) as library:
        token = await library.fetch_token(f"{ISSUER}/oauth/token")
        assert token["scope"] == "signals:read"
        with pytest.raises(Exception, match="invalid_scope"):
            await library.fetch_token(f"{ISSUER}/oauth/token", scope="partners:admit")


@ONE_ENGINE
async def test_a_caller_that_names_json_gets_the_refusal_as_json(room: Room) -> None:
    answer = await room.anonymous().post("/oauth/token", data=GRANT, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == "invalid_client"


@ONE_ENGINE
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic bm9jb2xvbg==",
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"name:").decode(),
        "Basic " + base64.b64encode(b":secret").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode("tên:mật".encode()).decode(),
        "Basic " + base64.b64encode(b'a"b:c').decode(),
        "Basic " + base64.b64encode(b"a\\b:c").decode(),
        "Basic " + base64.b64encode(b"a\x00b:c").decode(),
        "Basic " + base64.b64encode(b"cli_nobody:secret").decode(),
        "Basic " + "QQ==" * 4_000,
        "Bearer abc",
        "Digest username=a",
        "Basic \xe9\xe9\xe9\xe9",
    ],
)
async def test_malformed_or_wrong_basic_is_an_invalid_client(room: Room, header: str) -> None:
    headers = {b"Authorization": header.encode("latin-1")}
    refused(await room.anonymous().post("/oauth/token", data=GRANT, headers=headers), 401, "invalid_client")


@ONE_ENGINE
async def test_an_unknown_client_and_a_wrong_secret_look_the_same(room: Room) -> None:
    identity, _ = credentials(room)
    answers = [
        await room.anonymous().post("/oauth/token", data=GRANT, auth=auth)
        for auth in ((identity, "wrong"), ("cli_nobody", "wrong"), (identity, "kmm_cs_" + "a" * 59))
    ]
    assert len({answer.content for answer in answers}) == 1
    refused(answers[0], 401, "invalid_client")


@ONE_ENGINE
async def test_two_authorization_headers_are_refused(room: Room) -> None:
    basic = "Basic " + base64.b64encode(":".join(credentials(room)).encode()).decode()
    headers = [("Authorization", basic), ("Authorization", basic)]
    refused(await room.anonymous().post("/oauth/token", data=GRANT, headers=headers), 401, "invalid_client")


@ONE_ENGINE
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "signals:read"}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "a"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "a"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": 'a"b'}, "invalid_request"),
        ({"grant_type": "a\\b"}, "invalid_request"),
        ({"grant_type": "cấp"}, "invalid_request"),
        ({"grant_type": "a\x00"}, "invalid_request"),
        ({"grant_type": "a" * 4_097}, "invalid_request"),
        (GRANT | {"scope": 'signals:read"'}, "invalid_request"),
        (GRANT | {"scope": "signals:read unknown:scope"}, "invalid_scope"),
        (GRANT | {"scope": "partners:admit"}, "invalid_scope"),
        (GRANT | {"scope": "SIGNALS:READ"}, "invalid_scope"),
        (GRANT | {"scope": "  "}, "invalid_scope"),
        (GRANT | {"resource": "https://another.example"}, "invalid_target"),
        (GRANT | {f"x{index}": "y" for index in range(30)}, "invalid_request"),
    ],
)
async def test_a_bad_form_is_refused(room: Room, form: dict[str, str], error: str) -> None:
    refused(await room.anonymous().post("/oauth/token", data=form, auth=credentials(room)), 400, error)


@ONE_ENGINE
async def test_unknown_parameters_are_ignored(room: Room) -> None:
    form = GRANT | {"x" * 5_000: "y", "audience": 'a "quoted" một', "resource": ISSUER}
    assert (await room.anonymous().post("/oauth/token", data=form, auth=credentials(room))).status_code == 200


@ONE_ENGINE
@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&scope=a&scope=b",
        b"grant_type=%ff%fe",
        b"\xff\xfe\xfd",
        b"grant_type=%ed%a0%80",
    ],
)
async def test_broken_bytes_and_repeats_are_refused(room: Room, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await room.anonymous().post("/oauth/token", content=body, headers=headers, auth=credentials(room))
    refused(answer, 400, "invalid_request")


@ONE_ENGINE
async def test_parameters_travel_in_a_form_and_nowhere_else(room: Room) -> None:
    client, auth = room.anonymous(), credentials(room)
    refused(await client.post("/oauth/token", json=GRANT, auth=auth), 400, "invalid_request")
    refused(await client.post("/oauth/token", params=GRANT, data=GRANT, auth=auth), 400, "invalid_request")
    identity, secret = auth
    in_body = GRANT | {"client_id": identity, "client_secret": secret}
    refused(await client.post("/oauth/token", data=in_body), 401, "invalid_client")
    assert (await client.get("/oauth/token", params=GRANT, auth=auth)).status_code == 405
    assert (await client.post("/oauth/token", content=b"x" * 100_000, auth=auth)).status_code in (400, 413)


@ONE_ENGINE
async def test_other_oauth_endpoints_do_not_exist(room: Room) -> None:
    for path in ("/oauth/authorize", "/oauth/register", "/oauth/introspect", "/oauth/device"):
        assert (await room.anonymous().post(path, data=GRANT)).status_code == 404


async def test_a_suspended_partner_and_a_disabled_client_get_no_token(room: Room) -> None:
    operator = await room.client_as("secretariat")
    assert (await operator.patch("/v1/partners/platform-a", json={"state": "suspended"})).status_code == 200
    answer = await room.anonymous().post("/oauth/token", data=GRANT, auth=credentials(room))
    refused(answer, 401, "invalid_client")
    identity, _ = credentials(room, "agency-a")
    assert (await operator.delete(f"/v1/partners/agency-a/clients/{identity}")).status_code == 204
    answer = await room.anonymous().post("/oauth/token", data=GRANT, auth=credentials(room, "agency-a"))
    refused(answer, 401, "invalid_client")
    await room.set_state("platform-a", PartnerState.ACTIVE)
    await room.tokens.refresh()
    assert (await room.anonymous().post("/oauth/token", data=GRANT, auth=credentials(room))).status_code == 200


@ONE_ENGINE
async def test_metadata_is_valid_by_rfc_8414(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests' issuer is plain http.
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    body = (await room.anonymous().get("/.well-known/oauth-authorization-server")).json()
    metadata = AuthorizationServerMetadata(body)
    # The standard asks for an authorization endpoint only where a grant uses one; the library asks always.
    for name in set(metadata.REGISTRY_KEYS) - {"authorization_endpoint", "response_types_supported"}:
        getattr(metadata, f"validate_{name}")()
    assert body["grant_types_supported"] == ["client_credentials"]


async def test_a_secret_is_stored_as_a_keyed_digest_only(room: Room) -> None:
    _, secret = credentials(room)
    assert secret.startswith("kmm_cs_")
    async with room.db.engine.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM client")).all()
    assert rows
    assert secret not in msgspec.json.encode([[str(cell) for cell in row] for row in rows]).decode()
