"""Nothing that a partner of any kind sends makes the hub break its own contract. At length: make drills.

Boundaries are tried by the first kind that may call an operation: others meet the same, or a 403 before them. Of three
operations one has its turn here, for `make test` has ten minutes.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.attack import CAST, attack, first_open_to
from tests.live import live_hub


# The others may call nothing that none of these may.
@pytest.mark.parametrize("kind", ["operator", "platform"])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_each_kind_of_partner(kind: str, tmp_path: Path, database_url: str) -> None:
    with live_hub(tmp_path / "data", database_url) as hub:
        attack(hub, CAST[kind], examples=1, boundaries=sorted(first_open_to(kind, hub))[::3], seed=1)


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_the_operator_on_postgresql(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """The one that reaches every statement; boundaries are judged before any, and on the other engine."""
    with live_hub(tmp_path / "data", new_database()) as hub:
        attack(hub, CAST["operator"], examples=1, boundaries=(), seed=1)
