"""Appeals: one call for all who acted on a wrong signal, and no weapon against a right one.

An appeal speaks through an opinion of the partner that brings it: suspension, restoration and what readers are told of
them are those of disputes (`core.signals`). It withholds at once only what scores low; for the rest somebody looks
first. What a decision leads to takes several transactions, so it is written down before it is done: `watch` goes on
with what was cut short.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import HUB, Principal
from core.db import Database
from core.errors import Conflict, Forbidden, TooManyRequests
from core.log import audit, head
from core.log.events import record
from core.safeguards import docket
from core.safeguards.models import Appeal, AppealTask
from core.signals import policy
from core.signals.jobs import Close, Contest, Judge, Opine, Suspend, Voice
from core.signals.keys import parse_id
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.writer import SignalWriter
from core.takedowns import moves, personal, targets
from core.takedowns.models import Takedown, TakedownRequest
from core.wire.appeals import AppealIn, Look, Ruling
from core.wire.appeals import AppealState as State
from core.wire.common import FieldError
from core.wire.events import AppealAsked, AppealDecided, AppealOpened, AppealOverdue
from core.wire.reviews import Verdict
from core.wire.scopes import Scope
from core.wire.takedowns import TakedownState

Match = Callable[[int], None]
"""Raises unless the version that stands is the one that the caller read."""

_REASON = 300
"""Characters that an opinion has."""
_OPEN = (State.FIRST_LOOK, State.GATHERING)


async def open_one(db: Database, writer: SignalWriter, kinds: Kinds, principal: Principal, data: AppealIn) -> str:
    """A new appeal: the platforms that acted are asked, and the signal is withheld if it scores low. Returns its id.

    Raises `Conflict` naming the field, and while another appeal of the signal is open.
    """
    await _check(db, principal, data)
    async with head.edge(db, principal.partner, principal.client, "OpenAppeal") as session:
        row = await _insert(session, principal, data)
        await _ask(session, row, "The signal is appealed against: look at your decision again.")
        name, number = row.id, row.number
    key = parse_id(data.signal)
    assert key is not None
    job = Contest(principal.partner, key, data.reason[:_REASON], kinds.half_lives)
    await _speak(db, writer, number, job, principal.client)
    return name


async def _speak(db: Database, writer: SignalWriter, number: int, job: Contest | Suspend, client: str) -> None:
    """Have the appeal heard by the log of signals, and note whether that withholds the signal."""
    await writer.write(job, client, "SuspendSignal")
    async with head.edge(db, 0, client, "SuspendSignal") as session:
        row = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
        if row.state in _OPEN:
            if job.suspends:
                row.state, row.suspended = State.GATHERING.value, True
            if row.state == State.GATHERING:
                row.look_due = None
            row.version += 1
            return
    # It ended meanwhile, and so does its voice.
    await _carry_out(db, writer, number)


async def _check(db: Database, principal: Principal, data: AppealIn) -> None:
    _check_texts(
        {"/reason": data.reason} | {f"/evidence/{at}/reference": one.reference for at, one in enumerate(data.evidence)}
    )
    async with db.snapshot(principal.partner) as session:
        seen = (await targets.signals_seen(session, principal, [data.signal])).get(data.signal)
        acted = exists().where(Takedown.target == data.signal, Takedown.platform == principal.partner)
        concerned = seen is not None or (await session.execute(select(acted))).scalar_one()
    if not concerned:
        detail = "There is no such signal that you may see."
        raise Conflict("Nothing was appealed.", errors=[FieldError("/signal", "unknown_signal", detail)])
    if seen is not None and seen.own:
        raise Conflict("It is your own claim: retract it.")


def _check_texts(texts: Mapping[str, str]) -> None:
    """Texts by where they lie. Raises `Conflict` naming those that seem to hold a person's data."""
    faults = [fault for pointer, text in texts.items() if (fault := personal.fault(text, pointer))]
    if faults:
        raise Conflict("Leave out who is affected.", errors=faults)


async def _insert(session: AsyncSession, principal: Principal, data: AppealIn) -> Appeal:
    now, rules = times.now(), await policy.read(session)
    await _require_room(session, principal, rules.open_appeals)
    row = Appeal(
        id=ids.new("apl"),
        target=data.signal,
        partner=principal.partner,
        reason=data.reason,
        evidence=[{"kind": one.kind, "reference": one.reference, "sha256": one.sha256} for one in data.evidence],
        state=State.FIRST_LOOK.value,
        suspended=False,
        opened=now,
        look_due=now + rules.appeal_look_hours * times.HOUR,
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("An appeal of this signal is open already; wait for its decision.") from None
    await record(session, AppealOpened(appeal=row.id, signal=row.target), to=(principal.partner,), holders=_REVIEWERS)
    return row


async def _require_room(session: AsyncSession, principal: Principal, most: int) -> None:
    """Reviewers and platforms are everybody's. Raises `TooManyRequests`."""
    mine = (Appeal.partner == principal.partner, Appeal.closed == 0)
    if (await session.execute(select(func.count()).select_from(Appeal).where(*mine))).scalar_one() >= most:
        raise TooManyRequests(f"{most} appeals of yours wait for their decision; withdraw one, or wait.")


_REVIEWERS = Scope.APPEALS_REVIEW


async def _ask(session: AsyncSession, row: Appeal, reason: str) -> None:
    """Have every platform that acted and has not undone it look again, through its case."""
    able = (TakedownState.REMOVED, TakedownState.RESTRICTED, TakedownState.CLOSED, TakedownState.UPHELD)
    acted = select(Takedown).where(
        Takedown.target == row.target, Takedown.acted, Takedown.state.in_([state.value for state in able])
    )
    cases = list(await session.scalars(acted.order_by(Takedown.number)))
    known = set(await session.scalars(select(AppealTask.takedown).where(AppealTask.appeal == row.number)))
    now = session.info["head"].at
    await moves.write(session, HUB, [moves.make(case, TakedownState.APPEALED, now, reason) for case in cases])
    for case in cases:
        if case.number not in known:
            session.add(AppealTask(appeal=row.number, takedown=case.number))
        await record(session, AppealAsked(appeal=row.id, takedown=case.id), to=(case.platform,))


async def look(db: Database, writer: SignalWriter, principal: Principal, name: str, data: Look, match: Match) -> None:
    """The first look: whether the signal is withheld until the decision.

    Raises `Forbidden` for those involved, `Conflict` when somebody has looked.
    """
    _check_texts({"/reason": data.reason})
    await _require_no_claim(db, principal, name)
    async with head.edge(db, principal.partner, principal.client, "LookAtAppeal") as session:
        row = await docket.find(session, principal, name)
        match(row.version)
        await _require_uninvolved(session, principal, row)
        if row.state != State.FIRST_LOOK:
            raise Conflict(f"The appeal is {row.state}; nobody has to look first.")
        row.state, row.version = State.GATHERING.value, row.version + 1
        if not data.suspend:
            row.look_due = None
        await audit.note(
            session, principal, "LookAtAppeal", {"appeal": name, "suspend": data.suspend, "why": data.reason}
        )
    if data.suspend:
        await _withhold(db, writer, row.number)


async def _withhold(db: Database, writer: SignalWriter, number: int) -> None:
    """What a first look leads to. Until it is done the appeal keeps its `look_due`, by which `watch` finds it."""
    async with db.survey() as session:
        row = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
    key = parse_id(row.target)
    assert key is not None
    await _speak(db, writer, number, Suspend(row.partner, key, row.reason[:_REASON]), "hub")


async def rule(db: Database, writer: SignalWriter, principal: Principal, name: str, data: Ruling, match: Match) -> None:
    """Decide. Raises `Forbidden` for those involved, `Conflict` when it is decided or platforms have not answered."""
    _check_texts({"/reason": data.reason})
    await _require_no_claim(db, principal, name)
    async with head.edge(db, principal.partner, principal.client, "DecideAppeal") as session:
        row = await docket.find(session, principal, name)
        match(row.version)
        await _require_uninvolved(session, principal, row)
        await _end(session, row, State(data.decision))
        waiting = [task.platform for task in (await docket.tasks(session, [row]))[row.number] if task.decision is None]
        if waiting and not data.without_platforms:
            raise Conflict(f"Not answered yet: {', '.join(sorted(waiting))}. Wait, or send `without_platforms`.")
        row.reviewer, row.decision_reason = principal.partner, data.reason
        await audit.note(
            session, principal, "DecideAppeal", {"appeal": name, "decision": data.decision, "why": data.reason}
        )
    await _carry_out(db, writer, row.number)


async def withdraw(db: Database, writer: SignalWriter, principal: Principal, name: str, match: Match) -> None:
    """Take it back; what it withheld is distributed again. For the partner that brought it."""
    async with head.edge(db, principal.partner, principal.client, "WithdrawAppeal") as session:
        row = await docket.find(session, principal, name)
        match(row.version)
        if row.partner != principal.partner:
            raise Forbidden("Only the partner that brought it takes it back.")
        await _end(session, row, State.WITHDRAWN)
    await _carry_out(db, writer, row.number)


async def _end(session: AsyncSession, row: Appeal, state: State) -> None:
    if row.state not in _OPEN:
        raise Conflict(f"The appeal is {row.state} already.")
    row.state, row.look_due, row.version = state.value, None, row.version + 1


async def _require_no_claim(db: Database, principal: Principal, name: str) -> None:
    """The reviewer never submitted the signal. Asked before the log is locked: a request holds one connection."""
    async with db.snapshot(principal.partner) as session:
        target = (await docket.find(session, principal, name)).target
    if principal.partner in await _claimants(db, target):
        raise Forbidden(_INVOLVED)


async def _require_uninvolved(session: AsyncSession, principal: Principal, row: Appeal) -> None:
    """Nor did it ask for its takedown, or bring the appeal."""
    asked = select(TakedownRequest.partner).join(Takedown, Takedown.number == TakedownRequest.takedown)
    if principal.partner in {row.partner, *await session.scalars(asked.where(Takedown.target == row.target))}:
        raise Forbidden(_INVOLVED)


_INVOLVED = "Somebody decides who neither submitted it, nor asked for its takedown, nor brought the appeal."


async def _claimants(db: Database, target: str) -> set[int]:
    """Whose claims stand or stood on it, whoever may see them."""
    async with db.survey() as session:
        claims = select(Claim.partner).join(Signal, Signal.id == Claim.signal).where(Signal.key == parse_id(target))
        return set(await session.scalars(claims))


async def _carry_out(db: Database, writer: SignalWriter, number: int) -> None:
    """What a decision leads to. Done again it changes nothing; `watch` does it when nobody else could."""
    async with db.survey() as session:
        row = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
    key, state = parse_id(row.target), State(row.state)
    assert key is not None
    if state is State.WITHDRAWN:
        await writer.write(Opine(row.partner, [Voice(key, None, "", 0)], {}), "hub", "WithdrawAppeal")
    else:
        # The appeal doubted the signal: where the signal is upheld, the doubt is dismissed.
        verdict = Verdict.DISMISSED if state is State.UPHELD else Verdict.UPHELD
        judgement = Judge(row.reviewer or 0, key, row.partner, verdict.value, row.decision_reason or "")
        await writer.write(judgement, "hub", "DecideAppeal")
    if state is State.REVERSED:
        for claimant in sorted(await _claimants(db, row.target)):
            await writer.write(Close(claimant, [key]), "hub", "DecideAppeal")
    async with head.edge(db, 0, "hub", "DecideAppeal") as session:
        row = (await session.scalars(select(Appeal).where(Appeal.number == number))).one()
        if row.closed:
            return
        if state is State.REVERSED:
            await _ask(session, row, "The appeal was granted: undo what you did.")
        row.closed, row.suspended, row.version = session.info["head"].at, False, row.version + 1
        cases = select(Takedown.platform).join(AppealTask, AppealTask.takedown == Takedown.number)
        asked = set(await session.scalars(cases.where(AppealTask.appeal == number)))
        event = AppealDecided(appeal=row.id, decision=state.value)
        await record(session, event, to={row.partner, *asked}, holders=_REVIEWERS)


async def watch(db: Database, writer: SignalWriter) -> int:
    """Go on with decisions that were cut short, and say once where nobody looked in time. Returns how many it met."""
    now = times.now()
    undone = (Appeal.closed == 0, Appeal.state.not_in([state.value for state in _OPEN]))
    unheard = (Appeal.closed == 0, Appeal.state == State.GATHERING.value, Appeal.look_due.is_not(None))
    late = (Appeal.closed == 0, Appeal.state == State.FIRST_LOOK.value, Appeal.look_due <= now)
    async with db.survey() as session:
        cut = list(await session.scalars(select(Appeal.number).where(*undone).limit(_AT_ONCE)))
        looked = list(await session.scalars(select(Appeal.number).where(*unheard).limit(_AT_ONCE)))
        overdue = list(await session.scalars(select(Appeal.number).where(*late).limit(_AT_ONCE)))
    for number in cut:
        await _carry_out(db, writer, number)
    for number in looked:
        await _withhold(db, writer, number)
    if overdue:
        async with head.edge(db, 0, "hub", "WatchAppeals") as session:
            for row in await session.scalars(select(Appeal).where(*late).limit(_AT_ONCE)):
                row.look_due = None
                await record(session, AppealOverdue(appeal=row.id), holders=_REVIEWERS)
    return len(cut) + len(looked) + len(overdue)


_AT_ONCE = 100
