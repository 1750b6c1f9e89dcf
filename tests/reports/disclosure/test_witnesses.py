"""The proof that a report carries: it is checked without a solver, and does not stand when anything is changed."""

import subprocess
import sys
from random import Random

import pytest

from core.reports.cube import Key
from core.reports.disclosure import Held, Unfounded, Witness
from core.reports.disclosure.protect import protect
from core.reports.disclosure.witnesses import unproved
from tests.reports.disclosure.samples import TWO_WAY, drawn, held, random_cube

REPORT = drawn(random_cube(Random(7), {"province": 6, "category": 4, "partner": 3}, 1.0, TWO_WAY))
MADE = protect(REPORT)
FROZEN = held(REPORT, MADE.hidden["claims"])


def test_the_proof_stands() -> None:
    assert MADE.witnesses
    assert unproved([FROZEN], MADE.witnesses) == []


def test_without_its_witnesses_nothing_is_proved() -> None:
    assert unproved([FROZEN], ())


def test_a_witness_of_which_one_number_is_another_is_refused() -> None:
    first, *others = MADE.witnesses
    for at, (cell, change) in enumerate(first.changes):
        changed = (*first.changes[:at], (cell, change + 1), *first.changes[at + 1 :])
        with pytest.raises(Unfounded):
            unproved([FROZEN], [Witness(changed), *others])


def test_no_hidden_cell_of_which_a_witness_speaks_can_be_shown() -> None:
    for cell in sorted(MADE.hidden["claims"], key=repr):
        with pytest.raises(Unfounded):
            unproved([_without(cell)], MADE.witnesses)


def _without(cell: tuple[Key, str]) -> Held:
    return held(REPORT, MADE.hidden["claims"] - {cell})


def test_checking_loads_no_solver() -> None:
    program = "import sys; import core.reports.disclosure.witnesses; assert not {'highspy', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
