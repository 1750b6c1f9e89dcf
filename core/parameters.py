"""Query parameters, held to what the contract says of them.

2026-11-22: Litestar reads the bounds of its own `Parameter`, not those of `msgspec.Meta`, takes the text `null` for an
absent value, the last of several values, and a misspelt name for nothing at all, so that `min_scor` would read as no
filter. Our guard runs before it and refuses what the published schema refuses; unknown names below `STRICT` only, as
RFC 6749 §3.2 has them ignored and programs of others send more than we read. We gave up nothing: the types of core/wire
say the bounds for bodies and parameters alike. Held by tests/contract/.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.types import Scope
from litestar.typing import FieldDefinition

from core.edge import field_error
from core.errors import InvalidQuery
from core.wire.common import FieldError

STRICT: dict[str, Any] = {"strict_query": True}
"""The `opt` of a router or handler that refuses query parameters which it does not declare."""

_INJECTED = {"request", "data", "state", "scope", "headers", "cookies", "socket", "query", "body"}


def declared(handler: BaseRouteHandler) -> Iterator[tuple[str, FieldDefinition]]:
    """What a handler and its dependencies ask of a request besides the body, path parameters included."""
    provided = handler.resolve_dependencies()
    pending = dict(handler.parsed_fn_signature.parameters)
    done: set[str] = set()
    while pending:
        name, field = pending.popitem()
        done.add(name)
        if name in provided:
            needs = provided[name].parsed_fn_signature.parameters
            pending |= {other: needs[other] for other in needs.keys() - done}
        elif name not in _INJECTED:
            yield _sent_as(name, field), field


def _sent_as(name: str, field: FieldDefinition) -> str:
    """Its name in the address; a handler cannot call an argument `state`, which Litestar keeps for itself."""
    kwarg = field.kwarg_definition
    return (isinstance(kwarg, ParameterKwarg) and kwarg.name) or name


def place(field: FieldDefinition) -> str:
    """`query`, `header` or `cookie`, for a parameter that is not in the path."""
    kwarg = field.kwarg_definition
    return kwarg.param_type.value if isinstance(kwarg, ParameterKwarg) else "query"


def present(annotation: Any) -> Any:
    """The type of a parameter that is there: an address can leave a value out, but cannot say null."""
    # What Litestar calls it by stands around the type.
    inner = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(inner) not in (Union, UnionType):
        return annotation
    return reduce(or_, (kind for kind in get_args(inner) if kind is not NoneType))


def guard(scope: Scope, handler: BaseRouteHandler) -> None:
    """Raises `InvalidQuery` for query parameters that do not fit their declared types, or are not declared at all."""
    connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
    sent = connection.query_params.dict()
    expected = _expected(handler, frozenset(connection.path_params))
    faults = [fault for name, kind in expected.items() if name in sent and (fault := _fault(name, kind, sent[name]))]
    if handler.opt.get("strict_query"):
        faults += [_unknown(name, expected) for name in sent if name not in expected]
    if faults:
        raise InvalidQuery(faults)


@cache
def _expected(handler: BaseRouteHandler, in_path: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(handler, HTTPRouteHandler):
        return {}
    return {
        name: present(field.raw) for name, field in declared(handler) if name not in in_path and place(field) == "query"
    }


def _fault(name: str, kind: Any, values: list[str]) -> FieldError | None:
    if not _is_list(kind) and len(values) > 1:
        return FieldError(f"/{name}", "invalid_query", "Send it once.")
    try:
        msgspec.convert(values if _is_list(kind) else values[0], kind, strict=False)
    except msgspec.ValidationError as exc:
        detail = field_error(exc, "", kind).detail
        several = " Repeat the parameter for several." if _is_list(kind) and "," in "".join(values) else ""
        return FieldError(f"/{name}", "invalid_query", _IN_AN_ADDRESS.get(detail, detail) + several)
    except UnicodeError:
        return FieldError(f"/{name}", "invalid_query", "This is not UTF-8.")
    return None


_IN_AN_ADDRESS = {
    "Expected `int`, got `str`": "Expected a whole number",
    "Expected `bool`, got `str`": "Expected true or false",
}
"""All of it is text there."""


def _unknown(name: str, expected: Iterable[str]) -> FieldError:
    # As RFC 6901 §3 writes a name in a pointer.
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    known = ", ".join(sorted(expected))
    detail = f"This call knows {known}." if known else "This call takes no query parameters."
    return FieldError(pointer, "unknown_parameter", detail)


def _is_list(kind: Any) -> bool:
    inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_origin(inner) in (list, tuple)
