"""What partners think of each other's claims: taken in bulk, and told to whom they concern.

2026-11-22, a dispute reaches the claims on its signal that its author sees, and no others:

- not the same thing of another kind (`bait.example`, `https://bait.example/`). Signals are known by digests, and what
  comes later would have to be held against every dispute that there ever was. The negative list does that at each
  submission (`core.signals.guard`): what was upheld and keeps coming back is an entry there, which reaches both.
- not an audience of which its author is no part. Who narrows a suspended claim to a group shows it there again, as who
  retracts it and says it anew to that group does, or any other member: the group reads it on its own members' word.
  Widened again, it is suspended again.

We gave up that one word stops a thing everywhere. Held by tests/signals/test_suspension.py and test_guard.py.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.db import among
from core.edge import field_error, in_turns
from core.errors import NotFound
from core.signals import policy, score
from core.signals.jobs import Opine, Voice
from core.signals.keys import parse_id, public_id
from core.signals.kinds import Kinds
from core.signals.models import Claim, Opinion, Signal
from core.signals.writer import SignalWriter
from core.times import from_micros
from core.wire.common import FieldError
from core.wire.opinions import (
    OpinionIn,
    OpinionOut,
    OpinionResult,
    Opinions,
    OpinionsTaken,
    OpinionStatus,
    Outcome,
    Stance,
)

_decoder = msgspec.json.Decoder(OpinionIn)
_TO_SAY_WHY = (Stance.DISAGREE, Stance.FALSE_POSITIVE)
_DONE_TO_HARM = (Outcome.REMOVED, Outcome.RESTRICTED)
"""Nobody does that to a thing that it takes for harmless."""


async def give(
    principal: Principal, writer: SignalWriter, kinds: Kinds, sent: Sequence[msgspec.Raw], request: str
) -> OpinionsTaken:
    """Take each opinion on its own, in order: a bad one costs only itself."""
    read = await in_turns(sent, lambda index, raw: _read(raw, index))
    job = Opine(principal.partner, [one for one in read if isinstance(one, Voice)], kinds.half_lives)
    position = await writer.write(job, principal.client, request)
    done = iter(job.results)
    results = [_result(one, next(done)) if isinstance(one, Voice) else one for one in read]
    return OpinionsTaken(position=position, results=tuple(results))


def _read(raw: msgspec.Raw, index: int) -> Voice | OpinionResult:
    pointer = f"/items/{index}"
    try:
        said = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return OpinionResult(index, None, OpinionStatus.REJECTED, (field_error(exc, pointer, OpinionIn),))
    if said.stance in _TO_SAY_WHY and not said.reason.strip():
        detail = f"Say why, for the submitters to act on: {said.stance} needs a reason."
        fault = FieldError(f"{pointer}/reason", "reason_missing", detail)
        return OpinionResult(index, said.id, OpinionStatus.REJECTED, (fault,))
    if said.stance in _TO_SAY_WHY and said.outcome in _DONE_TO_HARM:
        detail = f"{said.outcome} says the opposite of {said.stance}; send the one that holds."
        fault = FieldError(f"{pointer}/outcome", "contradictory", detail)
        return OpinionResult(index, said.id, OpinionStatus.REJECTED, (fault,))
    return Voice(parse_id(said.id), said.stance, said.reason, index, said.outcome)


def _result(voice: Voice, status: OpinionStatus) -> OpinionResult:
    errors = (policy.full_hour(f"/items/{voice.index}"),) if status is OpinionStatus.REJECTED else ()
    return OpinionResult(voice.index, None if voice.key is None else public_id(voice.key), status, errors)


async def listed(session: AsyncSession, principal: Principal, signal_id: str) -> Opinions:
    """Who said what: told to the author itself, to those whose own claim the author can see, and to the operator.

    Others who can see the signal have its counts, and an empty list here. `NotFound` for those who cannot.
    """
    key = parse_id(signal_id)
    if key is None:
        raise NotFound
    standing = select(Claim.signal, Claim.partner, Claim.state, Claim.opinions)
    standing = standing.join(Signal, Signal.id == Claim.signal).where(Signal.key == key, Claim.closed == 0)
    rows = (await session.execute(standing.where(visible(Claim, principal)))).all()
    if not any(_known(row, principal) for row in rows):
        raise NotFound
    authors = set(_authors(rows, principal))
    said = select(*(Opinion.partner, Opinion.stance, Opinion.reason, Opinion.outcome, Opinion.at, Partner.slug))
    said = said.join(Partner, Partner.id == Opinion.partner).where(Opinion.signal == rows[0].signal)
    found = await session.execute(said.order_by(Opinion.at, Partner.slug))
    return Opinions(
        tuple(
            OpinionOut(
                row.slug,
                Stance(row.stance),
                row.reason,
                Outcome(row.outcome) if row.outcome else None,
                from_micros(row.at),
            )
            for row in found
            if principal.is_operator or row.partner in authors
        )
    )


async def given(session: AsyncSession, principal: Principal, ids: Collection[str]) -> set[str]:
    """Those of these signals that the principal has an opinion on, suspended ones too."""
    keys = [key for key in map(parse_id, ids) if key]
    if not keys:
        return set()
    said = select(Signal.key).join(Claim, Claim.signal == Signal.id).join(Opinion, Opinion.signal == Signal.id)
    said = said.where(visible(Claim, principal), Claim.closed == 0, Opinion.partner == principal.partner)
    return {public_id(key) for key in await session.scalars(said.where(among(Signal.key, keys, session)))}


async def own(session: AsyncSession, principal: Principal, ids: Collection[str]) -> dict[str, Stance]:
    """What the principal says of those of these signals that it has seen, also where nobody claims them now."""
    keys = [key for key in map(parse_id, ids) if key]
    if not keys:
        return {}
    said = select(Signal.key, Opinion.stance).join(Claim, Claim.signal == Signal.id)
    said = said.join(Opinion, Opinion.signal == Signal.id).where(visible(Claim, principal))
    said = said.where(Opinion.partner == principal.partner, among(Signal.key, keys, session)).distinct()
    return {public_id(key): Stance(stance) for key, stance in await session.execute(said)}


def _authors(rows: Sequence[Any], principal: Principal) -> Iterable[int]:
    yield principal.partner
    for row in rows:
        if row.partner == principal.partner:
            # An opinion rides on the claims that its author can see.
            yield from score.read_opinions(row.opinions)


def _known(row: Any, principal: Principal) -> bool:
    # Who had a claim suspended still knows of it.
    mine = row.partner == principal.partner or principal.partner in score.read_opinions(row.opinions)
    return principal.is_operator or row.state == "active" or mine
