"""Millions of signals in a hub's database at once: copies of one that was submitted, as if they had been too."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from core.db import insert_rows, table_of
from core.signals.keys import MODULUS, Keys
from core.signals.kinds import Kinds
from core.signals.models import Claim, Signal
from tests.bench.samples import seeded
from tests.postgres import as_superuser

_AT_ONCE = 20_000

# The copy that is at position s.id.
_OWN = {
    **dict.fromkeys(("position", "signal", "opened"), "s.id"),
    **dict.fromkeys(("value", "original"), "'https://seeded-' || s.id || '.example/gift/claim/' || s.id"),
}


async def seed(database_url: str, folder: Path, size: int) -> range:
    """Copy the last claim `size` times, head, digests and rollups included; returns the positions of the copies.

    The hub must be down. Foreign keys are not looked at again.
    """
    keys = Keys(tomllib.loads((folder / "settings.toml").read_text())["secret"])
    engine = create_async_engine(as_superuser(database_url))
    is_sqlite = engine.dialect.name == "sqlite"
    async with AsyncSession(engine) as session:
        for hurry in ("PRAGMA synchronous=OFF",) if is_sqlite else ("SET session_replication_role = replica",):
            await session.execute(text(hurry))
        base = int((await session.execute(text("SELECT position FROM log_head"))).scalar_one())
        template = (await session.execute(text("SELECT * FROM claim ORDER BY position DESC LIMIT 1"))).mappings().one()
        kind = (await session.execute(text("SELECT kind FROM signal ORDER BY id DESC LIMIT 1"))).scalar_one()
        positions = range(base + 1, base + size + 1)
        await _copy_signals(session, keys, kind, positions)
        await _copy_claims(session, base, template["position"])
        await _settle(session, keys, kind, positions, template)
        await session.commit()
    after = "PRAGMA wal_checkpoint(TRUNCATE)" if is_sqlite else "VACUUM ANALYZE"
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(after))
    await engine.dispose()
    return positions


async def _copy_signals(session: AsyncSession, keys: Keys, kind: str, positions: range) -> None:
    kinds = Kinds()
    for start in range(0, len(positions), _AT_ONCE):
        identities = ((at, kinds.parse(kind, seeded(at)).identity) for at in positions[start : start + _AT_ONCE])
        rows = [{"id": at, "key": keys.signal(kind, one), "kind": kind, "claims": 1} for at, one in identities]
        await insert_rows(session, table_of(Signal), rows)


async def _copy_claims(session: AsyncSession, base: int, template: int) -> None:
    names = [column.name for column in table_of(Claim).columns]
    values = ", ".join(_OWN.get(name, f"t.{name}") for name in names)
    sql = f"""
        INSERT INTO claim ({", ".join(names)}) SELECT {values}
        FROM signal s JOIN claim t ON t.position = :template WHERE s.id > :base ORDER BY s.id"""
    await session.execute(text(sql), {"template": template, "base": base})


async def _settle(session: AsyncSession, keys: Keys, kind: str, positions: range, template: Mapping[Any, Any]) -> None:
    """What a writing transaction keeps beside the claims."""
    at = {"audience": template["audience"], "partner": template["partner"], "kind": kind}
    size = {"n": len(positions), "first": positions.start, "last": positions.stop - 1}
    stored = text("SELECT sum FROM digest WHERE audience = :audience AND kind = :kind")
    digest = int.from_bytes((await session.execute(stored, at)).scalar_one(), "big")
    digest = (digest + sum(keys.check(position) for position in positions)) % MODULUS
    for sql in (
        "INSERT INTO tick SELECT :first, :n, at + n, 'bench', 'Seed' FROM log_head",
        "UPDATE log_head SET position = :last, at = at + n, n = :n",
        "UPDATE digest SET sum = :digest WHERE audience = :audience AND kind = :kind",
        """UPDATE cell SET new = new + :n, opened = opened + :n, first = first + :n
           WHERE audience = :audience AND partner = :partner AND kind = :kind""",
        # The private lookup is not measured, and must not catch up with millions meanwhile.
        "UPDATE blind_epoch SET reached = :last",
    ):
        wanted = at | size | {"digest": digest.to_bytes(16, "big")}
        await session.execute(text(sql), {name: one for name, one in wanted.items() if f":{name}" in sql})
