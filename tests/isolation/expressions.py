"""What an expression makes of tables, clauses and statements."""

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.isolation.code import (
    ADDRESSED,
    AMONG,
    FRAGMENT,
    GUARDED,
    NOTHING,
    SQL,
    STATEMENTS,
    TOLD,
    VISIBLE,
    Code,
    Value,
    clause,
    either,
    named,
    text_of,
)


class Finding(NamedTuple):
    """A place where shared data is read or written past `visible()`."""

    function: str
    """Dotted; the module itself for what stands at its top level."""
    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.function}): {self.why}"


class Expressions(ast.NodeVisitor):
    """Inside one function, or the top of a module: visiting an expression returns its `Value`."""

    def __init__(
        self, code: Code, module: str, function: str, names: Mapping[str, Value], found: list[Finding]
    ) -> None:
        self.code, self.module, self.function, self.found = code, module, function, found
        self.names = dict(names)
        self.returned: Value | None = None

    def block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            # A string by itself is a docstring, not SQL.
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.visit(statement)

    def report(self, node: ast.AST, why: str) -> None:
        file = self.module.replace(".", "/") + ".py"
        self.found.append(Finding(self.function, file, getattr(node, "lineno", 0), why))

    def generic_visit(self, node: ast.AST) -> Value:
        parts = [self.part(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        parts += [self.visit(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.comprehension)]
        return clause(parts, all_hold=isinstance(node, ast.Tuple | ast.List))

    def part(self, node: ast.expr) -> Value:
        """An expression inside another: a statement in it has to stand on its own feet."""
        value: Value = self.visit(node)
        if value.what != "statement":
            return value
        if value.bare:
            self.report(node, f"a statement on {named(value.bare)} without visible()")
        return NOTHING

    def strict(self, node: ast.expr) -> None:
        """An expression that leaves for where the walk does not follow."""
        value = self.part(node)
        if value.bare:
            self.report(node, f"{named(value.bare)} is handed on")

    def dotted(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name) and node.id not in self.names:
            return self.code.resolve(self.code.imports[self.module].get(node.id, f"{self.module}.{node.id}"))
        if isinstance(node, ast.Attribute) and (base := self.dotted(node.value)):
            return self.code.resolve(f"{base}.{node.attr}")
        return None

    def visit_Name(self, node: ast.Name) -> Value:
        return self.names.get(node.id) or self.code.values.get(self.dotted(node) or "", NOTHING)

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        known = self.code.values.get(self.dotted(node) or "")
        if known:
            return known
        base: Value = self.visit(node.value)
        is_column = base.what == "table" and not node.attr.startswith("__")
        return base._replace(what="clause") if is_column else base

    def visit_Constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str) and SQL.search(node.value):
            self.report(node, "SQL as text")
        return NOTHING

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.strict(part.value)
        if SQL.search(text_of(node)):
            self.report(node, "SQL as text")
        return NOTHING

    def visit_BinOp(self, node: ast.BinOp) -> Value:
        if isinstance(node.op, ast.Add) and SQL.search(text_of(node)):
            self.report(node, "SQL as text")
        sides = [self.part(node.left), self.part(node.right)]
        return clause(sides, all_hold=isinstance(node.op, ast.BitAnd | ast.Add))

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        if isinstance(node.slice, ast.Constant) and node.slice.value in GUARDED.values():
            self.report(node, "a table taken by its name")
        self.strict(node.slice)
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Starred(self, node: ast.Starred) -> Value:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Await(self, node: ast.Await) -> Value:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_IfExp(self, node: ast.IfExp) -> Value:
        self.strict(node.test)
        return either(self.visit(node.body), self.visit(node.orelse))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value: Value = self.visit(node.value)
        self.names[node.target.id] = value
        return value

    def visit_Lambda(self, node: ast.Lambda) -> Value:
        self.strict(node.body)
        return NOTHING

    def visit_Call(self, node: ast.Call) -> Value:
        target = self.dotted(node.func) or ""
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if target == VISIBLE:
            return Value("clause", visible=self.visit(arguments[0]).tables - TOLD)
        if target == ADDRESSED:
            return Value("clause", visible=TOLD)
        if target in STATEMENTS:
            return self._statement(NOTHING, arguments)
        if target.startswith("sqlalchemy.") or target == AMONG:
            return self._expression(node, target, arguments)
        if isinstance(node.func, ast.Attribute) and target not in self.code.values:
            return self._method(node, node.func, arguments)
        if self.visit(node.func).what == "table":
            self.report(node, f"makes a row of {named(self.visit(node.func).tables)}")
        for argument in arguments:
            self.strict(argument)
        return self.code.values.get(target, NOTHING)

    def _statement(self, base: Value, arguments: Iterable[ast.expr], *, limits: bool = False) -> Value:
        parts = clause([self.part(argument) for argument in arguments], all_hold=limits)
        return Value("statement", base.tables | parts.tables, base.visible | parts.visible)

    def _expression(self, node: ast.Call, target: str, arguments: list[ast.expr]) -> Value:
        name = target.rpartition(".")[2]
        if name in {"text", "literal_column", "table", "Table"} and FRAGMENT.search(text_of(arguments[0])):
            self.report(node, "SQL as text")
        value = clause([self.part(argument) for argument in arguments], all_hold=name == "and_")
        if name in {"aliased", "alias"} and value.tables:
            self.report(node, f"visible() does not reach an alias of {named(value.tables)}")
        return value

    def _method(self, node: ast.Call, func: ast.Attribute, arguments: list[ast.expr]) -> Value:
        base: Value = self.visit(func.value)
        if base.what == "statement":
            limits = func.attr in {"where", "filter"} and not node.keywords
            value = self._statement(base, arguments, limits=limits)
            joined = self._joined(arguments) if func.attr == "join" and not node.keywords else frozenset[str]()
            return value._replace(visible=value.visible | joined)
        if base.what == "clause":
            grows = func.attr in {"append", "extend"} and isinstance(func.value, ast.Name)
            value = clause([base, *(self.part(argument) for argument in arguments)], all_hold=grows)
            if grows and isinstance(func.value, ast.Name):
                self.names[func.value.id] = value
            return value
        if base.what == "table":
            self.report(node, f"{named(base.tables)} is handed on")
        for argument in arguments:
            self.strict(argument)
        return self._returned_by(func.attr)

    def _joined(self, arguments: list[ast.expr]) -> frozenset[str]:
        """Tables limited by joining them, position to position, with rows that were chosen through `visible()`."""
        if len(arguments) != 2:
            return frozenset()
        on = arguments[1]
        if not isinstance(on, ast.Compare) or not isinstance(on.ops[0], ast.Eq):
            return frozenset()
        sides = [on.left, *on.comparators]
        if not all(isinstance(side, ast.Attribute) and side.attr == "position" for side in sides):
            return frozenset()
        chosen, column = sorted((self.visit(side) for side in sides), key=lambda side: side.what != "statement")
        return chosen.visible & column.tables if chosen.what == "statement" else frozenset()

    def _returned_by(self, name: str) -> Value:
        """What the methods of this name return: those of this module, else any that would return bare tables."""
        known = {dotted: self.code.values[dotted] for dotted in self.code.methods[name] if dotted in self.code.values}
        own = [value for dotted, value in known.items() if dotted.startswith(f"{self.module}.")]
        candidates = own or [value for value in known.values() if value.bare]
        result = candidates[0] if candidates else NOTHING
        for value in candidates[1:]:
            result = either(result, value)
        return result
