"""Plugins as strangers' packages: made, built, installed beside the hub in a clean environment, and used.

`example-games` is the sample. `example-shop` is what `kmm plugin new` writes. `example-telecom` is the same with one
file of its author's, for a format that no other partner has.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import main

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "sample_plugin"
TELECOM = SAMPLE / "example_telecom"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KMM_", "PYTHON"))}
    environment |= {"KMM_SECRET": "s" * 32, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages lie that were begun by `kmm plugin new`."""
    folder = tmp_path_factory.mktemp("made")
    with chdir(folder):
        for name in ("example-shop", "example-telecom"):
            assert CliRunner().invoke(main, ["plugin", "new", name]).exit_code == 0
    module = folder / "example-telecom" / "example_telecom"
    shutil.rmtree(module)
    shutil.copytree(TELECOM, module, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def clean(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheels of the hub and of the plugins, and the hub's dependencies."""
    folder = tmp_path_factory.mktemp("clean")
    for project in (ROOT, SAMPLE, made / "example-shop", made / "example-telecom"):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheels", cwd=project)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    wheels = sorted((folder / "wheels").glob("*.whl"))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", *wheels)
    # The dependencies of this environment, looked for after its own; a .pth file there, as of our checkout, is not run.
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


def test_kmm_lists_them_beside_the_built_in_plugins(clean: Path, tmp_path: Path) -> None:
    lines = {line.split()[0]: line for line in run(clean / "kmm", "plugins", cwd=tmp_path).splitlines()[1:]}
    assert lines.keys() > {"example-games", "example-shop", "example-telecom", "exports", "tiktok"}
    assert "khongmotminh-example-games 1.0.0" in lines["example-games"]
    assert not [line for line in lines.values() if "running" not in line]


def test_everything_that_the_sample_adds_works(clean: Path, tmp_path: Path) -> None:
    found = json.loads(run(clean / "python", SAMPLE / "journey.py", tmp_path, cwd=tmp_path).splitlines()[-1])
    assert found == {
        "core": str(next(clean.parent.glob("lib/python*/site-packages")) / "core"),
        "sent": ["created"],
        "accounts": {"accounts": ["example-quest:4321"]},
        "tsv": ["active", "example-quest:4321\n"],
        "sections": {"games": "made"},
    }


def test_what_plugin_new_writes_passes_its_own_tests(clean: Path, made: Path) -> None:
    told = run(clean / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=made / "example-shop")
    assert "2 passed in" in told, "without warnings"


def test_the_wheel_brings_the_template(clean: Path, tmp_path: Path) -> None:
    written = run(clean / "kmm", "plugin", "new", "corner-shop", cwd=tmp_path).split()
    template = ROOT / "core" / "cli" / "templates" / "example-bank"
    assert len(written) == sum(path.is_file() and path.suffix != ".pyc" for path in template.rglob("*"))


def test_a_partner_with_a_new_format_takes_sixty_lines(clean: Path, tmp_path: Path) -> None:
    """2026-11-22: the whole change is this file and its recordings. Nothing of the hub is touched: what is installed
    is its wheel, as of any other plugin's author."""
    (file,) = TELECOM.glob("*.py")
    assert sum(bool(line.strip()) for line in file.read_text("utf-8").splitlines()) <= 60
    (sheet,) = json.loads(run(clean / "kmm", "connector", "check", "example-telecom", "--json", cwd=tmp_path))
    assert {line["passed"] for line in sheet["lines"]} == {True}, sheet
