"""A model of the signal exchange, and the machine that holds the hub against it."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.signals.model.reading import ClaimLog


def histories(new_database: Callable[[], str], count: int, steps: int) -> None:
    """So many random histories of so many steps, each on a database of its own."""
    profile = settings(
        max_examples=count, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine = type("Machine", (ClaimLog,), {"new_database": staticmethod(new_database)})
    run_state_machine_as_test(machine, settings=profile)
