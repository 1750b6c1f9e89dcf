"""What may leave, at its whole size: 5,000 steps on each engine, in histories of 40."""

from collections.abc import Callable

from tests.content.machine import histories


def test_five_thousand_steps_let_nothing_out(new_database: Callable[[], str], size: Callable[[int, int], int]) -> None:
    histories(new_database, size(1, 125), size(10, 40))
