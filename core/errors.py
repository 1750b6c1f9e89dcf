"""Errors that carry their status, and the one shape in which every fault leaves the hub (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.wire.common import FieldError, Problem

PROBLEM_JSON = "application/problem+json"

log = logging.getLogger("kmm")


class Fault(Exception):
    """A refusal the caller can act on. `detail` says what to do next."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        committed: int | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.committed = committed
        self.line = line

    def problem(self) -> Problem:
        return Problem(
            title=self.status.phrase,
            status=self.status,
            type=f"urn:kmm:problem:{self.code}",
            detail=self.detail,
            errors=self.errors,
            committed=self.committed,
            line=self.line,
        )


class Invalid(Fault):
    """The body or a parameter is not what the contract says."""


class InvalidQuery(Invalid):
    """Parameters that do not fit, by name."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("A query parameter is not what this call expects.", errors=errors)


class Unauthorized(Fault):
    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class Forbidden(Fault):
    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class LicenceNotAccepted(Forbidden):
    """The terms come before the first download; `Link` with rel=license says where they are."""

    code = "licence_not_accepted"


NOTHING_HERE = "There is nothing here that you may see."


class NotFound(Fault):
    """Missing, or not for this caller: the two are never told apart."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"

    def __init__(self, detail: str = NOTHING_HERE, **more: Any) -> None:
        super().__init__(detail, **more)


class NotAcceptable(Fault):
    """Nothing that the call answers with is a media type that `Accept` takes."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"


class Conflict(Fault):
    status = HTTPStatus.CONFLICT
    code = "conflict"


class Gone(Fault):
    status = HTTPStatus.GONE
    code = "gone"


class PreconditionFailed(Fault):
    """`If-Match` names another version than the one that stands (RFC 9110 §13.1.1)."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"


class TooLarge(Fault):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class UnsupportedMediaType(Fault):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


class TooManyRequests(Fault):
    """Over a quota; the headers say when there is more."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"


class Unavailable(Fault):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=dict(headers or {}),
    )


def _on_fault(_: Request[Any, Any, Any], fault: Fault) -> Response[bytes]:
    return respond(fault.problem(), fault.headers)


def _on_http(_: Request[Any, Any, Any], exc: HTTPException) -> Response[bytes]:
    if isinstance(exc, ValidationException) and _lacks_body(exc):
        fault = Invalid("The body is not what this call expects.", errors=[FieldError("", "missing", "It is empty.")])
        return respond(fault.problem())
    status = HTTPStatus(exc.status_code)
    errors = _field_errors(exc) if isinstance(exc, ValidationException) else ()
    detail = "" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _unrouted(exc) or exc.detail
    return respond(Problem(title=status.phrase, status=status, detail=detail, errors=errors), exc.headers)


def _unrouted(exc: HTTPException) -> str:
    """What to do about an address or a method that there is not."""
    if isinstance(exc, MethodNotAllowedException):
        return f"This address takes {(exc.headers or {}).get('allow', 'other methods')}."
    return "No call has this address; GET /openapi.json lists them." if isinstance(exc, NotFoundException) else ""


def _lacks_body(exc: ValidationException) -> bool:
    """Litestar calls a body by the handler's argument, and leaves an empty one out."""
    found = exc.extra if isinstance(exc.extra, list) else []
    return any(isinstance(one, dict) and one.get("key") == "data" and one.get("source") == "body" for one in found)


def _field_errors(exc: ValidationException) -> tuple[FieldError, ...]:
    """Litestar lists faults as {"key", "message", "source"}; ours carry a pointer."""
    found = exc.extra if isinstance(exc.extra, list) else []
    return tuple(
        FieldError(
            pointer="/" + str(one.get("key", "")).replace(".", "/"),
            code=f"invalid_{one.get('source') or 'body'}",
            detail=str(one.get("message", "")),
        )
        for one in found
        if isinstance(one, dict)
    )


def _on_bad_bytes(_: Request[Any, Any, Any], __: Exception) -> Response[bytes]:
    """Invalid UTF-8 and nesting beyond the decoder's depth escape the framework's own handling."""
    fault = Invalid("The request is not valid UTF-8 text of reasonable depth.")
    return respond(fault.problem())


def _on_database(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """Away, full, or too busy to give a connection."""
    log.error("the database failed on %s %s", request.method, request.url.path, exc_info=exc)
    fault = Unavailable("The hub cannot reach its data at the moment; try again.", headers={"Retry-After": "2"})
    return respond(fault.problem(), fault.headers)


def _on_bug(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    log.error("unhandled error on %s %s", request.method, request.url.path, exc_info=exc)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "A fault of the hub. See whether it was done before you send it again."
    return respond(Problem(title=status.phrase, status=status, detail=detail))


HANDLERS: dict[int | type[Exception], Any] = {
    Fault: _on_fault,
    HTTPException: _on_http,
    UnicodeDecodeError: _on_bad_bytes,
    RecursionError: _on_bad_bytes,
    OperationalError: _on_database,
    InterfaceError: _on_database,
    PoolTimeoutError: _on_database,
    Exception: _on_bug,
}
"""For `Litestar(exception_handlers=...)`: nothing leaves the hub in another shape."""
