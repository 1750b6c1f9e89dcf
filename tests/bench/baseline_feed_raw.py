"""A feed with nothing between: rows of `sqlite3` or `asyncpg` in this process, encoded by msgspec as they come.

Ids are the stored keys in hex and times are numbers: no more is done to a row than to name its columns.
"""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import make_url

from tests.postgres import as_superuser


class _Row(msgspec.Struct, frozen=True):
    id: str
    position: int
    kind: str
    value: str
    tlp: str
    category: str
    severity: str | None
    confidence: int | None
    first_seen: int | None
    last_seen: int | None
    valid_until: int | None
    campaign: str | None
    state: str
    claims: int


_PAGE = """
SELECT {hex}, c.position, s.kind, c.value, a.tlp, c.category, c.severity, c.confidence, c.first_seen, c.last_seen,
    c.valid_until, c.campaign, c.state, s.claims
FROM claim c JOIN signal s ON s.id = c.signal JOIN audience a ON a.id = c.audience
WHERE c.position > {after} AND c.closed = 0 AND c.audience IN (SELECT audience FROM sight WHERE partner = {partner})
ORDER BY c.position LIMIT {limit}
"""

_encoder = msgspec.json.Encoder()


async def pages(database_url: str, partner: int, after: int, limit: int) -> AsyncGenerator[bytes, None]:
    """NDJSON of `limit` live claims at a time that `partner` sees, in the order of their positions, without end."""
    walk = _sqlite if make_url(database_url).get_backend_name() == "sqlite" else _postgresql
    async for rows in walk(database_url, partner, after, limit):
        yield _encoder.encode_lines([_Row(*row) for row in rows])


async def _sqlite(database_url: str, partner: int, after: int, limit: int) -> AsyncGenerator[Sequence[Any], None]:
    sql = _PAGE.format(hex="lower(hex(s.key))", after="?", partner="?", limit="?")
    connection = sqlite3.connect(str(make_url(database_url).database))
    connection.execute("PRAGMA cache_size=-16000")
    try:
        while True:
            rows = connection.execute(sql, (after, partner, limit)).fetchall()
            after = rows[-1][1]
            yield rows
    finally:
        connection.close()


async def _postgresql(database_url: str, partner: int, after: int, limit: int) -> AsyncGenerator[Sequence[Any], None]:
    sql = _PAGE.format(hex="encode(s.key, 'hex')", after="$1", partner="$2", limit="$3")
    connection = await asyncpg.connect(as_superuser(database_url).replace("+asyncpg", ""))
    try:
        while True:
            rows = await connection.fetch(sql, after, partner, limit)
            after = rows[-1][1]
            yield rows
    finally:
        await connection.close()
