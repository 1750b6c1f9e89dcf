"""Statements on shared data that go round `visible()`, found by reading the code.

Each function is walked in order with what its names hold: a table, a clause, a statement. A statement that names a
guarded table must carry `visible()` of it in a `where` before it leaves the function's hands: to be executed, or to
stand inside another statement. One that a helper returns is followed to where the helper is called. Whatever the walk
cannot follow (a table handed to a function, an alias, SQL as text) counts as going round.
"""

# ruff: noqa: N802 (`ast` names the methods)

import ast
from collections.abc import Mapping

from tests.isolation.code import NOTHING, Code, Value, clause, either, named
from tests.isolation.expressions import Expressions, Finding


def findings(sources: Mapping[str, str]) -> list[Finding]:
    """What goes round `visible()` in these modules, given by dotted name, in the order of files and lines."""
    code = Code(sources)
    found: list[Finding] = []
    # A helper may stand below its caller and call another: three rounds reach two deep.
    for _ in range(3):
        found = []
        for module, tree in code.trees.items():
            _Walk(code, module, module, {}, found).block(tree.body)
    return sorted(set(found), key=lambda one: (one.file, one.line))


class _Walk(Expressions):
    """One function, or the top of a module, statement by statement of Python."""

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._bind(node.target, node.value, self.visit(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        value = clause([self.part(node.target), self.part(node.value)], all_hold=isinstance(node.op, ast.Add))
        self._bind(node.target, node.value, value)

    def _bind(self, target: ast.expr, source: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
            if self.function == self.module:
                self.code.values[f"{self.module}.{target.id}"] = value
        elif isinstance(target, ast.Tuple) and isinstance(source, ast.Tuple):
            for one, its in zip(target.elts, source.elts, strict=False):
                self._bind(one, its, self.visit(its))
        elif value.bare:
            self.report(target, f"{named(value.bare)} is kept where it cannot be followed")

    def visit_Return(self, node: ast.Return) -> None:
        value = self.visit(node.value) if node.value else NOTHING
        if value.what == "table":
            self.report(node, f"{named(value.tables)} is handed on")
        self.returned = value if self.returned is None else either(self.returned, value)

    def visit_Expr(self, node: ast.Expr) -> None:
        self.visit(node.value)

    def visit_Yield(self, node: ast.Yield) -> Value:
        if node.value:
            self.strict(node.value)
        return NOTHING

    def visit_If(self, node: ast.If) -> None:
        self.strict(node.test)
        self._branches(node.body, node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.strict(node.iter)
        self._branches([*node.body, *node.orelse], [])

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self.visit_For(node)

    def visit_While(self, node: ast.While) -> None:
        self.visit_If(node)  # type: ignore[arg-type]

    def visit_Try(self, node: ast.Try) -> None:
        self._branches([*node.body, *node.orelse], *(handler.body for handler in node.handlers))
        self.block(node.finalbody)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.strict(item.context_expr)
        self.block(node.body)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.visit_With(node)

    def visit_Match(self, node: ast.Match) -> None:
        self.strict(node.subject)
        self._branches(*(case.body for case in node.cases), [])

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        before, after = self.names, []
        for body in bodies:
            self.names = dict(before)
            self.block(body)
            after.append(self.names)
        every = {name for names in after for name in names}
        self.names = {}
        for name in every:
            held = [names.get(name, NOTHING) for names in after]
            self.names[name] = held[0]
            for value in held[1:]:
                self.names[name] = either(self.names[name], value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        inner = _Walk(self.code, self.module, f"{self.function}.{node.name}", self.names, self.found)
        inner.block(node.body)
        for name in inner.names.keys() - self.names.keys():
            if inner.names[name].bare:
                self.report(node, f"{named(inner.names[name].bare)} is kept where it cannot be followed")

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        defaults = [default for default in (*node.args.defaults, *node.args.kw_defaults) if default]
        for expression in (*node.decorator_list, *defaults):
            self.strict(expression)
        dotted = f"{self.function}.{node.name}"
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        inner = _Walk(self.code, self.module, dotted, self.names | {one.arg: NOTHING for one in arguments}, self.found)
        inner.block(node.body)
        self.code.values[dotted] = inner.returned or NOTHING
        if self.function != self.module:
            self.code.methods[node.name].add(dotted)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)
