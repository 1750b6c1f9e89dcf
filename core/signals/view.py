"""What a reader sees of a signal: made of the claims that it may see, and of no others."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.sql import Select

from core.auth.models import Audience
from core.signals.keys import Keys, hex_sum, public_id
from core.signals.models import Claim, Signal
from core.times import from_micros
from core.wire.signals import Category, Severity, SignalOut, State, Tlp

_STRICTNESS = {name: rank for rank, name in enumerate(("", *Tlp))}

LIVE = (Claim.closed == 0, Claim.state == "active")


def claims() -> Select[Any]:
    """Claims with their signal and TLP, one row each. The caller adds `visible()`."""
    columns: list[Any] = [
        *(Claim.position, Claim.opened, Claim.closed, Claim.state, Claim.partner, Claim.signal),
        *(Claim.category, Claim.confidence, Claim.severity, Claim.first_seen, Claim.last_seen),
        *(Claim.valid_until, Claim.campaign, Claim.context, Audience.tlp, Audience.groups),
        *(Signal.key, Signal.kind, Claim.value, Signal.claims),
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


def item(rows: Sequence[Any], position: int, keys: Keys) -> SignalOut:
    """A signal from the live claims that the reader may see; `rows` is not empty."""
    one = rows[0] if len(rows) == 1 else _merge(rows)
    return SignalOut(
        id=public_id(one.key),
        state=State.ACTIVE,
        position=position,
        kind=one.kind,
        value=one.value,
        tlp=Tlp(one.tlp) if one.tlp else None,
        category=Category(one.category),
        severity=Severity(one.severity) if one.severity else None,
        confidence=one.confidence,
        first_seen=_time(one.first_seen),
        last_seen=_time(one.last_seen),
        valid_until=_time(one.valid_until),
        campaign=one.campaign,
        claims=len(rows),
        check=hex_sum(sum(keys.check(row.position) for row in rows)),
    )


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
    state = State(row.state) if row.closed else State.GONE
    return SignalOut(id=public_id(row.key), state=state, position=row.position)


def _extreme(choose: Any, values: Sequence[int | None]) -> int | None:
    return choose((value for value in values if value is not None), default=None)  # type: ignore[no-any-return]


def _time(micros: int | None) -> Any:
    return None if micros is None else from_micros(micros)
