"""What a partner stands by at the moment, for jobs that write beside the claim log."""

from collections.abc import Iterable

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
    driver, every, found = await Driver.of(session), list(keys), {}
    for start in range(0, len(every), _AT_ONCE):
        for key, *claim in await driver.rows(_STANDING, partner, among=every[start : start + _AT_ONCE]):
            found[key] = Stood(*claim)
    return found


_STANDING = """
SELECT s.key, s.id, c.position, c.held, a.id, a.tlp, a.groups
FROM signal s JOIN claim c ON c.signal = s.id AND c.partner = $1 AND c.closed = 0
JOIN audience a ON a.id = CASE WHEN c.wished = 0 THEN c.audience ELSE c.wished END WHERE s.key {among}"""
