"""Raw upsert on SQLite: `sqlite3` executemany into one table of 13 columns with four b-trees, the hub's pragmas."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tests.bench.samples import COLUMNS, SEEN_MICROS, Row

_TABLE = """
CREATE TABLE plain (
    seq INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, value_hash BLOB NOT NULL, value TEXT NOT NULL,
    partner INTEGER NOT NULL, category TEXT NOT NULL, confidence INTEGER, severity TEXT, tlp TEXT, first_seen INTEGER,
    last_seen INTEGER, context TEXT NOT NULL, UNIQUE (kind, value_hash));
CREATE INDEX plain_seq ON plain (seq);
"""
_UPSERT = f"""
INSERT INTO plain ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
ON CONFLICT (kind, value_hash) DO UPDATE SET
    seq = excluded.seq, confidence = excluded.confidence, severity = excluded.severity, last_seen = excluded.last_seen
"""
_FILL = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO plain ({", ".join(COLUMNS)}) SELECT
    i, randomblob(16), 'url', randomblob(16), 'https://seeded-' || i || '.example/gift/claim/' || i, 1, 'phishing', 80,
    'high', 'GREEN', {SEEN_MICROS}, {SEEN_MICROS}, '{{"source":"hotline","language":"vi"}}' FROM n
"""


class SqliteUpsert:
    """A file of its own."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=20000", "cache_size=-16000")
        for pragma in pragmas:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_TABLE)

    async def fill(self, size: int) -> None:
        self._connection.execute(_FILL, (size,))
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def upsert(self, rows: Sequence[Row]) -> None:
        """One durable transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(_UPSERT, rows)
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        self._connection.close()
