"""A thousand random histories of activities and of posts, told and corrected; `make test` runs some of them."""

import pytest

from core.db import Database
from tests.campaigns.test_reach import check as check_reach
from tests.campaigns.test_reach import db as campaigns  # noqa: F401  (a fixture)
from tests.content.test_use_cells import check as check_use
from tests.content.test_use_cells import db as materials  # noqa: F401  (a fixture)

HISTORIES = 1_000


async def test_cells_of_reach(campaigns: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    await check_reach(campaigns, monkeypatch, HISTORIES)


async def test_cells_of_use(materials: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    await check_use(materials, monkeypatch, HISTORIES)
