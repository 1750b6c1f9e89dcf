"""What a reader sees of a signal: made of the claims that it may see, and of no others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from core.auth.audiences import strictest
from core.auth.models import Audience
from core.signals import policy, score
from core.signals.keys import Keys, hex_sum, public_id, public_ids
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from core.signals.score import Heard
from core.times import from_micros
from core.wire.score import OpinionCounts, Term, TermKind
from core.wire.signals import Category, Severity, SignalOut, State, Tlp

# Finding a member by its value takes a third of the time of calling the enumeration, three times an item.
_TLPS: dict[str, Tlp | None] = {"": None} | {one.value: one for one in Tlp}
_CATEGORIES = {one.value: one for one in Category}
_SEVERITIES: dict[str | None, Severity | None] = {None: None} | {one.value: one for one in Severity}
_SILENCE = OpinionCounts()
_ACTIVE, _CLAIM, _ECHO = State.ACTIVE, TermKind.CLAIM, TermKind.ECHO

_moment = lru_cache(maxsize=8_192)(from_micros)
"""The claims of a submission share their times."""

LIVE = (Claim.closed == 0, Claim.state == "active")


class Lens(msgspec.Struct, frozen=True):
    """What a view is made with besides the claims."""

    keys: Keys
    half_lives: Mapping[str, float | None]
    quality: Mapping[int, int]
    """Of the partners whose word does not weigh in full."""


async def lens(session: AsyncSession, kinds: Kinds, keys: Keys) -> Lens:
    return Lens(keys, kinds.half_lives, await policy.qualities(session))


class Seen(NamedTuple):
    """A row of `claims()`."""

    position: int
    opened: int
    closed: int
    state: str
    partner: int
    signal: int
    category: str
    confidence: int | None
    severity: str | None
    first_seen: int | None
    last_seen: int | None
    valid_until: int | None
    campaign: str | None
    tlp: str
    key: bytes
    kind: str
    value: str
    claims: int
    """Ever opened on the signal, by whomever."""
    opened_at: int
    origin: str | None
    derived_from: str
    opinions: str


def claims() -> Select[Any]:
    """Claims with their signal and TLP, one row each, in the order of `Seen`. The caller adds `visible()`."""
    columns: list[Any] = [
        *(Claim.position, Claim.opened, Claim.closed, Claim.state, Claim.partner, Claim.signal),
        *(Claim.category, Claim.confidence, Claim.severity, Claim.first_seen, Claim.last_seen),
        *(Claim.valid_until, Claim.campaign, Audience.tlp, Signal.key, Signal.kind, Claim.value, Signal.claims),
        *(Claim.opened_at, Claim.origin, Claim.derived_from, Claim.opinions),
    ]
    found: Select[Any] = select(*columns)
    return found.join(Signal, Signal.id == Claim.signal).join(Audience, Audience.id == Claim.audience)


def glimpses() -> Select[Any]:
    """Of the rows of `claims()` the position, and whether it `is_lone` and the first word of its partner."""
    alone: Any = (Signal.claims == 1) & (Claim.opinions == "") & (Claim.closed == 0) & (Claim.state == "active")
    found: Select[Any] = select(Claim.position, alone & (Claim.opened == Claim.position))
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
    one = _merge(rows)
    supports = [score.support(row, row.partner, row.opened_at, lens.quality) for row in rows]
    terms = score.terms(supports, opinions_of(rows), lens.half_lives.get(one.kind))
    opinions = _counted(terms)
    return SignalOut(
        id=public_id(one.key),
        state=State.DISPUTED if opinions.disagree or opinions.false_positive else State.ACTIVE,
        position=position,
        kind=one.kind,
        value=one.value,
        tlp=_TLPS[one.tlp],
        category=_CATEGORIES[one.category],
        severity=_SEVERITIES[one.severity],
        confidence=one.confidence,
        first_seen=None if one.first_seen is None else from_micros(one.first_seen),
        last_seen=None if one.last_seen is None else from_micros(one.last_seen),
        valid_until=None if one.valid_until is None else from_micros(one.valid_until),
        campaign=one.campaign,
        claims=len(rows),
        terms=terms,
        opinions=opinions,
        check=hex_sum(sum(lens.keys.check(row.position) for row in rows)),
    )


def is_lone(row: Sequence[Any]) -> bool:
    """Whether a row of `claims()` is live, the only claim there ever was on its signal, and without opinions."""
    return row[_EVER] == 1 and not row[_OPINIONS] and row[_CLOSED] == 0 and row[_STATE] == "active"


_CLOSED, _STATE, _KEY, _EVER, _OPINIONS = map(Seen._fields.index, ("closed", "state", "key", "claims", "opinions"))


def lone(rows: Sequence[Sequence[Any]], lens: Lens) -> list[SignalOut]:
    """What `item` makes of each of these rows, which are `is_lone`, in a third of the time: nearly all of a feed.

    2026-11-22: a feed is this function. So it takes plain tuples apart in the order of `Seen`, and fills the wire's
    types by position; the names that we gave up are `item`'s. Held to it by tests/signals/test_view.py.
    """
    quality, half_lives, check = lens.quality, lens.half_lives, lens.keys.check_text
    items = []
    for public, row in zip(public_ids([row[_KEY] for row in rows]), rows, strict=True):
        (
            position, _, _, _, partner, _, category, confidence, severity, first, last, until, campaign,
            tlp, _, kind, value, _, since, _, derived_from, _,
        ) = row  # fmt: skip
        first_seen = None if first is None else _moment(first)
        last_seen = None if last is None else _moment(last)
        term = Term(
            _ECHO if derived_from else _CLAIM,
            score.strength(confidence, quality.get(partner, 100)),
            last_seen or first_seen or _moment(since),
            half_lives.get(kind),
        )
        items.append(
            SignalOut(
                public,
                _ACTIVE,
                position,
                kind,
                value,
                _TLPS[tlp],
                _CATEGORIES[category],
                _SEVERITIES[severity],
                confidence,
                first_seen,
                last_seen,
                None if until is None else _moment(until),
                campaign,
                1,
                (term,),
                _SILENCE,
                check(position),
            )
        )
    return items


def _counted(terms: Sequence[Term]) -> OpinionCounts:
    count = Counter(term.kind for term in terms)
    return OpinionCounts(count[TermKind.AGREE], count[TermKind.DISAGREE], count[TermKind.FALSE_POSITIVE])


def opinions_of(rows: Sequence[Any]) -> dict[int, Heard]:
    """What is said of any of these claims, by partner."""
    return {partner: heard for row in rows for partner, heard in score.read_opinions(row.opinions).items()}


def _merge(rows: Sequence[Any]) -> _Merged:
    first = best(rows)
    lapses = [row.valid_until for row in rows]
    return _Merged(
        *(first.key, first.kind, first.value, first.category, first.severity, first.campaign),
        tlp=strictest(row.tlp for row in rows),
        confidence=_extreme(max, [row.confidence for row in rows]),
        first_seen=_extreme(min, [row.first_seen for row in rows]),
        last_seen=_extreme(max, [row.last_seen for row in rows]),
        valid_until=None if None in lapses else max(lapses),
    )


def best(rows: Sequence[Any]) -> Any:
    """The claim whose words an item takes: the most confident, of those the oldest."""
    return min(rows, key=lambda row: (-(row.confidence or 0), row.opened))


def tombstone(row: Any) -> SignalOut:
    """What remains for a reader that may have seen the signal before. A suspended claim reads as gone."""
    return SignalOut(id=public_id(row.key), state=State(row.state) if row.closed else State.GONE, position=row.position)


def gone(row: Any) -> SignalOut:
    """A tombstone for a reader that a signal is not for any more, whatever became of it."""
    return SignalOut(id=public_id(row.key), state=State.GONE, position=row.position)


def _extreme(choose: Any, values: Sequence[int | None]) -> int | None:
    return choose((value for value in values if value is not None), default=None)  # type: ignore[no-any-return]
