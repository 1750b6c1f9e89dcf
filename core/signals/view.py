"""What a reader sees of a signal: made of the claims that it may see, and of no others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from core.auth.models import Audience, Partner
from core.signals import score
from core.signals.keys import Keys, hex_sum, public_id
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.score import Heard
from core.times import from_micros
from core.wire.score import OpinionCounts, Term, TermKind
from core.wire.signals import Category, Severity, SignalOut, State, Tlp

_STRICTNESS = {name: rank for rank, name in enumerate(("", *Tlp))}
# Finding a member by its value takes a third of the time of calling the enumeration, three times an item.
_TLPS: dict[str, Tlp | None] = {"": None} | {one.value: one for one in Tlp}
_CATEGORIES = {one.value: one for one in Category}
_SEVERITIES: dict[str | None, Severity | None] = {None: None} | {one.value: one for one in Severity}
_SILENCE = OpinionCounts()

LIVE = (Claim.closed == 0, Claim.state == "active")


class Lens(msgspec.Struct, frozen=True):
    """What a view is made with besides the claims."""

    keys: Keys
    half_lives: Mapping[str, float | None]
    quality: Mapping[int, int]
    """Of the partners that have one stated."""


async def lens(session: AsyncSession, kinds: Kinds, keys: Keys) -> Lens:
    stated = select(Partner.id, Partner.quality).where(Partner.quality.is_not(None))
    quality = {row.id: row.quality for row in await session.execute(stated)}
    return Lens(keys, kinds.half_lives, quality)


def claims() -> Select[Any]:
    """Claims with their signal and TLP, one row each. The caller adds `visible()`."""
    columns: list[Any] = [
        *(Claim.position, Claim.opened, Claim.closed, Claim.state, Claim.partner, Claim.signal),
        *(Claim.category, Claim.confidence, Claim.severity, Claim.first_seen, Claim.last_seen),
        *(Claim.valid_until, Claim.campaign, Claim.context, Audience.tlp, Audience.groups),
        *(Signal.key, Signal.kind, Claim.value, Signal.claims),
        *(Claim.opened_at, Claim.origin, Claim.derived_from, Claim.opinions),
    ]
    found: Select[Any] = select(*columns)
    return found.join(Signal, Signal.id == Claim.signal).join(Audience, Audience.id == Claim.audience)


def is_live(row: Any) -> bool:
    return bool(row.closed == 0 and row.state == "active")


class _Merged(msgspec.Struct, frozen=True):
    """Several claims as one row, by the rules of `SignalOut`'s fields."""

    key: bytes
    kind: str
    value: str
    category: str
    severity: str | None
    campaign: str | None
    tlp: str
    confidence: int | None
    first_seen: int | None
    last_seen: int | None
    valid_until: int | None


def item(rows: Sequence[Any], position: int, lens: Lens) -> SignalOut:
    """A signal from the live claims that the reader may see; `rows` is not empty."""
    if len(rows) > 1 or rows[0].opinions:
        supports = [score.support(row, row.partner, row.opened_at, lens.quality) for row in rows]
        terms = score.terms(supports, opinions_of(rows), lens.half_lives.get(rows[0].kind))
        check = hex_sum(sum(lens.keys.check(row.position) for row in rows))
        return _made(_merge(rows), position, len(rows), check, terms, _counted(terms))
    # Nearly every item of a feed: what the general case comes to, in half of the time.
    row = rows[0]
    term = Term(
        TermKind.ECHO if row.derived_from else TermKind.CLAIM,
        score.strength(row.confidence, lens.quality.get(row.partner, 100)),
        from_micros(score.since(row, row.opened_at)),
        lens.half_lives.get(row.kind),
    )
    return _made(row, position, 1, hex_sum(lens.keys.check(row.position)), (term,), _SILENCE)


def _made(
    one: Any, position: int, claims: int, check: str, terms: tuple[Term, ...], opinions: OpinionCounts
) -> SignalOut:
    first, last, until = one.first_seen, one.last_seen, one.valid_until
    # By position, as the fields are declared: naming seventeen of them takes a tenth of the time.
    return SignalOut(
        public_id(one.key),
        State.DISPUTED if opinions.disagree or opinions.false_positive else State.ACTIVE,
        position,
        one.kind,
        one.value,
        _TLPS[one.tlp],
        _CATEGORIES[one.category],
        _SEVERITIES[one.severity],
        one.confidence,
        None if first is None else from_micros(first),
        None if last is None else from_micros(last),
        None if until is None else from_micros(until),
        one.campaign,
        claims,
        terms,
        opinions,
        check,
    )


def _counted(terms: Sequence[Term]) -> OpinionCounts:
    count = Counter(term.kind for term in terms)
    return OpinionCounts(count[TermKind.AGREE], count[TermKind.DISAGREE], count[TermKind.FALSE_POSITIVE])


def opinions_of(rows: Sequence[Any]) -> dict[int, Heard]:
    """What is said of any of these claims, by partner."""
    return {partner: heard for row in rows for partner, heard in score.read_opinions(row.opinions).items()}


def _merge(rows: Sequence[Any]) -> _Merged:
    best = min(rows, key=lambda row: (-(row.confidence or 0), row.opened))
    lapses = [row.valid_until for row in rows]
    return _Merged(
        *(best.key, best.kind, best.value, best.category, best.severity, best.campaign),
        tlp=max((row.tlp for row in rows), key=_STRICTNESS.__getitem__),
        confidence=_extreme(max, [row.confidence for row in rows]),
        first_seen=_extreme(min, [row.first_seen for row in rows]),
        last_seen=_extreme(max, [row.last_seen for row in rows]),
        valid_until=None if None in lapses else max(lapses),
    )


def tombstone(row: Any) -> SignalOut:
    """What remains for a reader that may have seen the signal before. A suspended claim reads as gone."""
    return SignalOut(id=public_id(row.key), state=State(row.state) if row.closed else State.GONE, position=row.position)


def gone(row: Any) -> SignalOut:
    """A tombstone for a reader that a signal is not for any more, whatever became of it."""
    return SignalOut(id=public_id(row.key), state=State.GONE, position=row.position)


def _extreme(choose: Any, values: Sequence[int | None]) -> int | None:
    return choose((value for value in values if value is not None), default=None)  # type: ignore[no-any-return]
