"""What a partner stands by at the moment, for jobs that write beside the claim log."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.driver import Driver

_AT_ONCE = 5_000


class Stood(msgspec.Struct, frozen=True, gc=False):
    """A partner's standing claim on a signal."""

    signal: int
    """Row of the signal."""
    position: int
    held: str
    """Why it is quarantined, or empty."""
    audience: int
    """That the partner asked for, also while the claim is held."""
    tlp: str
    groups: str
    """Both of that audience, as `core.auth.audiences` writes them."""


async def standing(session: AsyncSession, partner: int, keys: Iterable[bytes]) -> dict[bytes, Stood]:
    """The partner's standing claims on these signals, by key. Only on a writer's session, which sees every row."""
    driver, every = await Driver.of(session), list(keys)
    signals: dict[int, bytes] = {}
    for start in range(0, len(every), _AT_ONCE):
        signals |= dict(await driver.rows(_KNOWN, among=every[start : start + _AT_ONCE]))
    return await standing_on(session, partner, signals)


async def standing_on(session: AsyncSession, partner: int, signals: Mapping[int, bytes]) -> dict[bytes, Stood]:
    """The same, of signals whose rows are known."""
    driver, every, found = await Driver.of(session), list(signals), {}
    for start in range(0, len(every), _AT_ONCE):
        for claim in await driver.rows(_STANDING, partner, among=every[start : start + _AT_ONCE]):
            found[signals[claim[0]]] = Stood(*claim)
    return found


# Two steps, for PostgreSQL would begin with all claims of the partner.
_KNOWN = "SELECT id, key FROM signal WHERE key {among}"
_STANDING = """
SELECT c.signal, c.position, c.held, a.id, a.tlp, a.groups
FROM claim c JOIN audience a ON a.id = CASE WHEN c.wished = 0 THEN c.audience ELSE c.wished END
WHERE c.closed = 0 AND c.partner = $1 AND c.signal {among}"""
