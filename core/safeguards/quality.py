"""How each partner did, counted from cases, reviews and appeals; what corroboration weighs its word by.

2026-11-22: a share of few judgements says little. What is measured is therefore the mean of a prior that weighs as much
as some judgements would and of what was judged (the posterior mean of a beta prior); one mishap of a newcomer moves it
by a few points, hundreds of judgements speak for themselves. A doubt that nobody judged moves nothing: else doubting
would be a weapon.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median, quantiles

import msgspec
from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal
from core.auth.models import Partner
from core.db import Database, among, table_of, upsert
from core.errors import Forbidden, NotFound
from core.log import head
from core.safeguards.models import Appeal, AppealTask, PartnerQuality
from core.signals import policy
from core.signals.keys import parse_id
from core.signals.models import Cell, Claim, Opinion, Signal
from core.signals.policy import Policy
from core.takedowns.models import Takedown, TakedownOutcome, TakedownRequest, TakedownStep
from core.wire.opinions import Outcome, Stance
from core.wire.quality import AnswerQuality, ClaimQuality, Quality, RequestQuality, Took
from core.wire.reviews import Verdict
from core.wire.takedowns import TakedownState as State

_DOUBTS = (Stance.DISAGREE.value, Stance.FALSE_POSITIVE.value)
_DEEDS = (Outcome.REMOVED.value, Outcome.RESTRICTED.value)
_ACTED = frozenset({State.REMOVED.value, State.RESTRICTED.value})


def measured(upheld: int, reversed: int, prior: int, weight: int) -> int:
    """0 to 100: the share upheld, drawn to `prior` as if `weight` judgements had been of that share."""
    return round((100 * upheld + prior * weight) / (upheld + reversed + weight))


class _Judged(msgspec.Struct):
    upheld: int = 0
    reversed: int = 0
    disputed: int = 0


async def refresh(db: Database) -> int:
    """Count every active partner anew; returns how many are weighed otherwise than before.

    What is read is read before the log is locked: a count that is an hour old may be a few seconds older.
    """
    now = times.now()
    async with db.survey() as session:
        rules = await policy.read(session)
        found = await _count(session, rules, now)
        before = dict((await session.execute(select(Partner.id, Partner.measured))).all())
    rows = [
        {
            "partner": partner,
            "at": now,
            "upheld": quality.submitted.upheld,
            "reversed": quality.submitted.reversed,
            "measured": quality.measured,
            "figures": msgspec.json.encode(quality).decode(),
        }
        for partner, quality in found.items()
    ]
    changed = {partner: one.measured for partner, one in found.items() if before[partner] != one.measured}
    async with head.writing(db, "hub", "MeasureQuality") as session:
        await upsert(session, table_of(PartnerQuality), rows)
        for partner, value in changed.items():
            await session.execute(update(Partner).where(Partner.id == partner).values(measured=value))
    return len(changed)


async def read(session: AsyncSession, principal: Principal, partner: Partner) -> Quality:
    """What was counted last. For the partner itself and the operator; `NotFound` before the first count."""
    if principal.partner != partner.id and not principal.is_operator:
        raise Forbidden("How a partner did is for itself and the operator.")
    row = (await session.scalars(select(PartnerQuality).where(PartnerQuality.partner == partner.id))).first()
    if row is None:
        raise NotFound("Nothing was counted yet; it is every hour.")
    found = msgspec.convert(row.figures, Quality)
    return msgspec.structs.replace(found, stated=partner.quality)


async def _count(session: AsyncSession, rules: Policy, now: int) -> dict[int, Quality]:
    since = now - rules.quality_days * times.DAY
    judged = await _judged(session, since)
    claims = dict((await session.execute(_claims())).all())
    requested, answered = await _requested(session, since), await _answered(session, since)
    partners = await session.execute(select(Partner.id, Partner.quality).where(Partner.state == "active"))
    return {
        row.id: Quality(
            since=times.from_micros(since),
            until=times.from_micros(now),
            submitted=ClaimQuality(int(claims.get(row.id, 0)), one.upheld, one.reversed, one.disputed),
            requested=requested[row.id],
            answered=answered[row.id],
            measured=measured(one.upheld, one.reversed, rules.quality_prior, rules.quality_prior_weight),
            stated=row.quality,
        )
        for row in partners
        for one in (judged[row.id],)
    }


def _claims() -> Select[int, int]:
    """From the rollups: counting rows would walk millions."""
    return select(Cell.partner, func.sum(Cell.opened - Cell.closed)).group_by(Cell.partner)


async def _judged(session: AsyncSession, since: int) -> defaultdict[int, _Judged]:
    """By partner, its signals of which something was said by others."""
    wrong, right, doubted = await _verdicts(session, since)
    found: defaultdict[int, _Judged] = defaultdict(_Judged)
    for signal, owners in (await _owners(session, wrong | right | doubted)).items():
        for owner, opened in owners.items():
            one = found[owner]
            if _told(wrong, signal, owner, opened):
                one.reversed += 1
            elif _told(right, signal, owner, opened):
                one.upheld += 1
            elif _told(doubted, signal, owner, opened):
                one.disputed += 1
    return found


_By = dict[int, dict[int, int]]
"""Signals, and when each partner said so."""


def _told(said: _By, signal: int, owner: int, opened: int) -> bool:
    """Whether another said so of a claim that `owner` had opened by then.

    Nobody bears out what it says itself. Who repeats what was judged earns nothing by it, and learns nothing of what
    was said of signals that it does not see.
    """
    return any(author != owner and at > opened for author, at in said.get(signal, {}).items())


async def _verdicts(session: AsyncSession, since: int) -> tuple[_By, _By, _By]:
    """Signals that were found wrong, that were borne out, and that are merely doubted."""
    wrong: _By = defaultdict(dict)
    right: _By = defaultdict(dict)
    doubted: _By = defaultdict(dict)
    said = select(Opinion).where(Opinion.at >= since)
    for one in await session.scalars(said.where(_telling())):
        if one.verdict == Verdict.UPHELD:
            wrong[one.signal][one.partner] = one.reviewed or one.at
        elif one.verdict == Verdict.DISMISSED or one.outcome in _DEEDS:
            right[one.signal][one.partner] = one.reviewed or one.at
        else:
            doubted[one.signal][one.partner] = one.at
    appeals = select(Appeal.target, Appeal.state, Appeal.partner, Appeal.closed).where(Appeal.closed > since)
    decided = (await session.execute(appeals.where(Appeal.state.in_(("upheld", "reversed"))))).all()
    ids = await _ids(session, [row.target for row in decided])
    for row in decided:
        if row.target in ids:
            (wrong if row.state == "reversed" else right)[ids[row.target]][row.partner] = row.closed
    return wrong, right, doubted


def _telling() -> ColumnElement[bool]:
    return or_(Opinion.verdict != "", Opinion.outcome.in_(_DEEDS), Opinion.stance.in_(_DOUBTS))


async def _ids(session: AsyncSession, targets: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for target in targets:
        number = (await session.scalars(select(Signal.id).where(Signal.key == parse_id(target)))).first()
        if number is not None:
            found[target] = number
    return found


async def _owners(session: AsyncSession, signals: Iterable[int]) -> dict[int, dict[int, int]]:
    """Whose claims are or were on these signals, as long as closed ones are kept, and since when."""
    wanted = sorted(signals)
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    first = select(Claim.signal, Claim.partner, func.min(Claim.opened_at).label("since"))
    for start in range(0, len(wanted), 5_000):
        claims = first.where(among(Claim.signal, wanted[start : start + 5_000], session))
        for row in await session.execute(claims.group_by(Claim.signal, Claim.partner)):
            found[row.signal][row.partner] = row.since
    return found


async def _requested(session: AsyncSession, since: int) -> defaultdict[int, RequestQuality]:
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    decision = _decision()
    cases = (
        select(TakedownRequest.partner, decision.c.state, func.count())
        .outerjoin(decision, decision.c.takedown == TakedownRequest.takedown)
        .where(TakedownRequest.at >= since)
        .group_by(TakedownRequest.partner, decision.c.state)
    )
    for partner, state, count in await session.execute(cases):
        counts[partner][state or ""] += count
    found = {
        partner: RequestQuality(by.total(), sum(by[state] for state in _ACTED), by[State.NO_ACTION.value])
        for partner, by in counts.items()
    }
    return defaultdict(lambda: RequestQuality(0, 0, 0), found)


def _decision() -> Subquery:
    """What was answered last, of each case that was."""
    last = select(TakedownOutcome.takedown, func.max(TakedownOutcome.version).label("version"))
    newest = last.group_by(TakedownOutcome.takedown).subquery()
    same = and_(TakedownOutcome.takedown == newest.c.takedown, TakedownOutcome.version == newest.c.version)
    return select(TakedownOutcome.takedown, TakedownOutcome.state).join(newest, same).subquery()


class _Answers(msgspec.Struct):
    cases: int = 0
    in_time: int = 0
    breached: int = 0
    to_acknowledge: list[int] = []
    """Seconds."""
    to_act: list[int] = []


async def _answered(session: AsyncSession, since: int) -> defaultdict[int, AnswerQuality]:
    took: defaultdict[int, _Answers] = defaultdict(_Answers)
    columns = (Takedown.opened, Takedown.acknowledged, Takedown.decided, Takedown.due, Takedown.breached)
    cases = select(Takedown.platform, *columns).where(Takedown.opened >= since)
    for row in await session.execute(cases):
        one = took[row.platform]
        one.cases += 1
        one.breached += row.breached is not None
        # To decide at once is to acknowledge.
        acknowledged = row.acknowledged or row.decided
        if acknowledged is not None:
            one.to_acknowledge.append((acknowledged - row.opened) // times.SECOND)
        if row.decided is not None:
            one.to_act.append((row.decided - row.opened) // times.SECOND)
            one.in_time += row.due is None or row.decided <= row.due
    appealed, undone = await _appealed(session, since)
    found = {
        platform: AnswerQuality(
            cases=one.cases,
            to_acknowledge=_times(one.to_acknowledge),
            to_act=_times(one.to_act),
            in_time=one.in_time,
            breached=one.breached,
            appealed=appealed[platform],
            reversed=undone[platform],
        )
        for platform, one in took.items()
    }
    nothing = AnswerQuality(0, Took(None, None), Took(None, None), 0, 0, 0, 0)
    return defaultdict(lambda: nothing, found)


async def _appealed(session: AsyncSession, since: int) -> tuple[Counter[int], Counter[int]]:
    """By platform, its cases that an appeal asked about, and those that it reversed."""
    asked: Counter[int] = Counter()
    undone: Counter[int] = Counter()
    taken_back = exists().where(TakedownStep.takedown == Takedown.number, TakedownStep.state == State.REVERSED.value)
    asked_about = exists().where(AppealTask.takedown == Takedown.number)
    cases = select(Takedown.platform, taken_back.label("taken_back"), func.count())
    cases = cases.where(asked_about, Takedown.opened >= since).group_by(Takedown.platform, "taken_back")
    for platform, back, cases_of in await session.execute(cases):
        asked[platform] += cases_of
        undone[platform] += cases_of if back else 0
    return asked, undone


def _times(seconds: Sequence[int]) -> Took:
    if len(seconds) < 2:
        return Took(*[seconds[0] if seconds else None] * 2)
    return Took(round(median(seconds)), round(quantiles(seconds, n=10, method="inclusive")[-1]))
