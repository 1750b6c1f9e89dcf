"""Uploads: files that come in pieces, over as many connections as it takes, and then become assets like any other.

2026-11-22: an upload is a row that says what is to come and whose it is, and a growing file. It becomes an asset by
`assets.admit`, so that no door has rules of its own. We gave up putting uploads together from parts sent in any order.
Held by tests/content/test_resuming.py.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.blobs import Blobs
from core.content import assets, sniff
from core.content.models import Asset, Upload
from core.db import Database
from core.errors import Conflict, Fault, Gone, Invalid, NotFound, TooManyRequests, Unavailable
from core.growing import Growing, Grown, Held
from core.log import head
from core.plugin.host import PluginHost

LARGEST = max(kind.limit for kind in sniff.KINDS.values())
"""Bytes of an upload of any type."""
OPEN = 20
"""Uploads of a partner that may be on their way at once."""
OPEN_BYTES = 20 * 1024**3
"""Their lengths together."""
LIFE = times.DAY
"""Of an upload, in µs from its beginning."""
REMEMBERED = 7 * times.DAY
"""How long it is known afterwards that there was one, in µs."""
SPARE = 1024**3
"""Bytes of the disk that uploads leave free."""
SILENCE = 60.0
"""Seconds without a byte after which a connection counts as cut. It holds the upload's lock meanwhile."""

_LOST = "The upload was lost, or ended a moment ago. Ask for it once more, or begin again."


class Locked(Fault):
    """Another connection is writing to it."""

    status = HTTPStatus.LOCKED
    code = "locked"


class Stalled(Fault):
    """Nothing came for a minute."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "stalled"


class Announced(NamedTuple):
    """What is to come."""

    material: str
    version: str
    name: str
    media_type: str
    length: int
    sha256: str | None


class Progress(NamedTuple):
    """How far an upload has come, and the asset that it became with its last byte."""

    upload: Upload
    offset: int
    asset: Asset | None = None


async def begin(db: Database, growing: Growing, principal: Principal, announced: Announced) -> Upload:
    """Open an upload. Raises what `assets.upload` does before it reads, and `TooManyRequests`, `Unavailable`."""
    place = await assets.expected(
        db,
        principal,
        announced.material,
        announced.version,
        announced.name,
        announced.media_type,
        announced.length,
    )
    if announced.length < 1:
        raise Invalid("A file has at least one byte.")
    if growing.free() - announced.length < SPARE:
        raise Unavailable("There is no room for it at the moment; try again later.", headers={"Retry-After": "3600"})
    upload = Upload(
        id=ids.new("upl"),
        partner=principal.partner,
        **announced._replace(name=place.name)._asdict(),
        expires=times.now() + LIFE,
        finished=False,
    )
    async with head.edge(db, principal.partner, principal.client, "CreateUpload") as session:
        await _require_room(session, principal, announced.length)
        session.add(upload)
    # After the row: `sweep` drops files that have none.
    growing.create(upload.id)
    return upload


async def _require_room(session: AsyncSession, principal: Principal, length: int) -> None:
    is_open = (Upload.partner == principal.partner, Upload.finished.is_(False), Upload.expires > times.now())
    count, total = (await session.execute(select(func.count(), func.sum(Upload.length)).where(*is_open))).one()
    if count >= OPEN or int(total or 0) + length > OPEN_BYTES:
        raise TooManyRequests(
            f"{OPEN} uploads of {OPEN_BYTES} bytes in all may be on their way. Finish or delete one.",
            headers={"Retry-After": "3600"},
        )


async def progress(db: Database, growing: Growing, principal: Principal, id: str) -> Progress:
    """How far an upload of the principal's partner has come. Raises `NotFound`, and `Gone` when it has expired."""
    if not ids.named("upl", id):
        raise NotFound
    async with db.snapshot(principal.partner) as snapshot:
        upload = await snapshot.get(Upload, id)
    if upload is None or upload.partner != principal.partner:
        raise NotFound
    if upload.finished:
        return Progress(upload, upload.length)
    if upload.expires <= times.now():
        raise Gone("The upload took longer than it may. Begin again.")
    try:
        return Progress(upload, growing.size(id))
    except FileNotFoundError:
        raise Gone(_LOST) from None


async def append(
    db: Database,
    blobs: Blobs,
    growing: Growing,
    plugins: PluginHost,
    principal: Principal,
    id: str,
    offset: int,
    pieces: AsyncIterator[bytes],
    sha256: bytes | None = None,
) -> Progress:
    """Go on with an upload at `offset`; with its last byte it becomes an asset, or ends when it cannot.

    What came of a connection that was cut is kept, unless there is a `sha256` of what was to come. Nothing at all may
    come, to try again what a hub that died could not finish.
    Raises `NotFound`, `Gone`, `Locked`, `Conflict`, `Stalled`, `TooLarge`, `growing.Corrupted`, and what `assets.admit`
    does.
    """
    upload = (await progress(db, growing, principal, id)).upload
    if upload.finished:
        raise Conflict("The upload is whole already.")
    async with _held(growing, id) as grown:
        if grown.size != offset:
            raise Conflict(f"The upload stands at {grown.size} bytes. Go on there.")
        await grown.append(_timely(pieces), upload.length, sha256)
        if grown.size < upload.length:
            return Progress(upload, grown.size)
        try:
            asset = await _finish(db, blobs, plugins, principal, upload, grown)
        except Unavailable:
            raise
        except Fault:
            # What was refused once will be again.
            await _forget(db, growing, principal, upload)
            raise
        growing.drop(id)
        return Progress(upload, upload.length, asset)


@asynccontextmanager
async def _held(growing: Growing, id: str) -> AsyncIterator[Grown]:
    try:
        async with growing.held(id) as grown:
            yield grown
    except Held:
        raise Locked("Another connection is sending to this upload.", headers={"Retry-After": "5"}) from None
    except FileNotFoundError:
        # Swept or ended since it was looked at.
        raise Gone(_LOST) from None


async def _timely(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), SILENCE)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Stalled(f"Nothing came for {SILENCE:.0f} seconds. Ask how far it came, and go on.") from None
        yield piece


async def _finish(
    db: Database, blobs: Blobs, plugins: PluginHost, principal: Principal, upload: Upload, grown: Grown
) -> Asset:
    place = await assets.expected(
        db, principal, upload.material, upload.version, upload.name, upload.media_type, upload.length
    )
    digests = [bytes.fromhex(upload.sha256)] if upload.sha256 else []
    asset = await assets.admit(db, blobs, plugins, principal, place, await grown.staged(), digests)
    async with db.edge(principal.partner) as session:
        row = await session.get_one(Upload, upload.id)
        row.finished = True
    return asset


async def end(db: Database, growing: Growing, principal: Principal, id: str) -> None:
    """Give an upload up; what came of it is gone at once. Raises `NotFound`, `Gone`, `Locked`."""
    upload = (await progress(db, growing, principal, id)).upload
    if upload.finished:
        await _forget(db, growing, principal, upload)
        return
    async with _held(growing, id):
        await _forget(db, growing, principal, upload)


async def _forget(db: Database, growing: Growing, principal: Principal, upload: Upload) -> None:
    async with db.edge(principal.partner) as session:
        await session.execute(delete(Upload).where(Upload.id == upload.id))
    growing.drop(upload.id)


async def sweep(db: Database, growing: Growing) -> None:
    """Drop the files of uploads that expired, and in time the knowledge of them."""
    now = times.now()
    # Listed before the rows are read: a file that comes later has its row, too.
    names = growing.names()
    async with db.snapshot(0) as snapshot:
        alive = await snapshot.scalars(select(Upload.id).where(Upload.finished.is_(False), Upload.expires > now))
        kept = set(alive)
    for name in names:
        if name not in kept:
            growing.drop(name)
    async with db.edge(0) as session:
        await session.execute(delete(Upload).where(Upload.expires < now - REMEMBERED))
