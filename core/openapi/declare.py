"""What a handler's signature cannot say about its body and its answers.

Each function gives keyword arguments of a route handler; Litestar puts them in the handler's `opt`, beside those of
`scoped(...)`, and core/openapi/document.py reads them there.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from core.edge import CSV, EVENT_STREAM, JSON, NDJSON


class Bulk(msgspec.Struct, frozen=True):
    """A JSON object with one list, whose items are judged one by one."""

    key: str
    item: Any
    example: Mapping[str, Any] | None


class Lines(msgspec.Struct, frozen=True):
    """NDJSON: an `item` on each line; server-sent events: one in the data of each."""

    item: type


def takes(media: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a handler that reads it raw: a type for each media type, `bytes` for what is no JSON."""
    return {"takes": dict(media)}


def takes_bulk(
    key: str, item: Any, *, ndjson: bool = False, csv: bool = False, example: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A bulk body `{key: [item, …]}`, with `ndjson` also an item a line, and with `csv` a row, below its field names.

    A bad item costs only itself, so the published schema leaves the items open, links theirs and gives an `example`.
    """
    lines = {NDJSON: Lines(item)} if ndjson else {}
    return takes({JSON: Bulk(key, item, example)} | lines | ({CSV: bytes} if csv else {}))


def answers(statuses: Mapping[int, Mapping[str, Any] | None], *, open_forms: bool = False) -> dict[str, Any]:
    """The answers of a handler whose return type does not tell: per status a type for each media type.

    None is an answer without content; as NDJSON and as server-sent events the type is that of one of them. Errors are
    declared for every operation and not repeated here. `open_forms`: there are more than the contract can name, so that
    the handler asks `Accept` by itself (`core.answers.preferred`).
    """
    return {
        "answers": {status: media and _lines(media) for status, media in statuses.items()},
        "open_forms": open_forms,
    }


def answered(handler: HTTPRouteHandler) -> Mapping[int, Mapping[str, Any] | None]:
    """The answers of a handler, declared or by its return type: per status a type for each media type."""
    declared: Mapping[int, Mapping[str, Any] | None] | None = handler.opt.get("answers")
    if declared:
        return declared
    returned = handler.parsed_fn_signature.return_type
    kind = returned.inner_types[0].annotation if returned.is_subclass_of(Response) else returned.annotation
    return {handler.status_code: None if kind in (None, type(None)) else {JSON: kind}}


def refuses(media: Mapping[str, Any]) -> dict[str, Any]:
    """How a handler with `exception_handlers` of its own says what went wrong: a type for each media type."""
    return {"refuses": dict(media)}


def _lines(media: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Lines(kind) if name in (NDJSON, EVENT_STREAM) else kind for name, kind in media.items()}
