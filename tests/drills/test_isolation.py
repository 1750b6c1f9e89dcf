"""More worlds of twenty partners than a test has time for: KMM_TEST_SEEDS=200 make drills."""

import os

import pytest

from core.testing import TestedHub
from tests.isolation.test_partners import share_and_read

SEEDS = int(os.environ.get("KMM_TEST_SEEDS", "10"))


@pytest.mark.parametrize("seed", range(1_000, 1_000 + SEEDS))
async def test_no_world_leaks(hub: TestedHub, seed: int) -> None:
    await share_and_read(hub, seed)
