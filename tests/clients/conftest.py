"""What every client finds: a hub with a group of TikTok and Meta, up for the whole file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from tests.clients.served import Served, served
from tests.conftest import CAST, Cast


@pytest.fixture(scope="module")
def ring(sqlite_templates: Path, sqlite_cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The group is called `ring`, too."""
    file = shutil.copy(sqlite_templates / f"{CAST}.db", tmp_path_factory.mktemp("served") / "hub.db")
    settings = Settings(secret="s" * 32, database_url=f"sqlite+aiosqlite:///{file}", blobs_url="memory:///")
    with served(settings, sqlite_cast) as hub:
        hub.ask("tiktok", "POST", "/v1/groups", {"slug": "ring", "name": "Ring"})
        hub.ask("tiktok", "POST", "/v1/groups/ring/invitations", {"partner": "meta"})
        hub.ask("meta", "PUT", "/v1/groups/ring/membership")
        yield hub
