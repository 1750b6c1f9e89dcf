"""Raw upsert on PostgreSQL: `asyncpg` COPY into a temporary table, then one merge into a table of 13 columns."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.bench.samples import COLUMNS, SEEN_MICROS, Row

_TABLE = """
CREATE TABLE plain (
    seq bigint NOT NULL, id bytea NOT NULL UNIQUE, kind text NOT NULL, value_hash bytea NOT NULL, value text NOT NULL,
    partner integer NOT NULL, category text NOT NULL, confidence smallint, severity text, tlp text, first_seen bigint,
    last_seen bigint, context text NOT NULL, UNIQUE (kind, value_hash));
CREATE INDEX plain_seq ON plain (seq);
CREATE TEMPORARY TABLE incoming (LIKE plain) ON COMMIT DELETE ROWS;
"""
_MERGE = """
INSERT INTO plain SELECT * FROM incoming
ON CONFLICT (kind, value_hash) DO UPDATE SET
    seq = excluded.seq, confidence = excluded.confidence, severity = excluded.severity, last_seen = excluded.last_seen
"""
_FILL = f"""
INSERT INTO plain SELECT
    i, decode(md5('id' || i), 'hex'), 'url', decode(md5(i::text), 'hex'),
    'https://seeded-' || i || '.example/gift/claim/' || i, 1, 'phishing', 80, 'high', 'GREEN',
    {SEEN_MICROS}, {SEEN_MICROS}, '{{"source":"hotline","language":"vi"}}' FROM generate_series(1, $1::bigint) i
"""


class PostgresqlUpsert:
    """A database of its own. Made by `open`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "PostgresqlUpsert":
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute(_TABLE)
        return cls(connection)

    async def fill(self, size: int) -> None:
        await self._connection.execute(_FILL, size, timeout=1_800)
        await self._connection.execute("VACUUM ANALYZE plain", timeout=1_800)

    async def upsert(self, rows: Sequence[Row]) -> None:
        """One durable transaction."""
        async with self._connection.transaction():
            await self._connection.copy_records_to_table("incoming", records=rows, columns=COLUMNS)
            await self._connection.execute(_MERGE)

    async def close(self) -> None:
        await self._connection.close()
