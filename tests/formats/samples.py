"""What goes through every door: a signal of each kind with all that can be said, and a few with nothing more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from core.signals.keys import public_id
from core.wire.score import OpinionCounts, Term, TermKind
from core.wire.signals import Category, Feed, Severity, SignalIn, SignalOut, State, Tlp

FIELDS = ("category", "confidence", "severity", "tlp", "campaign", "first_seen", "last_seen", "valid_until")
"""What forms are compared by, besides kind and value."""
KEPT = ("groups", "external_id", "context", "origin", "derived_from")
"""What the hub itself tells nobody of another partner's claim, in any form."""

_SEEN = datetime(2026, 10, 6, 2, 15, 30, 250_000, UTC)
_UNTIL = datetime(2036, 1, 1, 0, 0, 0, 500_000, UTC)

VALUES: dict[str, Callable[[int], str]] = {
    "url": "http://lure{}.example/win".format,
    "domain": "lure{}.example".format,
    "ip": "198.51.100.{}".format,
    "email": "lure{}@mail.example".format,
    "phone": "+8495000000{}".format,
    "bank_account": "970436:000123{}".format,
    "e_wallet": "momo:+8495000000{}".format,
    "crypto_address": lambda number: f"ethereum:0x{number:040x}",
    "social_account": "telegram:lure_{}".format,
    "meeting": "zoom:12345678{}0".format,
    "app": "android:com.example.lure{}".format,
    "text": "Chuyển khoản ngay cho công an để khỏi bị bắt vì tội số {}".format,
    "md5": lambda number: f"{number:032x}",
    "sha1": lambda number: f"{number:040x}",
    "sha256": lambda number: f"{number:064x}",
    "pdq": lambda number: "0f1e2d3c4b5a6978" * 3 + f"0f1e2d3c4b5a697{number}",
}
"""Canonical forms by a number of one digit."""

_BARE = ("url", "pdq")


def full(kind: str, number: int) -> SignalIn:
    return SignalIn(
        kind=kind,
        value=VALUES[kind](number),
        category=Category.SEXTORTION,
        confidence=70,
        severity=Severity.HIGH,
        tlp=Tlp.GREEN,
        campaign="not-alone",
        first_seen=_SEEN,
        last_seen=_SEEN + timedelta(days=1),
        valid_until=_UNTIL,
    )


def bare(kind: str, number: int) -> SignalIn:
    """Of another value than `full` of any number."""
    value = VALUES[kind](number).replace("0f1e", "f01e").replace("lure", "bare")
    return SignalIn(kind=kind, value=value, tlp=Tlp.GREEN)


def everything(kinds: set[str], number: int) -> list[SignalIn]:
    """Of these kinds, with values that no other number has."""
    return [full(kind, number) for kind in VALUES if kind in kinds] + [
        bare(kind, number) for kind in _BARE if kind in kinds
    ]


def shown(signal: SignalIn) -> SignalOut:
    """The item that the feed makes of a signal that one partner says."""
    told = {name: getattr(signal, name) for name in FIELDS if name != "category"}
    return SignalOut(
        id=public_id(blake2b(f"{signal.kind} {signal.value}".encode(), digest_size=16).digest()),
        state=State.ACTIVE,
        position=11,
        kind=signal.kind,
        value=signal.value,
        category=signal.category or Category.OTHER,
        **told,
        claims=1,
        terms=(Term(TermKind.CLAIM, 0.4, signal.last_seen or _SEEN, 30),),
        opinions=OpinionCounts(),
        check="0" * 32,
    )


def page(*signals: SignalIn) -> Feed:
    return Feed(tuple(map(shown, signals)), "next", more=False)


def differing(said: SignalIn, heard: SignalIn) -> set[str]:
    """The fields that were lost on the way. No category is `other` as soon as the hub has it."""
    return {name for name in FIELDS if (getattr(said, name) or None) != (getattr(heard, name) or None)} - (
        {"category"} if {said.category or Category.OTHER} == {heard.category or Category.OTHER} else set()
    )
