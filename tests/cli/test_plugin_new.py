"""`kmm plugin new` and `kmm connector check` as commands; what they make and find is held beside the wheels
(tests/plugin/test_sample_plugin.py) and fault by fault (test_connector_check.py)."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_spelling_of_the_name_is_filled_in(here: Path) -> None:
    made = CliRunner().invoke(main, ["plugin", "new", "blue-whale-bank", "--kind", "agency"])
    assert made.exit_code == 0, made.output
    files = [path for path in (here / "blue-whale-bank").rglob("*") if path.is_file()]
    assert {str(path.relative_to(here)) for path in files} == set(made.output.split())
    text = "".join(path.read_text("utf-8") for path in files)
    assert "class BlueWhaleBank(" in text
    assert "Blue Whale Bank" in text
    assert 'blue-whale-bank = "blue_whale_bank"' in text
    assert "kind = sdk.PartnerKind.AGENCY" in text
    assert "--kind agency" in text
    assert not [word for word in ("example-bank", "example_bank", "ExampleBank", "Example Bank") if word in text]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Blue Whale", "words in lower case"),
        ("json", "Python has"),
        ("taken", "there already"),
        ("tiktok", "installed already"),
    ],
)
def test_a_name_that_would_do_harm_is_refused(here: Path, name: str, why: str) -> None:
    (here / "taken").mkdir()
    refused = CliRunner().invoke(main, ["plugin", "new", name])
    assert refused.exit_code == 1
    assert why in refused.output
    assert [path.name for path in here.iterdir()] == ["taken"]


def test_check_prints_a_sheet_and_exits_with_1(here: Path) -> None:
    environment = {"KMM_SECRET": "s" * 32}
    # Nobody has set TikTok's secret.
    checked = CliRunner().invoke(main, ["connector", "check", "tiktok"], env=environment)
    assert checked.exit_code == 1, checked.output
    lines = {line.split()[0]: line for line in checked.output.splitlines() if line.split()}
    assert lines["tiktok,"] == "tiktok, application/json: does not conform"
    assert "held" in lines["schema"]
    assert "BROKEN" in lines["signature"]
    assert "not tried" in lines["tombstones"]


def test_check_names_what_is_not_there(here: Path) -> None:
    checked = CliRunner().invoke(main, ["connector", "check", "exports"], env={"KMM_SECRET": "s" * 32})
    assert checked.exit_code == 1
    assert "No plugin exports with connectors" in checked.output
