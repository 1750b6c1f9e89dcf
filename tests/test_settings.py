"""The defaults: a hub that needs nothing but a secret."""

import asyncio
from pathlib import Path

import pytest

from core.migrate import migrate
from core.settings import Settings, load
from core.testing import run_hub


def test_the_defaults_write_into_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(secret="s" * 32)

    async def run() -> None:
        async with run_hub(settings, ()) as hub, hub.anonymous() as client:
            assert (await client.get("/health")).status_code == 200

    migrate(settings.database_url)
    asyncio.run(run())
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")} >= {"var/hub.db", "var/blobs"}


def test_the_environment_turns_a_switch() -> None:
    for said, meant in (("false", False), ("0", False), ("true", True)):
        environ = {"KMM_SECRET": "s" * 32, "KMM_COALESCE": said}
        assert load(environ=environ).coalesce is meant
