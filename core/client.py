"""The partner's side of the token endpoint, for the hub's own commands and for tests."""

import time
from collections.abc import Collection, Generator
from typing import Any

import httpx


class ClientCredentials(httpx.Auth):
    """Fetches a token when it has none or the one it has ends or is refused (RFC 6749 §4.4), and sends it along.

    Serves `httpx.Client` and `httpx.AsyncClient`, for one thread or loop at a time.
    """

    requires_response_body = True

    def __init__(self, client_id: str, client_secret: str, scopes: Collection[str] = ()) -> None:
        """No `scopes` asks for all that the client holds."""
        self._basic = httpx.BasicAuth(client_id, client_secret)
        self._form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
        self._token = ""
        self._ends = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for _ in range(2):
            if not self._token or time.monotonic() >= self._ends:
                asked = time.monotonic()
                answer = yield self._token_request(request.url)
                if answer.is_error:
                    # Handed on as the answer to the request: it says why in the hub's own words.
                    return
                issued = answer.json()
                self._token = issued["access_token"]
                # Early, so that it holds for the whole of a request; the length may be left out (RFC 6749 §5.1).
                self._ends = asked + 0.9 * issued.get("expires_in", 600)
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            self._token = ""

    def _token_request(self, near: httpx.URL) -> httpx.Request:
        request = httpx.Request("POST", near.join("/oauth/token"), data=self._form)
        return next(self._basic.auth_flow(request))


def in_process(app: Any, base_url: str, auth: httpx.Auth | None = None) -> httpx.AsyncClient:
    """A client of an ASGI application in this process and on this loop, whose lifespan runs already."""
    # `Any`: Litestar and httpx describe the same ASGI callable in types that do not meet.
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url, auth=auth, timeout=60)
