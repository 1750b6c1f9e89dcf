"""The page of hooks, made of their specifications and of the test that each has."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

_HEAD = """\
# Hooks

What a plugin may add to the hub, and when it is asked. A plugin implements any of them in one module, marks each with
`@hookimpl` and names only the arguments that it needs; everything here is in `core.sdk`. `kmm plugin new NAME` begins
one. The example of each hook is the test that holds it."""


def render(specifications: ModuleType, tests: Path) -> bytes:
    """A section for each hook of the module. `tests` is the file with a `test_hook_<name>` for each.

    Raises `KeyError` for a hook without test.
    """
    source = tests.read_text("utf-8")
    found = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, _FUNCTION)}
    parts = [_HEAD, ""]
    for hook in _hooks(specifications):
        example = ast.get_source_segment(source, found[f"test_hook_{hook.__name__}"])
        parts += [f"## {hook.__name__}", "", _python(_signature(hook)), "", inspect.getdoc(hook) or "", ""]
        parts += [_python(example or ""), ""]
    return "\n".join(parts).encode()


_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def _hooks(specifications: ModuleType) -> Iterator[FunctionType]:
    """In the order in which they stand. pluggy marks them with an attribute named after the project."""
    for one in vars(specifications).values():
        if isinstance(one, FunctionType) and hasattr(one, f"{specifications.PROJECT}_spec"):
            yield one


def _signature(hook: FunctionType) -> str:
    (node,) = ast.parse(inspect.getsource(hook)).body
    assert isinstance(node, _FUNCTION)
    node.decorator_list, node.body = [], [ast.Expr(ast.Constant(...))]
    return ast.unparse(node).removesuffix("\n    ...") + " ..."


def _python(code: str) -> str:
    return f"```python\n{code}\n```"
