"""Statuses of posts, dropped when they have been kept for long enough."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from core.sdk import Context
from plugins.taxii import statuses

log = logging.getLogger("kmm.taxii")

_EVERY = 3600.0


@asynccontextmanager
async def purging(ctx: Context) -> AsyncIterator[None]:
    """Look once an hour, for as long as the hub runs."""
    task = asyncio.create_task(_purge(ctx))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _purge(ctx: Context) -> None:
    while True:
        try:
            gone = 1
            while gone:
                async with ctx.store() as session:
                    gone = await statuses.purge(session)
        except Exception:
            log.exception("cannot drop old statuses; trying again in an hour")
        await asyncio.sleep(_EVERY)
