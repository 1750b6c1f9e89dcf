"""Writing the claim log: jobs are folded into one picture, and the picture is written in one transaction.

Runs only on a writer's session with the head locked (`core.signals.writer`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import among, delete_rows, insert_rows, table_of, update_rows, upsert
from core.log.head import Head
from core.signals.jobs import Job
from core.signals.keys import MODULUS, Keys
from core.signals.models import Cell, Claim, Digest, Reference, Signal
from core.signals.plan import CONTENT, Changes, Known, Picture, Row, Said, Spelling, Standing, settle

_AT_ONCE = 5_000


async def apply(session: AsyncSession, head: Head, keys: Keys, jobs: Sequence[Job]) -> None:
    """Fold every job in order and write the outcome once per claim."""
    for job in jobs:
        await job.prepare(session)
    picture = await _load(session, jobs)
    for job in jobs:
        job.fold(picture, head)
    await _write(session, settle(picture, head, keys))


async def _load(session: AsyncSession, jobs: Sequence[Job]) -> Picture:
    picture = Picture()
    keys = {key for job in jobs for key in job.keys()}  # noqa: SIM118  (no mapping)
    for job in jobs:
        for names in _pieces(job.names()):
            found = await session.execute(
                select(Reference.external_id, Signal.key)
                .join(Signal, Signal.id == Reference.signal)
                .where(Reference.partner == job.partner, among(Reference.external_id, names, session))
            )
            for external_id, key in found:
                picture.load_name(job.partner, external_id, key)
                keys.add(key)
    by_id = {}
    for some in _pieces(keys):
        columns = select(Signal.id, Signal.key, Signal.kind, Signal.claims)
        for row in await session.execute(columns.where(among(Signal.key, some, session))):
            by_id[row.id] = Known(row.key, row.kind, row.id, row.claims, row.claims)
    picture.signals = {signal.key: signal for signal in by_id.values()}
    partners = sorted({job.partner for job in jobs})
    for ids in _pieces(by_id):
        wanted = and_(Claim.partner.in_(partners), among(Claim.signal, ids, session))
        for row in await session.execute(select(*_CLAIM).where(wanted, Claim.closed == 0)):
            _load_claim(picture, by_id[row.signal], row)
        # However often a claim was closed and opened again, one row says that there has been one.
        ended = select(Claim.partner, Claim.signal).where(wanted, Claim.closed > 0).distinct()
        picture.ended |= {(row.partner, by_id[row.signal].key) for row in await session.execute(ended)}
    return picture


_CLAIM = (
    *(Claim.signal, Claim.partner, Claim.position, Claim.opened),
    *(Claim.audience, Claim.names, Claim.value, Claim.original),
    *(getattr(Claim, name) for name in CONTENT),
)


def _load_claim(picture: Picture, signal: Known, row: Any) -> None:
    spelling = Spelling(row.value, row.original)
    said = Said(row.audience, *(getattr(row, name) for name in CONTENT))
    was = Row(row.position, row.opened, said, row.names, spelling)
    claim = Standing(row.partner, signal, was=was, had=True, now=said, spelling=spelling, names=row.names)
    picture.standing[row.partner, signal.key] = claim


async def _write(session: AsyncSession, changes: Changes) -> None:
    """Closings before openings: a partner's one standing claim on a signal is a unique key."""
    claim, signal, reference = table_of(Claim), table_of(Signal), table_of(Reference)
    await insert_rows(session, signal, changes.new_signals)
    await update_rows(session, signal, "id", changes.counted_signals)
    await update_rows(session, claim, "position", changes.closed)
    await update_rows(session, claim, "position", changes.moved)
    await update_rows(session, claim, "position", changes.renamed)
    await insert_rows(session, claim, changes.opened)
    await delete_rows(session, reference, changes.dropped_all)
    await delete_rows(session, reference, changes.dropped_names)
    await insert_rows(session, reference, changes.new_names)
    await _add_digests(session, changes)
    cells = [
        dict(zip(("day", "partner", "audience", "kind", "category"), at, strict=True))
        | dict(zip(("new", "opened", "closed"), counts, strict=True))
        for at, counts in changes.cells.items()
    ]
    await upsert(session, table_of(Cell), cells, add=("new", "opened", "closed"))


async def _add_digests(session: AsyncSession, changes: Changes) -> None:
    sums = {}
    for some in _pieces({audience for audience, _ in changes.digests}):
        stored = select(Digest.audience, Digest.kind, Digest.sum).where(among(Digest.audience, some, session))
        for row in await session.execute(stored):
            sums[row.audience, row.kind] = int.from_bytes(row.sum, "big")
    rows = [
        {"audience": at[0], "kind": at[1], "sum": ((sums.get(at, 0) + change) % MODULUS).to_bytes(16, "big")}
        for at, change in changes.digests.items()
    ]
    await upsert(session, table_of(Digest), rows)


def _pieces(values: Iterable[Any]) -> Iterable[list[Any]]:
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))
