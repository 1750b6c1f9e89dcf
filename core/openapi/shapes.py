"""JSON Schema of the Structs on the wire, with the docstrings under their fields."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

_REF = "#/components/schemas/{name}"


class Shapes:
    """Collects the components that the schemas it hands out refer to, by references like `ref`."""

    def __init__(self, ref: str = _REF) -> None:
        self._ref = ref
        self.components: dict[str, dict[str, Any]] = {}

    def schema(self, kind: Any) -> dict[str, Any]:
        """The schema of a type. Raises `RuntimeError` when two types on the wire share a name."""
        schema, found = _schema_of(kind, self._ref)
        for name, component in found.items():
            if self.components.setdefault(name, component) != component:
                raise RuntimeError(f"two different types on the wire are called {name}")
        return schema

    def described(self, types: Mapping[str, type]) -> dict[str, dict[str, Any]]:
        """The components, with what `types` (by component name) say of themselves."""
        return {name: _describe(schema, types.get(name)) for name, schema in sorted(self.components.items())}


# Hundreds of places name the same few dozen types, and each plugin's routes are described once more on their own.
@cache
def _schema_of(kind: Any, ref: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (schema,), components = msgspec.json.schema_components([kind], ref_template=ref)
    return schema, components


def _describe(schema: dict[str, Any], kind: type | None) -> dict[str, Any]:
    described = {key: value for key, value in schema.items() if key != "title"}
    if kind is None:
        return described
    documents = field_docs(kind)
    text = [inspect.cleandoc(kind.__doc__)] if kind.__doc__ else []
    if issubclass(kind, Enum):
        text += [f"- `{kind[name].value}`: {line}" for name, line in documents.items()]
    elif "properties" in schema:
        described["properties"] = {
            name: _with_text(field, documents.get(name)) for name, field in schema["properties"].items()
        }
    return _with_text(described, "\n".join(text))


def _with_text(schema: dict[str, Any], text: str | None) -> dict[str, Any]:
    return schema | {"description": text} if text else schema


@cache
def field_docs(kind: type) -> dict[str, str]:
    """Docstrings under the fields of a Struct or the members of an enum, inherited ones included."""
    found: dict[str, str] = {}
    for ancestor in reversed(kind.__mro__):
        if ancestor.__module__.split(".")[0] in ("builtins", "msgspec", "enum"):
            continue
        body = _body(ancestor)
        for field, below in pairwise(body):
            name, text = _name(field), _text(below)
            if name and text:
                found[name] = text
    return found


def _body(kind: type) -> list[ast.stmt]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    return tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []


def _name(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _text(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        value = statement.value.value
        return inspect.cleandoc(value) if isinstance(value, str) else None
    return None


@cache
def types_in(kind: Any) -> dict[str, type]:
    """Every Struct and enum that `kind` is made of, by name."""
    found: dict[str, type] = {}
    _collect(msgspec.inspect.type_info(kind), found)
    return found


def _collect(info: Any, found: dict[str, type]) -> None:
    if isinstance(info, msgspec.inspect.StructType | msgspec.inspect.EnumType):
        if info.cls.__name__ in found:
            return
        found[info.cls.__name__] = info.cls
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, msgspec.inspect.Type | msgspec.inspect.Field):
                _collect(inner, found)
