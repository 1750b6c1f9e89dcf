"""Hubs that make no files of reports but the document, and the application without a database."""

import msgspec
import pytest
from litestar import Litestar

from core.app import create_app
from core.settings import Settings


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    unused = tmp_path_factory.mktemp("isolation") / "unused.db"
    return create_app(
        Settings(secret="x" * 32, database_url=f"sqlite:///{unused}", blobs_url="memory:///"), strict=True
    )


@pytest.fixture
def hub_settings(hub_settings: Settings) -> Settings:
    """What all files of a report show is in the document."""
    return msgspec.structs.replace(hub_settings, disabled_plugins=("documents",))
