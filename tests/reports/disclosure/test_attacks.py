"""Random reports attacked by everybody, and methods that leave something out, which the same attacks find out.

The whole form, 1,000 series of reports, is tests/drills/test_disclosure.py.
"""

from collections.abc import Callable, Sequence
from random import Random

import msgspec
import pytest

from core.reports.cube import Hidden
from core.reports.disclosure import Drawn, Held, Protection, Unfounded
from core.reports.disclosure import protect as protecting
from core.reports.disclosure.audit import audit
from core.reports.disclosure.cells import sheets
from core.reports.disclosure.problem import Problem
from core.reports.disclosure.protect import protect
from core.reports.disclosure.reading import problem_of
from tests.reports.disclosure.trials import attacked, freeze, reports


@pytest.mark.parametrize("seed", range(6))
def test_nobody_tells_a_small_count(seed: int) -> None:
    frozen = freeze(reports(Random(seed)))
    assert audit(frozen) == []
    assert attacked(frozen) == []


@pytest.mark.parametrize("seed", range(20, 26))
def test_a_partner_reads_all_of_its_own_and_nothing_small_of_others(seed: int) -> None:
    frozen = freeze([_made_for("partner_0", report) for report in reports(Random(seed))])
    assert attacked(frozen, ["partner_0"]) == []
    cubes = [(report.cubes[0], report.hidden["claims"]) for report in frozen]
    assert not any(key[cube.place("partner")] == "partner_0" for cube, hidden in cubes for key, _ in hidden)


def _made_for(partner: str, report: Drawn) -> Drawn:
    cubes = tuple(msgspec.structs.replace(cube, known=frozenset({partner})) for cube in report.cubes)
    return msgspec.structs.replace(report, cubes=cubes)


def _primaries_only(drawn: Drawn, held: Sequence[Held]) -> Protection:
    (cube,) = drawn.cubes
    problem = problem_of(drawn, ())
    shown = {problem.cells[at] for at in problem.shown}
    hidden = {at for sheet in sheets(drawn) for at, (cell, _) in sheet.cells.items() if cell not in shown}
    return Protection({cube.name: frozenset(hidden)}, ())


def _table_by_table(drawn: Drawn, held: Sequence[Held]) -> Protection:
    (cube,) = drawn.cubes
    hidden: Hidden = frozenset()
    for table in cube.tables:
        one = msgspec.structs.replace(drawn, cubes=(msgspec.structs.replace(cube, tables=(table,)),))
        hidden |= protect(one).hidden[cube.name]
    return Protection({cube.name: hidden}, ())


def _nobody_inside(drawn: Drawn, held: Sequence[Held]) -> Protection:
    cubes = tuple(msgspec.structs.replace(cube, contributor=None) for cube in drawn.cubes)
    return protect(msgspec.structs.replace(drawn, cubes=cubes), [])


def _each_report_alone(drawn: Drawn, held: Sequence[Held]) -> Protection:
    return protect(drawn)


MUTANTS = [_primaries_only, _table_by_table, _nobody_inside, _each_report_alone]


@pytest.mark.parametrize("method", MUTANTS)
def test_a_method_that_leaves_something_out_is_found_out(method: Callable[[Drawn, Sequence[Held]], Protection]) -> None:
    assert any(attacked(freeze(reports(Random(seed)), method)) for seed in range(8))


def _hidden_may_be_zero(problem: Problem) -> None:
    problem.floors = [0] * len(problem.floors)


def _totals_are_forgotten(problem: Problem) -> None:
    problem.rows = [row for row in problem.rows if len(row) > 2]


def _nobody_knows_its_own(problem: Problem) -> None:
    problem.attackers = (frozenset(),)


@pytest.mark.parametrize("mistake", [_hidden_may_be_zero, _totals_are_forgotten, _nobody_knows_its_own])
def test_a_mistake_in_the_system_does_not_pass_its_own_proof(
    mistake: Callable[[Problem], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(drawn: Drawn | None, held: Sequence[Held]) -> Problem:
        problem = problem_of(drawn, held)
        mistake(problem)
        return problem

    monkeypatch.setattr(protecting, "problem_of", mistaken)
    with pytest.raises(Unfounded):
        [freeze(reports(Random(seed)), protecting.protect) for seed in range(8)]
