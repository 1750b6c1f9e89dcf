"""Whether witnesses prove that no small count can be told: whole numbers are compared, nothing is solved."""

from collections.abc import Iterable, Mapping, Sequence

from core.reports.disclosure.held import Held, Weak, Witness
from core.reports.disclosure.problem import Attack, Problem, attack, problem_of, weak

Changes = Mapping[int, int]


def unproved(held: Sequence[Held], witnesses: Iterable[Witness]) -> list[Weak]:
    """Small counts for which no witness says that they could be 5 or more. `held`: with the report itself, last."""
    problem = problem_of(None, held)
    changes = [dict(witness.changes) for witness in witnesses]
    if not all(_balances(problem, one) for one in changes):
        raise ValueError("A witness does not add up, or changes what is shown")
    found = []
    for attacker in problem.attackers:
        known = attack(problem, attacker)
        proved = [one for one in changes if holds(known, problem, one)]
        found += [
            weak(problem, attacker, cell, None)
            for cell, need in known.needs.items()
            if not any(one.get(cell, 0) >= need for one in proved)
        ]
    return found


def holds(known: Attack, problem: Problem, changes: Changes) -> bool:
    """Whether this attacker sees no difference."""
    return known.known.isdisjoint(changes) and all(
        problem.counts[cell] + change >= known.lowest[cell] for cell, change in changes.items()
    )


def _balances(problem: Problem, changes: Changes) -> bool:
    if not problem.shown.isdisjoint(changes):
        return False
    if any(sum(changes.get(cell, 0) * n for cell, n in row) for row in problem.rows):
        return False
    counts = {cell: problem.counts[cell] + change for cell, change in changes.items()}
    return all(
        counts.get(less, problem.counts[less]) <= counts.get(more, problem.counts[more]) for less, more in problem.least
    )
