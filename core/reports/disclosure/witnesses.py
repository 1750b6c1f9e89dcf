"""Whether witnesses prove that no small count can be told: whole numbers are compared, nothing is solved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.reports.disclosure.held import Held, Unfounded, Weak, Witness
from core.reports.disclosure.problem import Attack, Problem, attack, weak
from core.reports.disclosure.reading import problem_of

Changes = Mapping[int, int]


def unproved(held: Sequence[Held], witnesses: Iterable[Witness]) -> list[Weak]:
    """Small counts of which no witness says that they could be 5 or more. `held`: with the report itself."""
    problem = problem_of(None, held)
    changes = [dict(witness.changes) for witness in witnesses]
    _all_balance(problem, changes)
    found = []
    for attacker in problem.attackers:
        known = attack(problem, attacker)
        proved = {
            cell
            for one in changes
            if holds(known, problem, one)
            for cell, change in one.items()
            if cell in known.needs and change >= known.needs[cell]
        }
        found += [weak(problem, attacker, cell, None) for cell in known.needs if cell not in proved]
    return found


def holds(known: Attack, problem: Problem, changes: Changes) -> bool:
    """Whether this attacker sees no difference."""
    return all(
        cell not in known.known and problem.counts[cell] + change >= known.lowest[cell]
        for cell, change in changes.items()
    )


def _all_balance(problem: Problem, witnesses: Iterable[Changes]) -> None:
    """Nothing that is shown changes, and what added up still does."""
    rows = defaultdict(list)
    for number, row in enumerate(problem.rows):
        for cell, n in row:
            rows[cell].append((number, n))
    for changes in witnesses:
        sums: dict[int, int] = defaultdict(int)
        for cell, change in changes.items():
            for number, n in rows[cell]:
                sums[number] += n * change
        if any(sums.values()) or not problem.shown.isdisjoint(changes) or not _in_order(problem, changes):
            raise Unfounded


def _in_order(problem: Problem, changes: Changes) -> bool:
    return all(
        problem.counts[less] + changes.get(less, 0) <= problem.counts[more] + changes.get(more, 0)
        for less, more in problem.least
    )
