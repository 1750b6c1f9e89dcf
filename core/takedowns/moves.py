"""Moves of cases: what a move makes of a case, its step, and who is told."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import HUB, Principal
from core.db import insert_rows, table_of
from core.log.events import record_all
from core.log.head import Head
from core.takedowns import parties
from core.takedowns.models import Takedown, TakedownStep
from core.takedowns.states import ACTED, DECISIONS
from core.wire.events import Event, TakedownAnswered, TakedownMoved
from core.wire.takedowns import TakedownState


class Move(msgspec.Struct, frozen=True):
    """One that was made and is not yet written."""

    case: Takedown
    origin: TakedownState
    state: TakedownState
    reason: str
    version: int | None = None
    """Of the outcome, if it brought one."""

    def events(self) -> list[Event]:
        moved: list[Event] = [TakedownMoved(self.case.id, self.state)] if self.origin is not self.state else []
        return moved + ([TakedownAnswered(self.case.id, self.version)] if self.version is not None else [])


def make(case: Takedown, state: TakedownState, at: int, reason: str = "", version: int | None = None) -> Move:
    """Bring `case` into `state`, which was found legal. Appealed after its close, it stays closed to new requests."""
    move = Move(case, TakedownState(case.state), state, reason, version)
    case.state = state.value
    case.version += 1
    case.wakes = at
    if state in (TakedownState.ACKNOWLEDGED, TakedownState.IN_REVIEW, *DECISIONS) and case.acknowledged is None:
        case.acknowledged = at
    if state in DECISIONS:
        case.decided = at if case.decided is None else case.decided
        case.acted = state in ACTED
    elif state is TakedownState.REVERSED:
        case.acted = False
    elif state is TakedownState.CLOSED:
        case.closed = case.closed or at
    return move


async def write(session: AsyncSession, principal: Principal, moves: Sequence[Move]) -> None:
    """Write the steps of `moves`, all by one hand, and tell the parties of each case."""
    head: Head = session.info["head"]
    told = await parties.everyone(session, {move.case.number for move in moves})
    groups: dict[frozenset[int], list[Move]] = defaultdict(list)
    for move in moves:
        groups[told[move.case.number]].append(move)
    steps = []
    for group, theirs in groups.items():
        events = [move.events() for move in theirs]
        positions = iter(await record_all(session, [one for each in events for one in each], to=group))
        for move, each in zip(theirs, events, strict=True):
            first, *_ = [next(positions) for _ in each]
            steps.append(step(principal, move, head.at, first))
    await insert_rows(session, table_of(TakedownStep), steps)


def step(principal: Principal, move: Move, at: int, position: int) -> dict[str, object]:
    """A row of `TakedownStep`."""
    return {
        "takedown": move.case.number,
        "at": at,
        "actor": None if principal is HUB else principal.partner,
        "client": principal.client,
        "origin": move.origin.value,
        "state": move.state.value,
        "reason": move.reason or None,
        "position": position,
    }
