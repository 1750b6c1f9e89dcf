"""The claim log's model at its whole size: 10,000 steps on each engine, in histories of 50."""

from collections.abc import Callable

from tests.signals.model import histories


def test_ten_thousand_steps_agree_with_the_model(
    new_database: Callable[[], str], size: Callable[[int, int], int]
) -> None:
    histories(new_database, size(2, 200), 50)
