"""Every fault as TAXII 2.1 §3.6.1 shapes it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response

from core.sdk import HANDLERS as PROBLEMS
from core.sdk import Fault, Problem, refuses

MEDIA_TYPE = "application/taxii+json;version=2.1"
"""Of every body, exactly so: stock clients compare it."""


class TaxiiError(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What went wrong."""

    title: str
    http_status: str
    description: str = ""
    error_code: str = ""
    details: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By JSON pointer into what was sent."""


def _shaped(handler: Callable[..., Response[bytes]]) -> Callable[..., Response[bytes]]:
    def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
        told = handler(request, exc)
        problem = msgspec.json.decode(told.content, type=Problem)
        error = TaxiiError(
            title=problem.title,
            http_status=str(problem.status),
            description=problem.detail,
            error_code=problem.type.rpartition(":")[2],
            details={one.pointer: one.detail for one in problem.errors},
        )
        body = msgspec.json.encode(error)
        return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=told.headers)

    return answer


HANDLERS = {kind: _shaped(handler) for kind, handler in PROBLEMS.items()}
"""For `exception_handlers=` of a handler: what the middleware refuses on its way takes this shape as well."""


class Unprocessable(Fault):
    """The body is no envelope."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unprocessable"


DOOR: dict[str, Any] = {
    "exception_handlers": HANDLERS,
    **refuses({MEDIA_TYPE: TaxiiError}),
}
"""Keyword arguments of every handler."""
