"""The contract, made from the handlers themselves, and the pages that go with it in openapi/.

2026-11-22: our own walk over the handlers, with every shape from `msgspec.json.schema_components`. Litestar's
generator leaves out `additionalProperties: false` and the docstrings (litestar #4575), and its router adds an HTML
404 page to an API that promises one shape of error. We gave up its viewers. Held by tests/contract/.
"""

from core.openapi.declare import answered, answers, refuses, takes, takes_bulk
from core.openapi.document import document, own_handlers, render
from core.openapi.pages import check, write

__all__ = [
    "answered",
    "answers",
    "check",
    "document",
    "own_handlers",
    "refuses",
    "render",
    "takes",
    "takes_bulk",
    "write",
]
