"""The contract under attack at length, as each kind of partner, on both engines and with other examples each time."""

from pathlib import Path

import pytest

from tests.contract.attack import CAST, attack
from tests.live import live_hub


@pytest.mark.parametrize("kind", CAST)
def test_each_kind_of_partner(kind: str, tmp_path: Path, database_url: str) -> None:
    with live_hub(tmp_path / "data", database_url) as hub:
        attack(hub, CAST[kind], examples=100)
