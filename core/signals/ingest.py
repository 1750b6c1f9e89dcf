"""Writing the claim log: jobs are folded into one picture, and the picture is written in one transaction.

Runs only on a writer's session with the head locked (`core.signals.writer`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences, partners
from core.auth.models import Sight
from core.db import among, delete_rows, insert_rows, table_of, update_rows, upsert
from core.driver import Driver
from core.log.events import record
from core.log.head import Head
from core.signals.jobs import Job
from core.signals.keys import MODULUS, Keys
from core.signals.models import Burst, Cell, Claim, Digest, Opinion, Reference, Signal
from core.signals.plan import CONTENT, Known, Picture, Row, Said, Spelling, Standing
from core.signals.plan import Burst as Opened
from core.signals.plan import Opinion as Judged
from core.signals.settle import NEW_SIGNAL, OPENED, Changes, Counted, settle
from core.signals.standing import standing
from core.times import HOUR
from core.wire.events import QuarantineOpened
from core.wire.opinions import Stance
from core.wire.signals import Held

_AT_ONCE = 5_000


async def apply(session: AsyncSession, head: Head, keys: Keys, jobs: Sequence[Job]) -> None:
    """Fold every job in order and write the outcome once per claim."""
    for job in jobs:
        await job.prepare(session)
    picture = await _load(session, jobs)
    await _load_bursts(session, picture, head, jobs)
    for job in jobs:
        await job.ready(session, picture)
    for job in jobs:
        job.fold(picture, head)
    await _make_private(session, picture)
    await _load_sight(session, picture, set())
    changes = settle(picture, head, keys)
    await _write(session, changes)
    await _count_bursts(session, picture, head)
    await _tell_of_held(session, picture, changes)
    for job in jobs:
        if type(job).store is not Job.store:
            await job.store(session, head, standing(picture, job.partner, job.keys()))


async def _load(session: AsyncSession, jobs: Sequence[Job]) -> Picture:
    picture, driver = Picture(), await Driver.of(session)
    keys = {key for job in jobs for key in job.keys()}  # noqa: SIM118  (no mapping)
    for job in jobs:
        for names in _pieces(job.names()):
            for external_id, key in await driver.rows(_NAMED, job.partner, among=names):
                picture.load_name(job.partner, external_id, key)
                keys.add(key)
    by_id, about = {}, []
    for some in _pieces(keys):
        for signal, key, kind, claims, judged in await driver.rows(_SIGNALS, among=some):
            by_id[signal] = Known(key, kind, signal, claims, claims)
            if judged:
                about.append(signal)
    picture.signals = {signal.key: signal for signal in by_id.values()}
    await _load_claims(driver, picture, by_id, jobs)
    await _load_opinions(session, picture, by_id, about)
    whole = {job.partner for job in jobs if job.whole}
    if whole:
        await _load_sight(session, picture, whole)
    return picture


async def _load_claims(driver: Driver, picture: Picture, by_id: dict[int, Known], jobs: Sequence[Job]) -> None:
    callers = sorted({job.partner for job in jobs})
    whose = "" if any(job.whole for job in jobs) else f" AND partner IN ({', '.join(map(str, callers))})"
    for ids in _pieces(by_id):
        for row in await driver.rows(f"{_STANDING}{whose}", among=ids):
            _load_claim(picture, by_id[row[0]], row)
        # However often a claim was closed and opened again, one row says that there has been one.
        for signal, partner, unseen in await driver.rows(f"{_ENDED}{whose}{_EACH}", among=ids):
            at = partner, by_id[signal].key
            picture.ended.add(at)
            if unseen:
                picture.unseen.add(at)


async def _load_opinions(
    session: AsyncSession, picture: Picture, by_id: dict[int, Known], signals: Sequence[int]
) -> None:
    for ids in _pieces(signals):
        opinions = select(Opinion.signal, Opinion.partner, *_OPINION).where(among(Opinion.signal, ids, session))
        for signal, partner, stance, *others in await session.execute(opinions):
            picture.opinions[by_id[signal].key][partner] = Judged(Stance(stance), *others)


_NAMED = """
SELECT r.external_id, s.key FROM reference r JOIN signal s ON s.id = r.signal
WHERE r.partner = $1 AND r.external_id {among}"""
_SIGNALS = """
SELECT id, key, kind, claims, EXISTS (SELECT 1 FROM opinion o WHERE o.signal = signal.id)
FROM signal WHERE key {among}"""
_STANDING = f"""
SELECT signal, partner, position, audience, names, value, original, state, held, wished, opinions, opened_at,
    {", ".join(CONTENT)}
FROM claim WHERE closed = 0 AND signal {{among}}"""  # noqa: S608  (our own names)
# Whether the last one was closed while it was held for being much. A released one goes on as another row.
_ENDED = """
SELECT signal, partner, max(closed) = max(CASE WHEN held = 'burst' AND state <> 'gone' THEN closed ELSE 0 END)
FROM claim WHERE closed > 0 AND signal {among}"""
_EACH = " GROUP BY signal, partner"
_OPINION = tuple(getattr(Opinion, name) for name in Judged.__struct_fields__)


def _load_claim(picture: Picture, signal: Known, row: Any) -> None:
    _, partner, position, audience, names, value, original, state, held, wished, opinions, opened_at, *content = row
    spelling = Spelling(value, original)
    said = Said(wished or audience, *content)
    was = Row(position, audience, said, names, spelling, state, held, opinions)
    picture.load(
        Standing(
            *(partner, signal, was),
            had=True,
            now=said,
            spelling=spelling,
            held=held,
            opened_at=opened_at,
            names=names,
            position=position,
        )
    )


async def _load_bursts(session: AsyncSession, picture: Picture, head: Head, jobs: Sequence[Job]) -> None:
    callers = sorted({job.partner for job in jobs if job.counted})
    if not callers:
        return
    driver = await Driver.of(session)
    for partner, most, bulk_until, opened in await driver.rows(_BURSTS, head.at // HOUR, among=callers):
        free = bulk_until is not None and bulk_until > head.at
        picture.bursts[partner] = Opened(opened or 0, None if free else most, opened)


_BURSTS = """
SELECT p.id, coalesce(p.burst_per_hour, usual.value), p.bulk_until, b.opened
FROM partner p JOIN signal_policy usual ON usual.name = 'burst_per_hour'
LEFT JOIN burst b ON b.partner = p.id AND b.hour = $1 WHERE p.id {among}"""


async def _make_private(session: AsyncSession, picture: Picture) -> None:
    """The audience of claims that are held: their partner alone."""
    holders = {claim.partner for claim in picture.touched.values() if claim.held and claim.now is not None}
    if holders:
        found = await audiences.intern(session, [(partner, audiences.NONE, ()) for partner in sorted(holders)])
        picture.private = {owner: audience for (owner, _, _), audience in found.items()}


async def _load_sight(session: AsyncSession, picture: Picture, readers: set[int]) -> None:
    """What the authors of opinions, and `readers`, see of the claims in the picture, as they were and are to be."""
    authors = readers.union(*picture.opinions.values())
    if not authors:
        return
    places = set(picture.private.values())
    for claim in picture.standing.values():
        places |= {one.audience for one in (claim.was, claim.now) if one is not None}
    picture.sight = {author: set() for author in authors}
    for some in _pieces(places):
        seen = select(Sight.partner, Sight.audience).where(
            among(Sight.partner, sorted(authors), session), among(Sight.audience, some, session)
        )
        for row in await session.execute(seen):
            picture.sight[row.partner].add(row.audience)


async def _write(session: AsyncSession, changes: Changes) -> None:
    """Closings before openings: a partner's one standing claim on a signal is a unique key."""
    claim, signal, reference = table_of(Claim), table_of(Signal), table_of(Reference)
    driver = await Driver.of(session)
    await driver.insert(signal, NEW_SIGNAL, changes.new_signals)
    await update_rows(session, signal, "id", changes.counted_signals)
    await update_rows(session, signal, "id", changes.merged_signals)
    await update_rows(session, claim, "position", changes.closed)
    await update_rows(session, claim, "position", changes.moved)
    await update_rows(session, claim, "position", changes.renamed)
    await driver.insert(claim, OPENED, changes.opened)
    await _move_names(session, changes)
    await delete_rows(session, reference, changes.dropped_all)
    await delete_rows(session, reference, changes.dropped_names)
    await insert_rows(session, reference, changes.new_names)
    await delete_rows(session, table_of(Opinion), changes.dropped_opinions)
    await upsert(session, table_of(Opinion), changes.opinions)
    await _add_digests(session, changes)
    cells = [
        dict(zip(("day", "partner", "audience", "kind", "category"), at, strict=True)) | asdict(counted)
        for at, counted in changes.cells.items()
    ]
    await upsert(session, table_of(Cell), cells, add=Counted.__struct_fields__)


async def _move_names(session: AsyncSession, changes: Changes) -> None:
    if changes.moved_names:
        mine = (Reference.partner == bindparam("by"), Reference.signal == bindparam("old"))
        moved = update(table_of(Reference)).where(*mine).values(signal=bindparam("new"))
        await (await session.connection()).execute(moved, changes.moved_names)


async def _count_bursts(session: AsyncSession, picture: Picture, head: Head) -> None:
    hour = head.at // HOUR
    counted = {partner: one for partner, one in picture.bursts.items() if one.opened != (one.stored or 0)}
    begun = [partner for partner, one in counted.items() if one.stored is None]
    if begun:
        # Nobody asks for the hours before.
        await session.execute(delete(Burst).where(Burst.partner.in_(begun)))
    rows = [{"partner": partner, "hour": hour, "opened": one.opened} for partner, one in counted.items()]
    await upsert(session, table_of(Burst), rows)


async def _tell_of_held(session: AsyncSession, picture: Picture, changes: Changes) -> None:
    if not changes.held:
        return
    slugs = await partners.slugs(session, {partner for partner, _ in changes.held})
    for (partner, why), claims in changes.held.items():
        opened = QuarantineOpened(partner=slugs[partner], reason=Held(why), claims=claims)
        await record(session, opened, to=(partner,))


async def _add_digests(session: AsyncSession, changes: Changes) -> None:
    driver, sums = await Driver.of(session), {}
    for some in _pieces({audience for audience, _ in changes.digests}):
        for audience, kind, stored in await driver.rows(_DIGESTS, among=some):
            sums[audience, kind] = int.from_bytes(stored, "big")
    rows = [
        {"audience": at[0], "kind": at[1], "sum": ((sums.get(at, 0) + change) % MODULUS).to_bytes(16, "big")}
        for at, change in changes.digests.items()
    ]
    await upsert(session, table_of(Digest), rows)


_DIGESTS = "SELECT audience, kind, sum FROM digest WHERE audience {among}"


def _pieces(values: Iterable[Any]) -> Iterable[list[Any]]:
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))
