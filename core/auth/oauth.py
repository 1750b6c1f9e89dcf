"""The edge of /oauth/*: what authlib is given, and the shape in which a refusal leaves.

2026-11-22: a refusal is the problem of every other endpoint with RFC 6749's `error` and `error_description` as further
members, so that one parser serves people and one serves OAuth libraries. It is application/problem+json, but
application/json for callers that name it in Accept: strict libraries (oauth4webapi) ask for it and read nothing else.
We gave up a single media type. Held by tests/auth/test_oauth.py.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response

from core.edge import JSON, body, content_type
from core.errors import Fault, respond
from core.wire.oauth import OAuthProblem, RevocationRequest, TokenRequest

FORM = "application/x-www-form-urlencoded"
_FORM_LIMIT = 16 * 1024
_MOST = 20
_KNOWN = frozenset({*TokenRequest.__struct_fields__, *RevocationRequest.__struct_fields__, "resource"})
"""Others are ignored, unread (RFC 6749 §3.2)."""
_CLEAN = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]{1,4096}\Z")
"""What RFC 6749 §5.2 lets an error repeat. Other characters crash authlib when it describes its own refusal."""


class Refusal(Fault):
    """An error of RFC 6749 §5.2."""

    def __init__(self, error: str, detail: str) -> None:
        is_client = error == "invalid_client"
        super().__init__(detail, headers={"WWW-Authenticate": 'Basic realm="oauth"'} if is_client else None)
        self.status = HTTPStatus.UNAUTHORIZED if is_client else HTTPStatus.BAD_REQUEST
        self.code = error

    def problem(self) -> OAuthProblem:
        return OAuthProblem(
            title=self.status.phrase,
            status=self.status,
            type=f"urn:kmm:problem:{self.code}",
            detail=self.detail,
            error=self.code,
            error_description=self.detail,
        )


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Exception handler of the OAuth endpoints."""
    response = respond(refusal.problem(), refusal.headers | {"Cache-Control": "no-store"})
    if JSON in request.headers.get("accept", ""):
        response.media_type = JSON
    return response


class Form(msgspec.Struct, frozen=True):
    """A request of a client, cleaned."""

    parameters: Mapping[str, str]
    authorization: str | None
    """Well-formed HTTP Basic, if any."""


async def read(request: Request[Any, Any, Any]) -> Form:
    """The form and the client's credentials. Raises `Refusal` for whatever authlib could stumble over."""
    if content_type(request) != FORM:
        raise Refusal("invalid_request", f"Send the parameters as {FORM}.")
    if request.scope["query_string"]:
        raise Refusal("invalid_request", "Parameters belong into the body, never into the address.")
    form = Form(
        parameters=_parameters(await body(request, _FORM_LIMIT)),
        authorization=_basic(request.headers.getall("authorization", [])),
    )
    if form.authorization and "client_assertion" in form.parameters:
        raise Refusal("invalid_request", "Authenticate in one way, not two.")
    return form


def _parameters(data: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        raise Refusal("invalid_request", "The form is not well-formed, or has too many fields.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Refusal("invalid_request", "A parameter is sent twice.")
        if name not in _KNOWN:
            continue
        if value and not _CLEAN.match(value):
            raise Refusal("invalid_request", "A parameter is too long, or not printable ASCII without quotes.")
        found[name] = value
    # A parameter without a value counts as omitted (RFC 6749 §3.2).
    return {name: value for name, value in found.items() if value}


def _basic(headers: list[str]) -> str | None:
    """HTTP Basic (RFC 7617) with both halves there; other schemes do not authenticate a client."""
    if not headers:
        return None
    scheme, _, encoded = headers[0].partition(" ")
    try:
        text = base64.b64decode(encoded.strip(" "), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    name, _, secret = text.partition(":")
    if len(headers) > 1 or scheme.lower() != "basic" or not name or not secret or not _CLEAN.match(text):
        raise Refusal("invalid_client", "The Authorization header is not well-formed HTTP Basic.")
    return headers[0]
