"""What reviewers decide, and what an operator does with the claims of a partner that is suspended."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.db import Database, among
from core.edge import field_error
from core.errors import Conflict
from core.log import audit, head
from core.log.events import record
from core.signals.jobs import Close, Judge, Release
from core.signals.keys import parse_id
from core.signals.models import Claim, Signal
from core.signals.writer import SignalWriter
from core.wire.events import ReviewDecided
from core.wire.partners import PartnerState
from core.wire.reviews import Clearance, Clearing, Decided, DecisionResult, DecisionStatus, Judgement

_AT_ONCE = 1_000
"""Claims a transaction."""
_A_DECISION = 10
"""Transactions that one decision may take before it has to be sent again."""

_NAME = "DecideReviews"
"""In the log and the audit."""

_decoder: msgspec.json.Decoder[Judgement | Clearing] = msgspec.json.Decoder(Judgement | Clearing)


async def decide(db: Database, writer: SignalWriter, principal: Principal, sent: Sequence[msgspec.Raw]) -> Decided:
    """Carry out each decision on its own. All are written down with their reasons before anything of them is done."""
    read = [_read(raw, index) for index, raw in enumerate(sent)]
    decisions = [one for one in read if not isinstance(one, DecisionResult)]
    partners = await _write_down(db, principal, decisions)
    judgements = [one for one in decisions if isinstance(one, Judgement)]
    judged = iter(await _judge(db, writer, principal, judgements, partners))
    results: list[DecisionResult] = []
    cleared: dict[Any, DecisionResult] = {}
    for index, one in enumerate(read):
        if isinstance(one, Judgement):
            outcome = next(judged)
            results.append(DecisionResult(index, outcome, done=outcome is DecisionStatus.DONE))
        elif isinstance(one, Clearing):
            # Said again in one request it is one decision: each takes transactions of its own.
            said = one.partner, one.clearance, one.ids
            if said not in cleared:
                cleared[said] = await _clear(db, writer, principal, one, partners.get(one.partner), index)
            results.append(msgspec.structs.replace(cleared[said], index=index))
        else:
            results.append(one)
    done = sum(one.status is DecisionStatus.DONE for one in results)
    if done:
        async with head.edge(db, principal.partner, principal.client, _NAME) as session:
            await record(session, ReviewDecided(decisions=done))
    return Decided(results=tuple(results))


def _read(raw: msgspec.Raw, index: int) -> Judgement | Clearing | DecisionResult:
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        fault = field_error(exc, f"/decisions/{index}", _decoder.type)
        return DecisionResult(index, DecisionStatus.REJECTED, errors=(fault,))


async def _write_down(db: Database, principal: Principal, decisions: Sequence[Judgement | Clearing]) -> dict[str, int]:
    """Into the audit. Returns the ids of the partners that are spoken of."""
    if not decisions:
        return {}
    slugs = {one.author if isinstance(one, Judgement) else one.partner for one in decisions}
    async with head.edge(db, principal.partner, principal.client, _NAME) as session:
        await audit.note(session, principal, _NAME, *map(_written, decisions))
        found = select(Partner.slug, Partner.id).where(among(Partner.slug, sorted(slugs), session))
        return {row.slug: row.id for row in await session.execute(found)}


def _written(decision: Judgement | Clearing) -> dict[str, Any]:
    """Without thousands of ids: which claims were cleared the log says, under the same operation."""
    detail: dict[str, Any] = msgspec.to_builtins(decision)
    if isinstance(decision, Clearing):
        detail["ids"] = None if decision.ids is None else len(decision.ids)
    return detail


async def _judge(
    db: Database,
    writer: SignalWriter,
    principal: Principal,
    judgements: Sequence[Judgement],
    partners: Mapping[str, int],
) -> list[DecisionStatus]:
    keys = [parse_id(one.id) for one in judgements]
    async with db.snapshot(principal.partner) as session:
        seen = await _seen(session, principal, {key for key in keys if key is not None})
    jobs = [
        Judge(principal.partner, key, partners[one.author], one.verdict.value, one.reason)
        if key is not None and key in seen and one.author in partners
        else None
        for one, key in zip(judgements, keys, strict=True)
    ]
    await asyncio.gather(*(writer.write(job, principal.client, _NAME) for job in jobs if job))
    return [DecisionStatus(job.outcome) if job else DecisionStatus.NOT_FOUND for job in jobs]


async def _seen(session: AsyncSession, principal: Principal, keys: set[bytes]) -> set[bytes]:
    """Those of the signals on which the reviewer may see a standing claim."""
    seen: set[bytes] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), 5_000):
        some = among(Signal.key, wanted[start : start + 5_000], session)
        found = select(Signal.key).join(Claim, Claim.signal == Signal.id)
        seen |= set(await session.scalars(found.where(some, visible(Claim, principal), Claim.closed == 0)))
    return seen


async def _clear(
    db: Database, writer: SignalWriter, principal: Principal, decision: Clearing, partner: int | None, index: int
) -> DecisionResult:
    if partner is None:
        return DecisionResult(index, DecisionStatus.NOT_FOUND)
    wanted = None if decision.ids is None else list(filter(None, map(parse_id, dict.fromkeys(decision.ids))))
    counts: Counter[str] = Counter()
    for turn in range(_A_DECISION):
        async with db.snapshot(principal.partner) as session:
            some = None if wanted is None else wanted[turn * _AT_ONCE : (turn + 1) * _AT_ONCE]
            keys = await _held(session, principal, partner, some)
        job = Release(principal.partner, partner, keys, refuse=decision.clearance is Clearance.REFUSE)
        if keys:
            await writer.write(job, principal.client, _NAME)
        counts.update(job.results)
        moved = any(one in ("released", "refused") for one in job.results)
        if (wanted is None and not moved) or (wanted is not None and (turn + 1) * _AT_ONCE >= len(wanted)):
            break
    async with db.snapshot(principal.partner) as session:
        left = await _left(session, principal, partner)
    done = counts["released"] + counts["refused"]
    status = DecisionStatus.DONE
    if not done:
        status = DecisionStatus.INVOLVED if counts["involved"] else DecisionStatus.NOT_FOUND
    return DecisionResult(index, status, done, left)


async def _held(session: AsyncSession, principal: Principal, partner: int, keys: Sequence[bytes] | None) -> list[bytes]:
    """Signals on which `partner` has a held claim: some of them, or which of `keys`."""
    found = select(Signal.key).join(Claim, Claim.signal == Signal.id)
    found = found.where(visible(Claim, principal), Claim.partner == partner, Claim.closed == 0, Claim.held != "")
    if keys is not None:
        found = found.where(among(Signal.key, keys, session))
    return list(await session.scalars(found.order_by(Claim.position).limit(_AT_ONCE)))


async def _left(session: AsyncSession, principal: Principal, partner: int) -> int:
    held = (Claim.partner == partner, Claim.closed == 0, Claim.held != "", visible(Claim, principal))
    return (await session.execute(select(func.count()).select_from(Claim).where(*held))).scalar_one()


async def close_all(db: Database, writer: SignalWriter, partner: Partner, told: Callable[[int], None]) -> int:
    """Close what a suspended partner claims, 1,000 claims a transaction; `told` learns of each. Returns how many.

    Stopped, it goes on when it is called again. Raises `Conflict` while the partner is active.
    """
    if partner.state != PartnerState.SUSPENDED:
        raise Conflict(f"{partner.slug} is active and could submit meanwhile; suspend it first.")
    closed, reached = 0, 0
    while True:
        async with db.survey() as session:
            standing = select(Claim.position, Signal.key).join(Signal, Signal.id == Claim.signal)
            standing = standing.where(Claim.partner == partner.id, Claim.closed == 0, Claim.position > reached)
            rows = (await session.execute(standing.order_by(Claim.position).limit(_AT_ONCE))).all()
        if not rows:
            return closed
        job = Close(partner.id, [row.key for row in rows])
        await writer.write(job, "cli", "ClosePartner")
        reached = rows[-1].position
        closed += job.done
        told(job.done)
