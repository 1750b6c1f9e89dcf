"""What every connector must hold of itself, check by check; `core.connect.conformance` goes on with a hub.

2026-11-22: one list of checks serves `kmm connector check`, the fixture `connector_sheet` and `run_connector_contract`,
so that what an author tries is what decides. Held by tests/cli/test_connector_check.py: a fault fails its check alone.
A sandbox hands over connectors that are asked on their plugin's lane, within its budgets: what a check holds or watches
it holds and watches around single calls. Held by tests/cli/test_sandbox.py.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from os import environ
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from core.errors import Unavailable
from core.plugin.connector import UNREADABLE, BadSignature, Connector, Refused, Translated, signs
from core.wire.conformance import SheetLine
from core.wire.signals import SignalIn

_UNDECLARED = "a status that nobody declared"
_NOT_A_PAYLOAD = (b"", b"null", b"[]", b'{"', b'{"a":1}', b'"\\ud800"', b"\xff\xfe", b"[" * 100_000)
MANY = 10_000
SECONDS = 2.0
"""For `MANY` items: they are one payload, and the hub waits for it."""
_CLOCKS = 300
"""Seconds by which the clock of whoever recorded may have been fast."""
_OUTSIDE = ("open", "os.", "socket.", "sqlite3.", "subprocess.")
"""Audit events (docs.python.org/3/library/audit_events.html) of reaching beyond the payload."""


H = TypeVar("H")


class Check(NamedTuple, Generic[H]):
    """One promise. `hold` raises `AssertionError` saying where it is broken; any other exception is a bug. What it
    returns says that there was nothing to try."""

    name: str
    promise: str
    hold: H


def require(holds: object, otherwise: str) -> None:
    """As `assert`, which Python may be told to leave out."""
    if not holds:
        raise AssertionError(otherwise)


def run_connector_contract(connector: Connector) -> None:
    """Raise `AssertionError` saying where `connector` breaks its promises; any other exception is a bug in it."""
    for check in CHECKS:
        check.hold(connector)


def alone(connector: Connector) -> list[SheetLine]:
    """A line for each of `CHECKS`."""
    return [_line(check, connector) for check in CHECKS]


def _line(check: Check[Callable[[Connector], str | None]], connector: Connector) -> SheetLine:
    try:
        return held(check, check.hold(connector))
    except Exception as exc:
        return broken(check, exc)


def held(check: Check[Any], untried: str | None) -> SheetLine:
    """The line of a promise that holds."""
    return SheetLine(check.name, check.promise, True, untried or "")


def broken(check: Check[Any], exc: Exception) -> SheetLine:
    """The line of a promise that does not; `exc` is what `hold` raised."""
    found = str(exc) if isinstance(exc, AssertionError) else f"raises {type(exc).__name__}: {exc}"
    return SheetLine(check.name, check.promise, False, found)


def _holds_schema(connector: Connector) -> None:
    examples = connector.examples()
    require(examples, f"nothing is recorded in {connector.recorded}")
    for example in examples:
        becomes = list(connector.translate(example.payload))
        require(becomes == list(example.becomes), f"{example.status}: {becomes}")
        require(becomes, f"{example.status}: an empty payload shows nothing")
        for one in becomes:
            if not isinstance(one, Refused):
                # Structs made in Python are not checked; what is sent on is.
                msgspec.json.decode(msgspec.json.encode(one), type=type(one))


def _knows_its_words(connector: Connector) -> str | None:
    """A format without status words declares none, and names its recordings as it likes."""
    if not connector.statuses:
        return "It has no status words."
    examples = connector.examples()
    shown = {example.status for example in examples}
    require(shown == connector.statuses, f"words without an example, or the reverse: {shown ^ connector.statuses}")
    for example in examples:
        other = example.saying(_UNDECLARED)
        require(other != example.payload, f"{example.status}: the payload does not carry its word")
        refused = _refusals(connector, other)
        require(refused is None or refused, f"{example.status}: any other word passes, too")
    return None


def _is_pure(connector: Connector) -> None:
    for example in connector.examples():
        # Not watched the first time, which may import something.
        once = list(connector.translate(example.payload))
        with _watched() as reached:
            again = list(connector.translate(example.payload))
        require(once == again, f"{example.status}: translated twice, it differs")
        require(not reached, f"{example.status}: reaches beyond the payload: {', '.join(sorted(set(reached)))}")


def _tells_time(connector: Connector) -> None:
    examples = connector.examples()
    answers = [
        [_translated_in(name, connector, example.payload) for example in examples]
        for name in ("UTC", "Asia/Ho_Chi_Minh")
    ]
    latest = time.time() + _CLOCKS
    for example, here, there in zip(examples, *answers, strict=True):
        require(here == there, f"{example.status}: a time depends on the zone of the machine")
        seen = [at for one in here if isinstance(one, SignalIn) for at in (one.first_seen, one.last_seen) if at]
        require(all(at.timestamp() <= latest for at in seen), f"{example.status}: seen in the future")


def _translated_in(name: str, connector: Connector, payload: bytes) -> list[Translated]:
    # A sandbox may try several connectors at once; held for no more than the one call, which has a budget there.
    with _one_zone, zone(name):
        return list(connector.translate(payload))


def _is_quick(connector: Connector) -> str | None:
    """Where payloads are JSON with a list of items; what else there is nobody here can make more of."""
    larger = [(example, *found) for example in connector.examples() if (found := _many(connector, example.payload))]
    for example, body, times in larger:
        expected = times * len(connector.translate(example.payload))
        count, took = _timed(connector, body)
        if took > SECONDS:
            # A busy machine is slow once, a slow connector each time.
            count, took = _timed(connector, body)
        require(count == expected, f"{example.status}: {count} answers where {expected} are due")
        require(took <= SECONDS, f"{example.status}: {MANY} items take {took:.1f} s")
    return None if larger else "Its payloads are no JSON with a list of items."


def _timed(connector: Connector, body: bytes) -> tuple[int, float]:
    """How many answers it gives, and after how many seconds."""
    began = time.perf_counter()
    return len(connector.translate(body)), time.perf_counter() - began


def _refuses_garbage(connector: Connector) -> None:
    for body in _NOT_A_PAYLOAD:
        refused = _refusals(connector, body)
        require(refused is None or refused, f"takes {body[:20]!r} for a payload")


def _asks_for_signatures(connector: Connector) -> str | None:
    """A connector that verifies at all refuses a body without signature, and has no exception but `BadSignature`."""
    if not signs(connector):
        return "Its partner signs nothing."
    try:
        connector.verify({}, connector.examples()[0].payload)
    except BadSignature:
        return None
    raise AssertionError("takes an unsigned payload; set its secret, as of `[plugins.NAME]`")


CHECKS: tuple[Check[Callable[[Connector], str | None]], ...] = (
    Check("schema", "Every recorded payload means what is recorded, in the hub's types.", _holds_schema),
    Check("words", "Every status word is declared and recorded; any other is refused.", _knows_its_words),
    Check("pure", "The same payload means the same, and no file or connection is asked.", _is_pure),
    Check("clock", "Times mean the same on a machine of any zone, and none lies in the future.", _tells_time),
    Check("size", f"{MANY:,} items are answered one by one within {SECONDS:.0f} s.", _is_quick),
    Check("garbage", "What is no payload is refused.", _refuses_garbage),
    Check("signature", "Whoever signs is not spoken for without a signature.", _asks_for_signatures),
)


def _refusals(connector: Connector, body: bytes) -> int | None:
    """How many items are refused; None where the whole body is."""
    try:
        return sum(isinstance(one, Refused) for one in connector.translate(body))
    except Unavailable:
        # Its plugin is not asked; nothing was refused.
        raise
    except UNREADABLE:
        return None


def _is_json(payload: bytes) -> bool:
    try:
        msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _many(connector: Connector, payload: bytes) -> tuple[bytes, int] | None:
    """The payload with its items over and over, and how often; None where it is not a list of them."""
    if not connector.items or not _is_json(payload):
        return None
    whole: Any = msgspec.json.decode(payload)
    inside = whole
    *path, last = connector.items.removeprefix("/").split("/")
    for name in path:
        inside = inside[name]
    found = inside[last]
    require(isinstance(found, list), f"{connector.items} does not lead to the items")
    times = MANY // max(1, len(found))
    inside[last] = found * times
    return msgspec.json.encode(whole), times


_one_zone = threading.Lock()


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The whole process is somewhere else meanwhile."""
    before = environ.get("TZ")
    environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        environ.pop("TZ")
        environ.update({} if before is None else {"TZ": before})
        time.tzset()


_reached: ContextVar[list[str] | None] = ContextVar("reached", default=None)
"""Goes along when a call is carried over to another thread."""


@contextmanager
def _watched() -> Iterator[Sequence[str]]:
    """Names of the audit events of `_OUTSIDE` that the caller causes meanwhile, in whatever thread."""
    _listen()
    reached: list[str] = []
    before = _reached.set(reached)
    try:
        yield reached
    finally:
        _reached.reset(before)


@cache
def _listen() -> None:
    """Once for good: what was added to the interpreter's hooks stays there."""

    def heard(event: str, _: tuple[Any, ...]) -> None:
        reached = _reached.get()
        if reached is not None and event.startswith(_OUTSIDE):
            reached.append(event)

    sys.addaudithook(heard)
