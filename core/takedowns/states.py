"""The states of a case: which follows which, and who may say so."""

from core.errors import Conflict
from core.wire.common import FieldError
from core.wire.takedowns import Role, TakedownState

DECISIONS = (
    TakedownState.REMOVED,
    TakedownState.RESTRICTED,
    TakedownState.NO_ACTION,
    TakedownState.NOT_FOUND,
    TakedownState.DUPLICATE,
)
"""What a platform answers with."""
ACTED = (TakedownState.REMOVED, TakedownState.RESTRICTED)
ASKED_ANEW = (*DECISIONS, TakedownState.UPHELD, TakedownState.REVERSED)
"""Whoever asks in these is owed another answer, so another case; in the others that are open it joins."""

Transitions = dict[TakedownState, dict[TakedownState, frozenset[Role]]]

_PLATFORM = frozenset({Role.PLATFORM})
_DECIDES = dict.fromkeys(DECISIONS, _PLATFORM)
_GIVEN_UP = {TakedownState.CLOSED: frozenset({Role.REQUESTER, Role.OPERATOR})}
_ENDED = {TakedownState.CLOSED: frozenset({Role.REQUESTER, Role.OPERATOR, Role.HUB})}
_APPEALED = {TakedownState.APPEALED: frozenset({Role.REQUESTER, Role.OPERATOR, Role.HUB})}
# To decide again, in the same words or in others, is how a platform corrects itself.
_DECIDED = _DECIDES | _APPEALED | _ENDED
_LOOKED_AT_AGAIN = {TakedownState.UPHELD: _PLATFORM, TakedownState.REVERSED: _PLATFORM}

TRANSITIONS: Transitions = {
    TakedownState.REQUESTED: {
        TakedownState.NOTIFIED: frozenset({Role.HUB}),
        TakedownState.ACKNOWLEDGED: _PLATFORM,
        TakedownState.IN_REVIEW: _PLATFORM,
    }
    | _DECIDES
    | _GIVEN_UP,
    TakedownState.NOTIFIED: {TakedownState.ACKNOWLEDGED: _PLATFORM, TakedownState.IN_REVIEW: _PLATFORM}
    | _DECIDES
    | _GIVEN_UP,
    TakedownState.ACKNOWLEDGED: {TakedownState.IN_REVIEW: _PLATFORM} | _DECIDES | _GIVEN_UP,
    TakedownState.IN_REVIEW: _DECIDES | _GIVEN_UP,
    TakedownState.REMOVED: _DECIDED,
    TakedownState.RESTRICTED: _DECIDED,
    TakedownState.NO_ACTION: _DECIDED,
    TakedownState.NOT_FOUND: _DECIDED,
    TakedownState.DUPLICATE: _DECIDED,
    TakedownState.APPEALED: _LOOKED_AT_AGAIN | {TakedownState.CLOSED: frozenset({Role.OPERATOR})},
    # Asked again, when the appeal was granted although the platform stood by its decision.
    TakedownState.UPHELD: _ENDED | {TakedownState.APPEALED: frozenset({Role.HUB})},
    TakedownState.REVERSED: _ENDED,
    TakedownState.CLOSED: _APPEALED,
}
"""From each state to those that may follow it, with those who may say so."""


class IllegalMove(Conflict):
    """The case cannot go there from where it is, or not by the caller; the errors list where it can."""

    code = "illegal_move"


def legal(state: TakedownState, role: Role) -> tuple[TakedownState, ...]:
    """The states that `role` may move a case in `state` to, in the order of their declaration."""
    following = TRANSITIONS[state]
    return tuple(one for one in TakedownState if role in following.get(one, ()))


def require(state: TakedownState, wanted: TakedownState, role: Role) -> None:
    """Raises `IllegalMove` unless `role` may move a case from `state` to `wanted`."""
    possible = legal(state, role)
    if wanted not in possible:
        errors = [FieldError("/state", "legal", one.value) for one in possible]
        words = ", ".join(possible) or "none"
        raise IllegalMove(f"The case is {state}; the states that you may move it to: {words}.", errors=errors)
