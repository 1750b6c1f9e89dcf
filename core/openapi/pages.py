"""The files in openapi/ that partners read, written and checked."""

import inspect
from pathlib import Path

from litestar import Litestar

from core.openapi.document import render, routes
from core.openapi.shapes import field_docs
from core.wire.events import Event
from core.wire.scopes import Scope

_EVENTS = """\
Named by what happened; a body carries ids only.
The hub records them in its log beside each change. Partners cannot read them yet: there is no `GET /v1/events`."""


def write(app: Litestar, folder: Path) -> None:
    """Write the generated files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _files(app).items():
        (folder / name).write_bytes(content)


def check(app: Litestar, folder: Path) -> list[str]:
    """The names of the files that are not what `write` would make of them."""
    return [name for name, content in _files(app).items() if _read(folder / name) != content]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _files(app: Litestar) -> dict[str, bytes]:
    return {"openapi.json": render(app), "scopes.md": _scopes(app).encode(), "events.md": _events().encode()}


def _scopes(app: Litestar) -> str:
    needed: dict[Scope, set[str]] = {scope: set() for scope in Scope}
    for _, _, handler in routes(app):
        for scope in handler.opt.get("scopes", ()):
            needed[scope].add(f"`{handler.operation_id}`")
    rows = [f"| `{scope}` | {scope.meaning} | {', '.join(sorted(needed[scope]))} |" for scope in Scope]
    return "\n".join(["# Scopes", "", "| scope | allows | operations |", "|---|---|---|", *rows, ""])


def _events() -> str:
    parts = ["# Events", "", _EVENTS, ""]
    for kind in sorted(Event.__subclasses__(), key=_tag):
        documents = field_docs(kind)
        fields = [f"- `{name}`{': ' + documents[name] if name in documents else ''}" for name in kind.__struct_fields__]
        parts += [f"## {_tag(kind)}", "", inspect.cleandoc(kind.__doc__ or ""), "", *fields, ""]
    return "\n".join(parts)


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)
