"""What the README says is what happens: its tour, its table of hops, its code, its list of commands."""

import ast
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import click
import pytest

from core.cli import main
from tests.live import KMM, live_hub

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text("utf-8")
TOUR = re.findall(r"```sh\n(.*?)```\n```\n(.*?)```", TEXT, re.DOTALL)
HOPS = re.findall(r"^\| [^|]+ \| `(core\.\S+)` \| `(core\.\S+)` \|$", TEXT, re.MULTILINE)
CUTS = re.findall(r"<!-- cut: (\S+) ([\w ]+) -->\n```python\n(.*?)```", TEXT, re.DOTALL)
END = "---8<---"


def test_the_tour_gives_what_it_shows(tmp_path: Path) -> None:
    """In one shell, as a reader would type it; `…` stands for anything."""
    script = "set -euo pipefail\n" + f"\necho; echo '{END}'\n".join(block for block, _ in TOUR)
    with live_hub(tmp_path / "hub") as hub:
        environment = os.environ | {"DEMO": str(hub.folder / "demo.json"), "KMM": str(KMM)}
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout.split(END)
    assert len(shown) == len(TOUR) == 13
    for (block, expected), output in zip(TOUR, shown, strict=True):
        pattern = ".*?".join(map(re.escape, expected.strip().split("…")))
        assert re.fullmatch(pattern, output.strip(), re.DOTALL), f"{block}\ngave\n{output}\ninstead of\n{expected}"


@pytest.mark.parametrize("name", [name for hops in HOPS for name in hops])
def test_the_functions_of_the_two_hops_are_there(name: str) -> None:
    module, _, rest = re.fullmatch(r"(core\.[a-z_]+\.[a-z_]+)(\.)(.+)", name).groups()  # type: ignore[union-attr]
    found = import_module(module)
    for part in rest.split("."):
        found = getattr(found, part)
    assert callable(found) or hasattr(found, "fn")


@pytest.mark.parametrize(("path", "names", "shown"), CUTS)
def test_code_is_cut_from_what_the_tests_run(path: str, names: str, shown: str) -> None:
    source = (README.parent / path).read_text("utf-8")
    parts = {
        node.name: ast.get_source_segment(source, node) for node in ast.parse(source).body if hasattr(node, "name")
    }
    assert shown == "\n\n\n".join(parts[name] or "" for name in names.split()) + "\n"


def test_no_code_is_shown_that_is_not_cut() -> None:
    assert TEXT.count("```python\n") == len(CUTS) > 0


def test_the_commands_are_listed_as_they_are() -> None:
    listed = re.search(r"<!-- kmm:.*?-->\n```\n(.*?)```\n<!-- /kmm -->", TEXT, re.DOTALL)
    expected = "".join(usages(main, "kmm"))
    assert listed is not None
    assert listed[1] == expected, f"Put this between the marks:\n{expected}"


def usages(command: click.Command, path: str) -> list[str]:
    """Two lines for each command: how it is called, what it does."""
    if isinstance(command, click.Group):
        return [line for name, one in command.commands.items() for line in usages(one, f"{path} {name}")]
    words = (_word(parameter, command) for parameter in command.params)
    return [f"{' '.join([path, *filter(None, words)])}\n    {command.get_short_help_str(120)}\n"]


def _word(parameter: click.Parameter, command: click.Command) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(command))
    name = parameter.opts[0]
    takes_value = isinstance(parameter, click.Option) and not parameter.is_flag
    text = f"{name} {parameter.metavar or name.removeprefix('--').upper()}" if takes_value else name
    return (text if parameter.required else f"[{text}]") + ("…" if parameter.multiple else "")
