"""No unapproved, withdrawn, embargoed or foreign byte leaves, in whatever order things are done.

The whole size is tests/drills/test_lifecycle.py.
"""

from collections.abc import Callable

from tests.content.machine import histories

HISTORIES = {"sqlite": 3, "postgresql": 1}
STEPS = 12


def test_nothing_leaves_that_may_not(new_database: Callable[[], str], engine_name: str) -> None:
    histories(new_database, HISTORIES[engine_name], STEPS)
