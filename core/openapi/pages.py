"""The files in openapi/ that partners read, written and checked."""

import inspect
from collections.abc import Mapping
from pathlib import Path

from litestar import Litestar

from core.openapi import asyncapi, reports
from core.openapi.document import render, routes
from core.openapi.shapes import field_docs
from core.wire.events import catalogue
from core.wire.scopes import Scope

_EVENTS = """\
An event says that something happened, by ids, counts and states: fetch the thing itself with your own rights. Each is
for those whom its text names, as they were when it happened, and for the operator. Wherever it arrives, it looks alike:

```json
{"id": "evt_4711", "type": "material.published", "timestamp": "2026-11-22T08:00:00.000123Z", "position": 4711,
 "data": {"material": "mat_…", "version": 2}}
```

- **List**: `GET /v1/events?after=` gives pages in order; go on with `next`. `types=` chooses, once for each name.
- **Stream**: the same address with `Accept: text/event-stream`. After a cut, send the last `id` as `Last-Event-ID`
  (browsers do so by themselves) and miss nothing.
- **Be called**: register an endpoint; requests are signed as [Standard Webhooks](https://www.standardwebhooks.com/)
  says.

A delivery may be repeated; its `id` is not. 410 `resync` answers a place older than the hub keeps events: read the
things themselves anew, then go on from the beginning. The same for programs: [asyncapi.json](asyncapi.json)."""


def write(app: Litestar, folder: Path, more: Mapping[str, bytes]) -> None:
    """Write the generated files anew, and `more` beside them, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**_files(app), **more}.items():
        (folder / name).write_bytes(content)


def check(app: Litestar, folder: Path, more: Mapping[str, bytes]) -> list[str]:
    """The names of the files that are not what `write` would make of them."""
    return [name for name, content in {**_files(app), **more}.items() if _read(folder / name) != content]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _files(app: Litestar) -> dict[str, bytes]:
    return {
        "openapi.json": render(app),
        "asyncapi.json": asyncapi.render(),
        "report.schema.json": reports.render(),
        "scopes.md": _scopes(app).encode(),
        "events.md": _events().encode(),
    }


def _scopes(app: Litestar) -> str:
    needed: dict[Scope, set[str]] = {scope: set() for scope in Scope}
    for _, _, handler in routes(app):
        for scope in handler.opt.get("scopes", ()):
            needed[scope].add(f"`{handler.operation_id}`")
    rows = [f"| `{scope}` | {scope.meaning} | {', '.join(sorted(needed[scope]))} |" for scope in Scope]
    return "\n".join(["# Scopes", "", "| scope | allows | operations |", "|---|---|---|", *rows, ""])


def _events() -> str:
    parts = ["# Events", "", _EVENTS, ""]
    for name, kind in catalogue().items():
        documents = field_docs(kind)
        fields = [f"- `{one}`{': ' + documents[one] if one in documents else ''}" for one in kind.__struct_fields__]
        parts += [f"## {name}", "", inspect.cleandoc(kind.__doc__ or ""), "", *fields, ""]
    return "\n".join(parts)
