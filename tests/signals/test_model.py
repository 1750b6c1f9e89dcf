"""The claim log against its model: random histories, random readers. The whole size is tests/drills/test_model.py."""

from collections.abc import Callable

from tests.signals.model import histories

HISTORIES = {"sqlite": 10, "postgresql": 6}
STEPS = 30


def test_the_claim_log_agrees_with_its_model(new_database: Callable[[], str], engine_name: str) -> None:
    histories(new_database, HISTORIES[engine_name], STEPS)
