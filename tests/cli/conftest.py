"""A hub in a process of its own (`live`, of each module), a partner that submits to it and one that keeps a copy."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live import LiveHub
from tests.mirrors import Mirror


@pytest.fixture
def tiktok(live: LiveHub) -> Iterator[httpx.Client]:
    with live.client_as("tiktok") as client:
        yield client


@pytest.fixture
def mirror(live: LiveHub, tmp_path: Path) -> Mirror:
    return Mirror(live, tmp_path / "copies" / "meta")
