"""What is counted between two moments that no report names together, told from reports that name one of them each."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

from core.reports.disclosure.cells import Span
from core.reports.disclosure.held import Unsettled


def atoms(spans: Mapping[Span, int]) -> dict[Span, int] | None:
    """The counts between all successive moments at which a span begins or ends; None if the spans do not say them.

    A running month and the whole month cut across each other's days and sums, yet every moment is told from the next.
    Raises Unsettled for spans that contradict each other.
    """
    steps: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (begin, end), count in spans.items():
        steps[begin].append((end, count))
        steps[end].append((begin, -count))
    moments = sorted(steps)
    until = {moments[0]: 0}
    reached = [moments[0]]
    while reached:
        one = reached.pop()
        for other, count in steps[one]:
            if other not in until:
                until[other] = until[one] + count
                reached.append(other)
            elif until[other] != until[one] + count:
                raise Unsettled("Reports count the same time differently")
    if len(until) < len(moments):
        return None
    return {(begin, end): until[end] - until[begin] for begin, end in pairwise(moments)}
