"""What the answers of several rooms have in common: pages with a link to the next, resources with an ETag."""

from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response

from core.errors import PreconditionFailed


class Page(Protocol):
    """A page of a list."""

    @property
    def next(self) -> str | None:
        """The `after` of the next page; null on the last."""


P = TypeVar("P", bound=Page)
T = TypeVar("T")


def page(request: Request[Any, Any, Any], body: P) -> Response[P]:
    """`body`, with the address of the next page in `Link` (RFC 8288)."""
    if body.next is None:
        return Response(body)
    query = urlencode({**request.query_params.dict(), "after": body.next}, doseq=True)
    return Response(body, headers={"Link": f'<{request.url.path}?{query}>; rel="next"'})


def versioned(body: T, version: int, *, status: int = 200, location: str | None = None) -> Response[T]:
    """`body` under the strong ETag that `require_match` compares with."""
    headers = {"ETag": f'"{version}"'} | ({"Location": location} if location else {})
    return Response(body, status_code=status, headers=headers)


def require_match(request: Request[Any, Any, Any], version: int) -> None:
    """Hold `If-Match`, when it is sent, against the version that stands (RFC 9110 §13.1.1: `*` fits any)."""
    sent = request.headers.get("if-match")
    if sent is None or sent.strip() == "*":
        return
    if f'"{version}"' not in (tag.strip() for tag in sent.split(",")):
        raise PreconditionFailed(f'The version that stands is "{version}". Read it again, then repeat your change.')
