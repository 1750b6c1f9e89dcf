"""The application without a database, for tests that look at its routes."""

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
