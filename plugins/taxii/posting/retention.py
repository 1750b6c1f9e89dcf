"""What has been kept for long enough: statuses by their time, objects with the claims that they mean."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import HUB
from core.log import retention
from core.sdk import Context
from core.signals import selection
from plugins.taxii.models import TaxiiObject
from plugins.taxii.posting import statuses, versions

log = logging.getLogger("kmm.taxii")

_EVERY = 3600.0
_DAILY = 24
"""How often that is once a day: every object is looked at."""
_AT_ONCE = 1_000


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
    for turn in count():
        try:
            gone = 1
            while gone:
                async with ctx.store() as session:
                    gone = await statuses.purge(session)
            if turn % _DAILY == 0:
                await drop_objects(ctx)
        except Exception:
            log.exception("cannot drop what is old; trying again in an hour")
        await asyncio.sleep(_EVERY)


class _Old(NamedTuple):
    position: int
    partner: int
    signal: int | None
    collection: str
    id: str


async def drop_objects(ctx: Context) -> int:
    """Drop what was posted of claims that are purged; returns how many versions went.

    Whether a claim is there is asked with its partner's own eyes, which a suspended one has not: its objects wait.
    """
    gone, after = 0, 0
    while old := await _old(ctx, after):
        after = old[-1].position
        by_partner: dict[int, list[_Old]] = defaultdict(list)
        for one in old:
            by_partner[one.partner].append(one)
        for partner, theirs in by_partner.items():
            bare = await _bare(ctx, partner, theirs)
            if bare:
                async with ctx.store() as session:
                    await _drop(session, partner, bare)
            gone += len(bare)
    return gone


async def _old(ctx: Context, after: int) -> list[_Old]:
    """Some that mean a signal, and came before the last claim that is purged was closed."""
    columns = (TaxiiObject.position, TaxiiObject.partner, TaxiiObject.signal, TaxiiObject.collection, TaxiiObject.id)
    async with ctx.session(HUB) as session:
        last = await retention.horizon(session, retention.CLOSED_CLAIMS)
        between = (TaxiiObject.position > after, TaxiiObject.position <= last, TaxiiObject.signal.is_not(None))
        found = select(*columns).where(*between).order_by(TaxiiObject.position).limit(_AT_ONCE)
        return [_Old(*row) for row in await session.execute(found)]


async def _bare(ctx: Context, partner: int, old: Sequence[_Old]) -> list[_Old]:
    """Those without a claim."""
    viewer = await ctx.viewer(partner)
    if viewer is None:
        return []
    async with ctx.session(viewer) as session:
        claimed = await selection.claimed(session, viewer, {one.signal for one in old if one.signal})
    return [one for one in old if one.signal not in claimed]


async def _drop(session: AsyncSession, partner: int, bare: Sequence[_Old]) -> None:
    await session.execute(delete(TaxiiObject).where(TaxiiObject.position.in_([one.position for one in bare])))
    names: dict[str, set[str]] = defaultdict(set)
    for one in bare:
        names[one.collection].add(one.id)
    for collection, ids in names.items():
        # A later version may mean another signal, which is claimed.
        left = await versions.own(session, collection, partner, ids)
        await versions.write_flags(session, left.flagged())
