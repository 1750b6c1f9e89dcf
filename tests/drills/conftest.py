"""Drills come in two sizes: a short one in `make test`, the whole one in `make drills` (KMM_DRILLS=full)."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.disk import DISK
from tests.live import LiveHub, live_hub

FULL = os.environ.get("KMM_DRILLS") == "full"

# Their short forms are in tests/contract, tests/isolation, tests/content, tests/campaigns, tests/clients, tests/plugin
# and tests/signals.
_WHOLE = [
    *("test_schemathesis.py", "test_isolation.py", "test_lifecycle.py", "test_large_files.py"),
    *("test_webhooks_whole.py", "test_communes.py", "test_disclosure.py", "test_cells.py"),
    *("test_histories_of_reach.py", "test_hostile.py", "test_hma.py"),
]
collect_ignore = [] if FULL else _WHOLE


@pytest.fixture
def size() -> Callable[[int, int], int]:
    """`size(short, whole)`: how often, or how many."""
    return lambda short, whole: whole if FULL else short


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On the disk, whose pace decides what a kill interrupts."""
    with TemporaryDirectory(prefix="kmm-drill-", dir=DISK) as name:
        yield Path(name)


@pytest.fixture
def start_hub(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[[], LiveHub]]:
    """Each call starts a hub in a process of its own, over a fresh database; they end with the test."""
    with ExitStack() as stack:

        def start() -> LiveHub:
            database = new_database()
            return stack.enter_context(live_hub(tmp_path / database.rpartition("/")[2].removesuffix(".db"), database))

        yield start


@pytest.fixture
def live(start_hub: Callable[[], LiveHub]) -> LiveHub:
    """One of them."""
    return start_hub()
