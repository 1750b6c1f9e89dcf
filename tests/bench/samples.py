"""The signals that are sent and stored: for the hub as items, for a raw table as rows, the same data in both."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count

import msgspec

COLUMNS = (
    *("seq", "id", "kind", "value_hash", "value", "partner", "category"),
    *("confidence", "severity", "tlp", "first_seen", "last_seen", "context"),
)
"""The 13 of a plain table of signals."""

SEEN = "2026-11-01T08:30:00Z"
SEEN_MICROS = 1_793_521_800_000_000
CONTEXT = {"source": "hotline", "language": "vi", "note": "reported by three readers"}

Row = tuple[int, bytes, str, bytes, str, int, str, int, str, str, int, int, str]

_context = msgspec.json.encode(CONTEXT).decode()


class Fresh:
    """Signals that were never sent before."""

    def __init__(self, prefix: str) -> None:
        self._values = (f"https://{prefix}-{n}.example/gift/claim/{n}" for n in count(1))
        self._seq = count(1)

    def items(self, number: int) -> list[dict[str, object]]:
        return [_item(value) for value in self._take(number)]

    def rows(self, number: int) -> list[Row]:
        return [_row(next(self._seq), value) for value in self._take(number)]

    def _take(self, number: int) -> Iterator[str]:
        return (next(self._values) for _ in range(number))


def seeded(position: int) -> str:
    """The value of the signal that was seeded at a position."""
    return f"https://seeded-{position}.example/gift/claim/{position}"


def _item(value: str) -> dict[str, object]:
    return {
        "kind": "url",
        "value": value,
        "category": "phishing",
        "confidence": 80,
        "severity": "high",
        "tlp": "GREEN",
        "first_seen": SEEN,
        "last_seen": SEEN,
        "context": CONTEXT,
    }


def _row(seq: int, value: str) -> Row:
    digest = blake2b(value.encode(), digest_size=16).digest()
    identity = blake2b(digest, digest_size=16).digest()
    said = ("phishing", 80, "high", "GREEN", SEEN_MICROS, SEEN_MICROS, _context)
    return (seq, identity, "url", digest, value, 1, *said)
