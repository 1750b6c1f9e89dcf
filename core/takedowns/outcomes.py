"""What a platform decided: whether it says enough, when it ends, what it makes the platform think of the signal."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from core import times
from core.takedowns import personal
from core.takedowns.states import ACTED, DECISIONS
from core.wire.answers import MoveIn
from core.wire.common import FieldError
from core.wire.opinions import Outcome, Stance
from core.wire.outcomes import NonAction, OutcomeIn
from core.wire.takedowns import TakedownState

_NEEDED = ("decision_ground", "category", "automated_detection", "automated_decision")
_ENDS = tuple(f"end_date_{of}_restriction" for of in ("visibility", "monetary", "service", "account"))
_FAR = date(9000, 1, 1)
_TEXTS = (
    "decision_facts",
    "decision_visibility_other",
    "decision_monetary_other",
    "illegal_content_legal_ground",
    "illegal_content_explanation",
    "incompatible_content_ground",
    "incompatible_content_explanation",
)


def faults(move: MoveIn, pointer: str) -> Iterator[FieldError]:
    """What keeps `move`, which lies at `pointer`, from being taken, whatever the case."""
    if found := personal.fault(move.reason, f"{pointer}/reason"):
        yield found
    outcome = move.outcome or OutcomeIn()
    at = f"{pointer}/outcome"
    for name in _ENDS:
        if (getattr(outcome, name) or date.min) > _FAR:
            yield FieldError(f"{at}/{name}", "out_of_range", "Leave it out for what has no end.")
    for name in _TEXTS:
        if found := personal.fault(getattr(outcome, name) or "", f"{at}/{name}"):
            yield found
    if move.state not in DECISIONS and move.outcome is not None:
        yield FieldError(at, "no_decision", f"An outcome goes with {', '.join(DECISIONS)}.")
    if move.state in ACTED:
        yield from _of_action(outcome, at)
    elif move.outcome is not None and decides(outcome):
        yield FieldError(at, "contradictory", f"It names a decision that was taken, and {move.state} says none was.")
    if move.state is TakedownState.NO_ACTION and outcome.non_action is None:
        yield FieldError(f"{at}/non_action", "missing", "Say why nothing was done.")


def _of_action(outcome: OutcomeIn, at: str) -> Iterator[FieldError]:
    if not decides(outcome):
        yield FieldError(at, "missing", "Name at least one decision: visibility, monetary, provision, account, …")
    if outcome.non_action is not None:
        yield FieldError(f"{at}/non_action", "contradictory", "It was acted on.")
    for name in _NEEDED:
        if getattr(outcome, name) is None:
            yield FieldError(f"{at}/{name}", "missing", "A statement of reasons has it.")


def decides(outcome: OutcomeIn) -> bool:
    """Whether it names something that was done."""
    return bool(
        outcome.decision_visibility
        or outcome.decision_monetary
        or outcome.decision_provision
        or outcome.decision_account
        or outcome.decision_identifier
    )


def ends(outcome: OutcomeIn) -> int | None:
    """When the last of its restrictions for a time ends, µs: with its last day in Viet Nam."""
    last = max((day for name in _ENDS if (day := getattr(outcome, name)) is not None), default=None)
    if last is None:
        return None
    return times.to_micros(datetime.combine(last, time(), times.HUB_ZONE) + timedelta(days=1))


Opinion = tuple[Stance, Outcome]
_DEEDS: dict[str, Outcome] = {TakedownState.REMOVED: Outcome.REMOVED, TakedownState.RESTRICTED: Outcome.RESTRICTED}


def opinion(state: str, outcome: OutcomeIn) -> Opinion | None:
    """What the decision says of the signal itself: whoever acted agrees, whoever found no violation does not.

    That it is elsewhere, or another's to act on, says nothing.
    """
    if deed := _DEEDS.get(state):
        return Stance.AGREE, deed
    if state == TakedownState.NO_ACTION and outcome.non_action is NonAction.NOT_VIOLATING:
        return Stance.DISAGREE, Outcome.NO_ACTION
    return None
