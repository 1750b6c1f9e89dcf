"""The modules under reading, and what their names hold as far as shared data goes."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

GUARDED = {
    "core.signals.models.Claim": "claim",
    "core.signals.models.Signal": "signal",
    "core.signals.models.Blind": "blind",
    "core.signals.models.Digest": "digest",
    "core.signals.models.Cell": "cell",
    "core.log.models.EventRow": "event",
    "core.log.models.Addressee": "addressee",
    "plugins.taxii.models.TaxiiObject": "taxii_object",
}
"""Tables of shared data, by the class that declares them."""
_SEEN_THROUGH = {"signal": "claim", "blind": "claim", "addressee": "event"}
"""A signal and its digest have no audience of their own: they are there for whom one of its claims is there."""
VISIBLE = "core.auth.access.visible"
ADDRESSED = "core.events.feed.addressed"
"""What `visible()` is for other tables, this is for events."""
TOLD = frozenset({"event", "addressee"})
AMONG = "core.db.among"
STATEMENTS = {
    f"sqlalchemy.{name}" for name in ("select", "exists", "insert", "update", "delete", "union", "union_all", "except_")
}
_NAMES = "|".join(GUARDED.values())
SQL = re.compile(
    rf"(?s)(?=.*\b(?:select|insert|update|delete|copy|truncate)\b)"
    rf'.*(?:\b(?:from|join|into|update|copy|truncate|table)|,)\s+"?(?:{_NAMES})\b',
    re.IGNORECASE,
)
FRAGMENT = re.compile(rf"\b({_NAMES})\b", re.IGNORECASE)


class Value(NamedTuple):
    what: Literal["nothing", "table", "clause", "statement"] = "nothing"
    tables: frozenset[str] = frozenset()
    """Guarded tables that it names."""
    visible: frozenset[str] = frozenset()
    """Tables of which it is limited to what is visible."""

    @property
    def bare(self) -> frozenset[str]:
        return frozenset(table for table in self.tables if _SEEN_THROUGH.get(table, table) not in self.visible)


NOTHING = Value()


def clause(values: Iterable[Value], *, all_hold: bool) -> Value:
    """Several clauses as one; what only may hold, as under OR, limits nothing."""
    parts = list(values)
    tables = frozenset[str]().union(*(part.tables for part in parts))
    visible = frozenset[str]().union(*(part.visible for part in parts)) if all_hold else frozenset[str]()
    return Value("clause", tables, visible) if tables or visible else NOTHING


def either(one: Value, other: Value) -> Value:
    """What a name holds after a branch that may or may not have been taken."""
    if one == other:
        return one
    ranks = ("nothing", "clause", "table", "statement")
    what = max(one.what, other.what, key=ranks.index)
    return Value(what, one.tables | other.tables, one.visible & other.visible)


class Code:
    """Modules by dotted name, read together, since one's helpers are called from another."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.trees = {module: ast.parse(source) for module, source in sources.items()}
        self.imports = {module: dict(_imports(tree)) for module, tree in self.trees.items()}
        self.values: dict[str, Value] = {name: Value("table", frozenset([table])) for name, table in GUARDED.items()}
        """What module-level names hold, and what functions return."""
        self.methods: dict[str, set[str]] = defaultdict(set)
        """Dotted methods by their last name."""

    def resolve(self, dotted: str) -> str:
        """The name where it is defined, behind imports."""
        module, _, name = dotted.rpartition(".")
        behind = self.imports.get(module, {}).get(name)
        return self.resolve(behind) if behind and behind != dotted else dotted


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield one.asname or one.name.partition(".")[0], one.name if one.asname else one.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.names[0].name == "*":
                raise ValueError(f"line {node.lineno}: import by full names, so that a table can be recognised")
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def text_of(node: ast.expr) -> str:
    """The literal parts of a string, with a blank for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return " ".join(map(text_of, node.values))
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    return " "


def named(tables: Iterable[Any]) -> str:
    return " and ".join(sorted(tables))
