"""`kmm demo`: what `make run` starts."""

import json
import socket
import stat
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from core.cli import main
from core.cli.demo import LISTED_BY, settle
from core.demo import FEED_KEYS, PARTNERS
from core.settings import load
from core.wire.feed_keys import FeedFormat
from tests.live import LiveHub, live_hub

SAMPLE = Path(__file__).parents[2] / "core/data/sample-signals.txt"


def demo_json(hub: LiveHub) -> Any:
    return json.loads((hub.folder / "demo.json").read_text())


def test_the_demo_is_complete_and_outlives_a_kill(tmp_path: Path) -> None:
    with live_hub(tmp_path / "hub", None, "--list", str(SAMPLE)) as hub:
        first = demo_json(hub)
        assert first["base_url"] == hub.base_url
        assert set(first["partners"]) == set(PARTNERS)
        for slug in PARTNERS:
            account = first["partners"][slug]
            assert set(account) == {"kind", "client_id", "client_secret", "scopes"}
            with hub.client_as(slug) as client:
                assert client.get("/v1/me").json()["scopes"] == sorted(account["scopes"])
        assert {name: one["partner"] for name, one in first["feed_keys"].items()} == FEED_KEYS
        for form, one in first["feed_keys"].items():
            assert set(one) == {"partner", "id", "key", "subscription_key", "base_url"}
            assert one["base_url"] == hub.base_url + FeedFormat(form).path
        for name in ("demo.json", "settings.toml"):
            assert stat.S_IMODE((hub.folder / name).stat().st_mode) == 0o600
        hub.kill()
        hub.start()
        assert demo_json(hub) == first
        with hub.client_as(LISTED_BY) as client:
            assert client.get("/v1/me").is_success
        assert hub.stop() == 0
        assert "Traceback" not in hub.log.read_text()


def test_every_journey_has_something_to_show(tmp_path: Path) -> None:
    with live_hub(tmp_path / "hub") as hub:
        with hub.client_as("creator-mai") as creator:
            licence = "/v1/licences/LicenseRef-KMM-1.0"
            digest = creator.get(licence).json()["digest"]
            assert creator.post(f"{licence}/acceptances", json={"digest": digest}).is_success
            (material,) = creator.get("/v1/materials").json()["materials"]
            for asset in material["versions"][0]["assets"]:
                assert creator.get(asset["href"]).is_success
        with hub.client_as("google") as google, hub.client_as("a05") as agency:
            shared = len(google.get("/v1/signals").json()["signals"])
            assert shared >= 3
            # The agency is a member of the sharing group as well.
            assert len(agency.get("/v1/signals").json()["signals"]) == shared + 2
            period = {"period": {"from": "2026-09-01", "to": "2027-01-01"}, "readers": "national"}
            report = agency.post("/v1/reports", json=period)
            assert report.is_success, report.text


def test_nothing_is_written_or_told_before_the_port_is_ours(tmp_path: Path) -> None:
    """Else the credentials of the demo would be sent to whoever has it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = CliRunner().invoke(main, ["demo", "--data", str(tmp_path), "--port", port])
    assert (refused.exit_code, f"127.0.0.1:{port}" in refused.stderr) == (1, True)
    assert not (tmp_path / "demo.json").exists()


def test_the_settings_say_where_the_hub_is_now(tmp_path: Path) -> None:
    """`kmm --config` prints addresses of them, such as that of a feed key; what somebody added to them stays."""
    file = tmp_path / "settings.toml"
    first = settle(tmp_path, "http://127.0.0.1:9000", sandbox=False)
    assert load(file, {}) == first
    with file.open("a") as settings:
        settings.write('[plugins.example]\nbase_url = "https://mail.example"\n')
    moved = settle(tmp_path, "http://127.0.0.1:9001", sandbox=False)
    assert load(file, {}) == moved
    assert (moved.base_url, moved.secret) == ("http://127.0.0.1:9001", first.secret)
    assert moved.plugins == {"example": {"base_url": "https://mail.example"}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_has_one_demo(tmp_path: Path) -> None:
    with live_hub(tmp_path) as hub:
        before = demo_json(hub)
        second = CliRunner().invoke(main, ["demo", "--data", str(hub.folder), "--port", "1024"])
        assert (second.exit_code, "Another demo" in second.stderr) == (1, True)
        assert demo_json(hub) == before
