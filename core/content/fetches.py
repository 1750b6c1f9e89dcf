"""Who fetched what: a partner, an asset and a day count once; refusals, HEAD, 304 and continued ranges never."""

from core import times
from core.auth.access import Principal
from core.content.models import Fetch
from core.db import Database, table_of, upsert


async def note(db: Database, principal: Principal, version: int, asset: str) -> None:
    """Write a download down before its first byte leaves. Takes no position: it changes nothing that others read."""
    row = {"version": version, "asset": asset, "partner": principal.partner, "day": times.hub_day(times.now())}
    async with db.edge(principal.partner) as session:
        await upsert(session, table_of(Fetch), [row])
