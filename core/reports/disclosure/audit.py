"""The attack on what is shown, with an exact answer for everyone who adds and subtracts."""

from collections.abc import Sequence

from core.reports.disclosure.held import Held, Weak
from core.reports.disclosure.problem import Attack, Problem, attack, weak
from core.reports.disclosure.reading import problem_of
from core.reports.disclosure.solver import ROUND, Moves
from core.wire.documents import Code


def audit(held: Sequence[Held], insider: Code | None = None) -> list[Weak]:
    """Small counts that somebody can tell to be below 5, of all that is in these reports or their differences.

    `insider`: only what this partner can tell, from its own counts; None: what anybody can, each partner included.
    """
    problem = problem_of(None, held)
    attackers = [one for one in problem.attackers if insider is None or insider in one]
    return [found for attacker in attackers for found in _told(problem, attacker)]


def _told(problem: Problem, attacker: frozenset[Code]) -> list[Weak]:
    known = attack(problem, attacker)
    moves = Moves(problem, known)
    found = []
    for cell, need in sorted(_unreached(known, moves).items()):
        more = moves.towards({cell: need}).get(cell, 0.0)
        if more < need - ROUND:
            own = sum(problem.own.get(cell, {}).get(code, 0) for code in attacker)
            found.append(weak(problem, attacker, cell, int(problem.counts[cell] - own + more + ROUND)))
    return found


def _unreached(known: Attack, moves: Moves) -> dict[int, int]:
    """Without those that one solution or another has raised as far as they need."""
    left = dict(known.needs)
    while left:
        raised = moves.towards(left)
        reached = [cell for cell, need in left.items() if raised.get(cell, 0.0) >= need - ROUND]
        if not reached:
            break
        for cell in reached:
            del left[cell]
    return left
