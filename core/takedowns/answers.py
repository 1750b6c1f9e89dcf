"""What is said of cases: acknowledged, looked into, decided, corrected, appealed, closed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal
from core.db import among, insert_rows, table_of
from core.edge import field_error, in_turns
from core.errors import Conflict
from core.log.head import Head
from core.signals.jobs import Opine, Voice
from core.signals.keys import parse_id
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from core.takedowns import moves, outcomes
from core.takedowns.models import Takedown, TakedownOutcome
from core.takedowns.moves import Move
from core.takedowns.states import DECISIONS, require
from core.wire.answers import AnswerIn, AnswerResult, AnswersTaken, AnswerStatus, MoveIn
from core.wire.common import FieldError
from core.wire.outcomes import OutcomeIn
from core.wire.takedowns import Role, TakedownState

_decoder = msgspec.json.Decoder(AnswerIn)
_TOGETHER = 5_000
"""Values in one statement: SQLite takes 32,766."""


class Incomplete(Conflict):
    """A decision does not say enough, contradicts itself, or names a person."""

    code = "incomplete"


class ReasonMissing(Conflict):
    """Who corrects a decision says why."""

    code = "reason_missing"


async def read(sent: Sequence[msgspec.Raw]) -> list[AnswerIn | AnswerResult]:
    """Each answer on its own: one that is wrong becomes its rejection."""
    return await in_turns(sent, lambda index, raw: _read(raw, index))


def _read(raw: msgspec.Raw, index: int) -> AnswerIn | AnswerResult:
    pointer = f"/items/{index}"
    try:
        answer = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return AnswerResult(index, None, AnswerStatus.REJECTED, (field_error(exc, pointer, AnswerIn),))
    found = tuple(outcomes.faults(answer, pointer))
    return AnswerResult(index, answer.takedown, AnswerStatus.REJECTED, found) if found else answer


async def take(
    session: AsyncSession, principal: Principal, answers: Sequence[AnswerIn | AnswerResult]
) -> tuple[AnswersTaken, list["Told"]]:
    """Take what `read` made of a platform's answers, in order. Also what they say of signals, for `opine`."""
    head: Head = session.info["head"]
    names = sorted({one.takedown for one in answers if isinstance(one, AnswerIn)})
    cases: dict[str, Takedown] = {}
    for start in range(0, len(names), _TOGETHER):
        these = among(Takedown.id, names[start : start + _TOGETHER], session)
        found = await session.scalars(select(Takedown).where(Takedown.platform == principal.partner, these))
        cases |= {case.id: case for case in found}
    batch = _Batch(Role.PLATFORM, principal.client, head.at, await _last(session, list(cases.values())))
    results = tuple(
        batch.take(one, index, cases.get(one.takedown)) if isinstance(one, AnswerIn) else one
        for index, one in enumerate(answers)
    )
    await batch.store(session, principal)
    return AnswersTaken(position=head.position, results=results), batch.told


async def move(session: AsyncSession, principal: Principal, role: Role, case: Takedown, wanted: MoveIn) -> list["Told"]:
    """Move one case, as who has this role to it. Returns what that says of its signal, for `opine`.

    Raises `IllegalMove` listing the legal moves, `Incomplete` or `ReasonMissing` for what else is wrong.
    """
    if found := list(outcomes.faults(wanted, "")):
        raise Incomplete("This is not said of a case; see the errors.", errors=found)
    head: Head = session.info["head"]
    batch = _Batch(role, principal.client, head.at, await _last(session, [case]))
    batch.move(case, wanted)
    await batch.store(session, principal)
    return batch.told


class Told(msgspec.Struct, frozen=True):
    """What a decision makes the platform think of the signal that it is about."""

    target: str
    opinion: outcomes.Opinion | None
    """None takes back what an earlier decision said."""
    reason: str


async def opine(principal: Principal, writer: SignalWriter, kinds: Kinds, told: Sequence[Told], request: str) -> None:
    """Have the platform's decisions count as its opinions on the signals, as far as it sees them.

    After the transaction that they were stored in: the log of signals has a writer of its own.
    """
    voices = [_voice(one, index) for index, one in enumerate(told)]
    if voices:
        await writer.write(Opine(principal.partner, voices, kinds.half_lives), principal.client, request)


def _voice(told: Told, index: int) -> Voice:
    stance, outcome = told.opinion or (None, None)
    return Voice(parse_id(told.target), stance, told.reason or "Decided on a takedown request.", index, outcome)


class _Decided(msgspec.Struct, frozen=True):
    """The version of an outcome that stands."""

    version: int
    state: str
    outcome: OutcomeIn


async def _last(session: AsyncSession, cases: Sequence[Takedown]) -> dict[int, _Decided]:
    """By case, the outcome that stands."""
    numbers = [case.number for case in cases if case.decided is not None]
    found: dict[int, _Decided] = {}
    for start in range(0, len(numbers), _TOGETHER):
        these = among(TakedownOutcome.takedown, numbers[start : start + _TOGETHER], session)
        for row in await session.scalars(select(TakedownOutcome).where(these).order_by(TakedownOutcome.version)):
            found[row.takedown] = _Decided(row.version, row.state, msgspec.convert(row.body, OutcomeIn))
    return found


class _Batch:
    """Moves of one caller, each made on what the ones before left."""

    def __init__(self, role: Role, client: str, at: int, last: Mapping[int, _Decided]) -> None:
        self._role = role
        self._client = client
        self._at = at
        self._last = defaultdict(lambda: _Decided(0, "", OutcomeIn()), last)
        self._moves: list[Move] = []
        self._outcomes: list[dict[str, Any]] = []
        self.told: list[Told] = []

    def take(self, answer: AnswerIn, index: int, case: Takedown | None) -> AnswerResult:
        """One of many: a bad one costs only itself, and where the case is there already nothing changes."""
        if case is None:
            return AnswerResult(index, answer.takedown, AnswerStatus.NOT_FOUND)
        try:
            return AnswerResult(index, answer.takedown, self.move(case, answer))
        except Conflict as fault:
            if case.state == answer.state and answer.state not in DECISIONS:
                return AnswerResult(index, answer.takedown, AnswerStatus.UNCHANGED)
            errors = [FieldError(f"/items/{index}{one.pointer}", one.code, one.detail) for one in fault.errors]
            return AnswerResult(index, answer.takedown, AnswerStatus.REJECTED, tuple(errors))

    def move(self, case: Takedown, wanted: MoveIn) -> AnswerStatus:
        """Raises `IllegalMove` or `ReasonMissing`."""
        require(TakedownState(case.state), wanted.state, self._role)
        if wanted.state in DECISIONS:
            return self._decide(case, wanted)
        if wanted.state is TakedownState.REVERSED:
            self._tell(case, None, wanted.reason)
        self._moves.append(moves.make(case, wanted.state, self._at, wanted.reason))
        return AnswerStatus.MOVED

    def _tell(self, case: Takedown, said: outcomes.Opinion | None, reason: str) -> None:
        last = self._last[case.number]
        before = outcomes.opinion(last.state, last.outcome)
        # What said nothing before and says nothing now leaves an opinion that was given by itself alone.
        if said or before:
            self.told.append(Told(case.target, said, reason))

    def _decide(self, case: Takedown, wanted: MoveIn) -> AnswerStatus:
        outcome = wanted.outcome or OutcomeIn()
        last = self._last[case.number]
        said = outcomes.opinion(wanted.state, outcome)
        if (last.state, last.outcome) == (wanted.state, outcome):
            # Sent again: so may be what did not reach the signal.
            self._tell(case, said, wanted.reason)
            return AnswerStatus.UNCHANGED
        if last.version and not wanted.reason.strip():
            detail = "The case was answered; say why that answer was wrong."
            raise ReasonMissing(detail, errors=[FieldError("/reason", "reason_missing", detail)])
        self._tell(case, said, wanted.reason)
        decided = self._last[case.number] = _Decided(last.version + 1, wanted.state.value, outcome)
        self._moves.append(moves.make(case, wanted.state, self._at, wanted.reason, decided.version))
        self._outcomes.append(
            {
                "takedown": case.number,
                "version": decided.version,
                "at": self._at,
                "client": self._client,
                "state": decided.state,
                "body": msgspec.json.encode(outcome).decode(),
                "due": case.due,
                "ends": outcomes.ends(outcome),
                "correction": wanted.reason if last.version else None,
            }
        )
        return AnswerStatus.CORRECTED if last.version else AnswerStatus.ANSWERED

    async def store(self, session: AsyncSession, principal: Principal) -> None:
        """Write it all, and tell those whom it concerns. What was loaded is written by the session."""
        await moves.write(session, principal, self._moves)
        await insert_rows(session, table_of(TakedownOutcome), self._outcomes)
