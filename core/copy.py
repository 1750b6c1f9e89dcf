"""A partner's own copy of its feed: one SQLite file, kept by the rules of the feed alone.

    SELECT body FROM signal                              everything the partner may see, a JSON object a row
    SELECT body FROM signal WHERE position > ?           what changed since, without what was taken away
    SELECT verified FROM walk WHERE fills = 'signal'     when the hub's digest last confirmed the whole

Each page and the cursor behind it are one transaction, so a kill at any point costs one page. A walk from zero fills
`incoming`, which becomes `signal` in the transaction of its last page, if its checks add up to the digest: readers of
`signal` have a whole copy at all times, and none before the first one is whole.

2026-11-22: two tables of one file, where two files would do without the DROP. But a file that is renamed over one in
WAL mode finds the log of the other beside it. We gave up the disk space of the old copy until the next walk fills it.
Held by tests/cli/test_sync.py.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from zlib import crc32

import msgspec

_MODULUS = 1 << 128

_WALK = """
CREATE TABLE IF NOT EXISTS walk (
    fills TEXT PRIMARY KEY,  -- `signal`, or `incoming` while a walk from zero is under way
    kinds TEXT NOT NULL,     -- the filter of the walk: another one needs another copy
    cursor TEXT,             -- where to read on; null: from zero
    digest TEXT,             -- of the hub, which the copy added up to
    verified TEXT            -- when it did
)"""
_SIGNAL = """
CREATE TABLE IF NOT EXISTS {table} (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    seal INTEGER NOT NULL    -- CRC-32 of the row
)"""
_REMOVE = "DELETE FROM {table} WHERE id = ? RETURNING position, id, body, seal"
_INSERT = "INSERT OR REPLACE INTO {table} (position, id, body, seal) VALUES (?, ?, ?, ?)"
_ROWS = "SELECT position, id, body, seal FROM {table}"


class Mismatch(Exception):
    """The checks of the copy do not add up to the hub's digest: only a new walk mends it."""


class Page(msgspec.Struct, frozen=True):
    """A page of the feed."""

    items: Sequence[tuple["_Item", str]]
    """Each with its text."""
    next: str
    more: bool
    digest: str | None

    @classmethod
    def parse(cls, ndjson: bytes) -> "Page":
        """Raises `msgspec.DecodeError` for what is no page, such as one that was cut short."""
        *lines, end = ndjson.splitlines() or [b""]
        last = msgspec.json.decode(end, type=_Last)
        return cls([(_item(line), line.decode()) for line in lines], last.next, last.more, last.digest)


class _Last(msgspec.Struct):
    """The last line of a page."""

    next: str
    more: bool
    digest: str | None = None


class _Item(msgspec.Struct):
    """What a copy needs to know of an item; the rest it keeps as it came, words that are new to it included."""

    id: str
    position: int
    check: str | None = None
    """A tombstone has none."""


_item = msgspec.json.Decoder(_Item).decode


class Copy:
    """The copy at `path`, made if need be. One process writes it; any number may read it meanwhile.

    Opening it counts every row once, which takes about two seconds a million.
    """

    def __init__(self, path: Path, kinds: Sequence[str] = ()) -> None:
        self.kinds = sorted(set(kinds))
        self._filter = " ".join(self.kinds)
        self.cursor: str | None
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # A power cut may undo the last transactions, each with its cursor: they are read again.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(_WALK)
        self._db.execute(_SIGNAL.format(table="signal"))
        self._resume()

    def __enter__(self) -> "Copy":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._db.close()

    @property
    def is_new(self) -> bool:
        """Whether a walk from zero is under way."""
        return self._table == "incoming"

    def begin_anew(self) -> None:
        """Walk from zero, beside the copy that readers have."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DROP TABLE IF EXISTS incoming")
            self._db.execute(_SIGNAL.format(table="incoming"))
            self._db.execute("INSERT OR REPLACE INTO walk (fills, kinds) VALUES ('incoming', ?)", (self._filter,))
        self._table, self.cursor, self.signals, self._sum = "incoming", None, 0, 0

    def take(self, page: Page) -> None:
        """Take in one page, whole or not at all. Raises `Mismatch` when the last leaves a copy unlike the hub's."""
        signals, total, table = self.signals, self._sum, self._table
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for item, body in page.items:
                added, check = self._apply(item, body)
                signals, total = signals + added, total + check
            self._db.execute("UPDATE walk SET cursor = ? WHERE fills = ?", (page.next, table))
            if not page.more:
                if f"{total % _MODULUS:032x}" != page.digest:
                    raise Mismatch("The copy does not add up to the hub's digest.")
                table = self._confirm(page.digest)
        self._table, self.cursor, self.signals, self._sum = table, page.next, signals, total

    def _resume(self) -> None:
        """Go on where the last run stopped: with a walk that it had begun, else from where the copy is."""
        same = "SELECT fills, cursor FROM walk WHERE kinds = ? ORDER BY fills"  # `incoming` first
        row = self._db.execute(same, (self._filter,)).fetchone()
        if row is None:
            self.begin_anew()
            return
        self._table, self.cursor = row
        self.signals = self._sum = 0
        for kept in self._run(_ROWS):
            self.signals += 1
            self._sum += _worth(*kept)

    def _apply(self, item: _Item, body: str) -> tuple[int, int]:
        """Replace or remove one signal; returns by how much the count and the sum change."""
        signals = total = 0
        for row in self._run(_REMOVE, item.id).fetchall():
            signals, total = -1, -_worth(*row)
        if item.check is None:
            return signals, total
        self._run(_INSERT, item.position, item.id, body, _seal(item.position, item.id, body))
        return signals + 1, total + int(item.check, 16)

    def _confirm(self, digest: str) -> str:
        """Note that the copy is the hub's, and put a new one in its place; returns the table that it is in now."""
        if self.is_new:
            self._db.execute("DROP TABLE signal")
            self._db.execute("ALTER TABLE incoming RENAME TO signal")
            self._db.execute("DELETE FROM walk WHERE fills = 'signal'")
            self._db.execute("UPDATE walk SET fills = 'signal' WHERE fills = 'incoming'")
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._db.execute("UPDATE walk SET digest = ?, verified = ? WHERE fills = 'signal'", (digest, now))
        return "signal"

    def _run(self, statement: str, *values: str | int) -> sqlite3.Cursor:
        return self._db.execute(statement.format(table=self._table), values)


def _worth(position: int, id: str, body: str, seal: int) -> int:
    """What a row adds to the sum. One that is not as it was written adds nothing, so that the digest finds it."""
    if seal != _seal(position, id, body):
        return 0
    return int(_item(body).check or "0", 16)


def _seal(position: int, id: str, body: Any) -> int:
    # `Any`: a damaged row may hold anything.
    return crc32(f"{position} {id} {body}".encode())
