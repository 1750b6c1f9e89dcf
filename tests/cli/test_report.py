"""`kmm report`: ordered, fetched and verified as an agency would, on a machine of its own."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from core.cli import main
from tests.live import LiveHub, live_hub

Run = Callable[..., Result]
PERIOD = ("--from", "2026-09-01", "--to", "2026-10-01")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("reports") / "hub") as hub:
        yield hub


@pytest.fixture
def kmm(live: LiveHub) -> Run:
    """`kmm("list")` as A05; `by="tiktok"` as another."""

    def run(*words: str, by: str = "a05") -> Result:
        account = live.accounts[by]
        who = {"KMM_CLIENT_ID": account.client_id, "KMM_CLIENT_SECRET": account.client_secret}
        return CliRunner().invoke(main, ["report", *words], env=who | {"KMM_BASE_URL": live.base_url})

    return run


def made(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result, code: int = 1) -> str:
    """The one line that says why."""
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), "a traceback instead of a sentence"
    return result.stderr


def offline(*words: str) -> Result:
    """With nothing that could sign in, and no hub."""
    nobody = {"KMM_CLIENT_ID": None, "KMM_CLIENT_SECRET": None, "KMM_BASE_URL": NOWHERE}
    return CliRunner().invoke(main, ["report", "verify", *words], env=nobody)


def test_a_report_is_ordered_fetched_and_verified_offline(kmm: Run, live: LiveHub, tmp_path: Path) -> None:
    report = json.loads(made(kmm("freeze", "public", *PERIOD)))
    assert (report["state"], report["template"], report["readers"]) == ("made", "public", "public")
    (line,) = [one for one in made(kmm("list")).splitlines() if report["id"] in one]
    assert {"made", "public", "2026-09-01", "2026-10-01"} <= set(line.split())
    folder = tmp_path / "out"
    told = made(kmm("get", report["id"], str(folder), by="tiktok"))
    names = {one["name"] for one in report["files"]}
    assert {"report.json", "report.csv.zip", "report.vi.xlsx", "report.en.pdf", "report.vi.html"} <= names
    assert told.count("genuine") == len(names)
    assert {path.name for path in folder.iterdir()} == names | {"manifest.jws", "keys.json"}
    for name in names:
        file = folder / name
        assert report["id"] in made(offline(str(file)))
        data = bytearray(file.read_bytes())
        for at in {0, 1, len(data) // 3, len(data) // 2, len(data) - 1}:
            data[at] ^= 1
            file.write_bytes(data)
            assert "is not genuine" in refused(offline(str(file)))
            data[at] ^= 1
        file.write_bytes(data)
    renamed = (folder / "report.en.pdf").rename(tmp_path / "as they call it.pdf")
    words = ("--manifest", str(folder / "manifest.jws"), "--keys", str(folder / "keys.json"))
    assert "Genuine: report.en.pdf" in made(offline(str(renamed), *words))
    assert "There is no" in refused(offline(str(renamed)), 2)
    renamed.with_name("keys.json").write_text("{}")
    renamed.with_name("manifest.jws").write_bytes((folder / "manifest.jws").read_bytes())
    assert "key set cannot be read" in refused(offline(str(renamed)))
    assert json.loads(made(kmm("remake", report["id"])))["same"] is True


def test_an_old_key_verifies_after_it_was_rotated(kmm: Run, live: LiveHub, tmp_path: Path) -> None:
    report = json.loads(made(kmm("freeze", "own", *PERIOD)))
    before = httpx.get(f"{live.base_url}/.well-known/document-keys.json").json()["keys"]
    settings = ("--config", str(live.folder / "settings.toml"))
    kid = made(CliRunner().invoke(main, [*settings, "keys", "rotate"])).strip()
    made(kmm("get", report["id"], str(tmp_path)))
    keys = json.loads((tmp_path / "keys.json").read_text())["keys"]
    assert [key["kid"] for key in keys] == [*(key["kid"] for key in before), kid]
    assert f"key       {before[-1]['kid']}" in made(offline(str(tmp_path / "report.json")))


def test_templates_and_schedules_are_kept_by_command(kmm: Run) -> None:
    shown = made(kmm("templates"))
    assert "national-monthly" in shown
    assert "Báo cáo công khai" in shown
    given = ("schedule", "thang", "police", "30 6 1 * *", "--covers", "last_month")
    assert json.loads(made(kmm(*given)))["due"].endswith("T23:30:00Z")
    (line,) = [one for one in made(kmm("schedules")).splitlines() if "thang" in one.split()]
    assert "06:30+07:00" in line
    assert "No time fits" in refused(kmm(*given[:3], "30 6 31 4 *", *given[4:]))
    assert json.loads(made(kmm(*given, "--pause")))["due"] is None
    made(kmm("unschedule", "thang"))
    refused(kmm("unschedule", "thang"))


def test_a_cut_is_told_in_round_figures(kmm: Run) -> None:
    months = ("--from", "2026-07", "--to", "2026-10")
    shown = made(kmm("cut", "signals", *months, "--by", "kind", "--where", "category=phishing", "--national"))
    assert shown.split()[:3] == ["kind", "first", "new"]
    assert "divide signals by" in refused(kmm("cut", "signals", *months, "--by", "province"))
    assert "like category=phishing" in refused(kmm("cut", "signals", *months, "--where", "phishing"), 2)
    assert "reports:national" in refused(kmm("cut", "signals", *months, "--national", by="tiktok"))


def test_troubles_are_told_in_one_line(kmm: Run) -> None:
    assert "reports:national" in refused(kmm("freeze", "police", *PERIOD, by="tiktok"))
    assert "nothing here" in refused(kmm("get", "rep_" + "a" * 26, "x"))
    assert "not included" not in refused(kmm("freeze", "public", "--from", "2026-10-01", "--to", "2026-10-01"))
    nobody = CliRunner().invoke(main, ["report", "list"], env={"KMM_CLIENT_ID": None, "KMM_CLIENT_SECRET": None})
    assert "--credentials" in refused(nobody, 2)
    away = ["report", "--url", NOWHERE, "--client-id", "x", "--client-secret", "y", "list"]
    assert "does not answer" in refused(CliRunner().invoke(main, away))


def test_what_hiding_costs_is_told_beforehand(live: LiveHub) -> None:
    """On the hub's own machine, and nothing is frozen by it."""

    def preview(*words: str) -> Result:
        settings = ("--config", str(live.folder / "settings.toml"))
        return CliRunner().invoke(main, [*settings, "report", "preview", *words])

    running = ("--from", "2026-09-01", "--to", "2027-01-01")
    shown = made(preview("national-monthly", "--partner", "a05", *running))
    one, two = re.findall(r"Tables of (\d) dimensions? at most: (\d+) tables, ([\d,]+) cells, hidden ([\d,]+)", shown)
    assert (one[0], two[0]) == ("1", "2")
    assert int(two[1]) > int(one[1])
    assert int(one[3]) > 0, "the demo has a handful of everything"
    assert "no partner" in refused(preview("no-such", "--partner", "a05", *running))
    assert "put it after" in refused(preview("own", "--partner", "a05", "--from", "2026-10-01", "--to", "2026-10-01"))
