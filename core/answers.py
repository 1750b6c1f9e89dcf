"""What the answers of several rooms share: pages with a link to the next, ETags, a form that the caller chooses."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response

from core import accept
from core.errors import Invalid, PreconditionFailed
from core.wire.common import FieldError

_TAGS = re.compile(r'\s*(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)\s*')


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
    """Hold `If-Match`, when it is sent, against the version that stands (RFC 9110 §13.1.1: `*` fits any).

    Raises `PreconditionFailed`, and `Invalid` for what is no ETag.
    """
    sent = request.headers.get("if-match")
    if sent is not None and not _TAGS.fullmatch(sent):
        fault = FieldError("/If-Match", "invalid_header", 'An ETag is in quotes, as it was given: "3"; or send *.')
        raise Invalid("A header is not what this call expects.", errors=[fault])
    if sent is not None and not names(sent, f'"{version}"'):
        raise PreconditionFailed(f'The version that stands is "{version}". Read it again, then repeat your change.')


def names(sent: str, etag: str, *, weakly: bool = False) -> bool:
    """Whether `sent`, the value of `If-Match`, names the strong `etag`; `*` names any.

    `weakly` is for `If-None-Match`, where a `W/` makes no difference (RFC 9110 §8.8.3.2).
    """
    tags = [tag.strip() for tag in sent.split(",")]
    return tags == ["*"] or etag in tags or (weakly and f"W/{etag}" in tags)


def negotiated(request: Request[Any, Any, Any], forms: Mapping[str, Callable[[], bytes]]) -> Response[bytes]:
    """The form that `Accept` likes best, rendered."""
    form = preferred(request, forms)
    return Response(forms[form](), media_type=form, headers={"Vary": "Accept"})


def preferred(request: Request[Any, Any, Any], forms: Iterable[str]) -> str:
    """The media type that `Accept` likes best, as `core.accept` reads it."""
    return accept.choose(accept.sent(request.scope), tuple(forms))
