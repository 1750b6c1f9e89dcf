"""What the project ships is what the tree holds, and what it installs is locked."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
LOCKS = {
    "requirements.lock": [*PYPROJECT["build-system"]["requires"], *PROJECT["dependencies"]],
    "tests/requirements.lock": PROJECT["optional-dependencies"]["test"],
}
PINNED = re.compile(r"([a-z0-9-]+)==(\S+)( ; .+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(name: str) -> dict[str, str]:
    """Versions by package; every line is understood, so that nothing else hides in a lock."""
    versions = {}
    for entry in (ROOT / name).read_text("ascii").replace("\\\n", "\n").split("\n"):
        line = entry.strip()
        if HASH.fullmatch(line) or not line:
            continue
        pinned = PINNED.fullmatch(line)
        assert pinned, f"{name} has something else than pinned names and hashes: {line}"
        versions[pinned[1]] = pinned[2]
    return versions


def hooked_modules() -> set[str]:
    """Modules below plugins/ and partners/ that implement a hook."""
    found = set()
    for path in [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("partners/**/*.py")]:
        functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if hasattr(node, "decorator_list")]
        if any("hookimpl" in ast.unparse(mark) for node in functions for mark in node.decorator_list):
            module = path.relative_to(ROOT).with_suffix("")
            found.add(".".join(module.parts).removesuffix(".__init__"))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_that_is_declared_and_names_no_index(name: str) -> None:
    versions = locked(name)
    for declared in map(Requirement, LOCKS[name]):
        assert declared.specifier.contains(versions[canonicalize_name(declared.name)]), declared


def test_the_test_tools_run_on_the_versions_that_ship() -> None:
    shipped, tools = locked("requirements.lock"), locked("tests/requirements.lock")
    assert {name: tools[name] for name in tools.keys() & shipped.keys()} == {
        name: shipped[name] for name in tools.keys() & shipped.keys()
    }


def test_the_wheel_holds_the_four_packages_with_their_data_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"core", "plugins", "partners", "migrations"}
    shipped = {f"{package}/py.typed" for package in ("core", "plugins", "partners")}
    assert {*shipped, "core/data/sample-signals.txt", "migrations/env.py"} <= set(names)


def test_every_module_with_a_hook_is_an_entry_point() -> None:
    assert set(PROJECT["entry-points"]["khongmotminh"].values()) == hooked_modules()
