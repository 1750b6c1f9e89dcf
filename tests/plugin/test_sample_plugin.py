"""The sample plugin, as a stranger's package: built, installed beside the hub in a clean environment, and used."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "sample_plugin"


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KMM_", "PYTHON"))}
    environment |= {"KMM_SECRET": "s" * 32, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheels of the hub and of the sample, and the hub's dependencies."""
    folder = tmp_path_factory.mktemp("clean")
    for project in (ROOT, SAMPLE):
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


def test_kmm_lists_the_sample_beside_the_built_in_plugins(clean: Path, tmp_path: Path) -> None:
    lines = {line.split()[0]: line for line in run(clean / "kmm", "plugins", cwd=tmp_path).splitlines()[1:]}
    assert lines.keys() > {"example-games", "exports", "tiktok"}
    assert "khongmotminh-example-games 1.0.0" in lines["example-games"]
    assert all("running" in line for line in lines.values())


def test_everything_it_adds_works(clean: Path, tmp_path: Path) -> None:
    found = json.loads(run(clean / "python", SAMPLE / "journey.py", tmp_path, cwd=tmp_path).splitlines()[-1])
    assert found == {
        "core": str(next(clean.parent.glob("lib/python*/site-packages")) / "core"),
        "sent": ["created"],
        "accounts": {"accounts": ["example-quest:4321"]},
        "tsv": ["active", "example-quest:4321\n"],
        "sections": {"games": "made"},
    }
