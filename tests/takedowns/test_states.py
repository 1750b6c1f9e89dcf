"""Every pair of states, tried by every role: against a table written down here, not the one that is tested."""

from itertools import product

import httpx
import pytest
from sqlalchemy import delete, update

from core.takedowns.models import Takedown, TakedownOutcome, TakedownRequest, TakedownStep
from core.takedowns.states import TRANSITIONS, IllegalMove, legal, require
from core.testing import TestedHub
from core.wire.takedowns import Role, TakedownState
from tests.takedowns.asked import OUTCOMES, move, opened

_DECISIONS = "removed restricted no_action not_found duplicate"
_ANSWERED = dict.fromkeys(_DECISIONS.split(), "appealed closed")
_GIVEN_UP = dict.fromkeys(("requested", "notified", "acknowledged", "in_review"), "closed")
_ENDS = {"upheld": "closed", "reversed": "closed"}
LEGAL: dict[Role, dict[str, str]] = {
    # Asked again, where an appeal was granted although the platform stood by its decision.
    Role.HUB: {"requested": "notified", "closed": "appealed", **_ANSWERED, **_ENDS, "upheld": "appealed closed"},
    Role.REQUESTER: {"closed": "appealed", **_GIVEN_UP, **_ANSWERED, **_ENDS},
    Role.OPERATOR: {"closed": "appealed", "appealed": "closed", **_GIVEN_UP, **_ANSWERED, **_ENDS},
    Role.PLATFORM: {
        "requested": f"acknowledged in_review {_DECISIONS}",
        "notified": f"acknowledged in_review {_DECISIONS}",
        "acknowledged": f"in_review {_DECISIONS}",
        "in_review": _DECISIONS,
        **dict.fromkeys(_DECISIONS.split(), _DECISIONS),
        "appealed": "upheld reversed",
    },
}
CALLERS = {Role.PLATFORM: "tiktok", Role.REQUESTER: "chongluadao", Role.OPERATOR: "secretariat"}


def _may(state: str, wanted: str, role: Role) -> bool:
    return wanted in LEGAL[role].get(state, "").split()


@pytest.mark.parametrize("role", Role)
def test_every_pair_of_states(role: Role) -> None:
    for state, wanted in product(TakedownState, repeat=2):
        assert (wanted in legal(state, role)) == _may(state, wanted, role), f"{role}: {state} to {wanted}"
        if _may(state, wanted, role):
            require(state, wanted, role)
            continue
        with pytest.raises(IllegalMove) as refused:
            require(state, wanted, role)
        listed = {fault.detail for fault in refused.value.errors if fault.code == "legal"}
        assert listed == set(LEGAL[role].get(state, "").split())


def test_no_state_is_a_trap_and_none_is_out_of_reach() -> None:
    reached = {TakedownState.REQUESTED}
    for _ in TakedownState:
        reached |= {wanted for state in reached for wanted in TRANSITIONS[state]}
    assert reached == set(TakedownState)
    assert all(TRANSITIONS.values())


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_every_pair_of_states_over_http(hub: TestedHub) -> None:
    """What the table says is what a caller meets: 409 with the legal states listed."""
    case = await opened(hub)
    clients = {role: hub.client_as(slug) for role, slug in CALLERS.items()}
    for role, state in product(CALLERS, TakedownState):
        await _put(hub, state)
        for wanted in TakedownState:
            more = {"outcome": OUTCOMES[wanted]} if wanted in OUTCOMES else {}
            answer = await move(clients[role], case, wanted, reason="Looked at again.", **more)
            _met(answer, role, state, wanted)
            if answer.is_success:
                await _put(hub, state)


def _met(answer: httpx.Response, role: Role, state: TakedownState, wanted: TakedownState) -> None:
    at = f"{role}: {state} to {wanted}: {answer.text}"
    if _may(state, wanted, role):
        assert (answer.status_code, answer.json()["state"]) == (200, wanted), at
        (step,) = answer.json()["steps"]
        assert (step["origin"], step["state"], step["by"]) == (state, wanted, role), at
        assert (step["partner"], step["reason"]) == (CALLERS[role], "Looked at again."), at
        return
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:kmm:problem:illegal_move"), at
    listed = {error["detail"] for error in answer.json().get("errors", [])}
    assert listed == set(LEGAL[role].get(state, "").split()), at


async def _put(hub: TestedHub, state: TakedownState) -> None:
    """The only case there is, in `state`, its request standing, without a history."""
    closed = 1 if state is TakedownState.CLOSED else 0
    async with hub.parts.db.edge(0) as session:
        await session.execute(delete(TakedownOutcome))
        await session.execute(delete(TakedownStep))
        await session.execute(update(Takedown).values(state=state.value, closed=closed, decided=None))
        await session.execute(update(TakedownRequest).values(withdrawn=None))
