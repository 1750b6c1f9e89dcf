"""Making a frozen report again, to see whether the same comes out."""

import asyncio
from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from core.auth.access import Principal
from core.db import Database
from core.errors import TooManyRequests, Unavailable
from core.reports import ledger, making
from core.reports.files import JSON_FILE, read_document
from core.reports.jobs import Reporter
from core.reports.models import Report, ReportFile, ReportSecret
from core.reports.process import Died
from core.reports.reports import Provisional, require_made
from core.wire.documents import Document, Name
from core.wire.reports import Remade, RemadeFile

_SECONDS = 120.0
_LATER = {"Retry-After": "30"}


async def remake(db: Database, reporter: Reporter, principal: Principal, row: Report) -> Remade:
    """Count the same stretch of the log again, hide what was hidden, draw every file, compare.

    Raises `NotMade`, `Provisional`, `Unavailable` when it takes too long, and `TooManyRequests` for one beside another
    of the same partner.
    """
    require_made(row)
    if row.provisional:
        raise Provisional("The period was not over when it was frozen. Order a report of it again.")
    if principal.partner in reporter.remaking:
        raise TooManyRequests("Another report is being made again for you. Wait for it.", headers=_LATER)
    reporter.remaking.add(principal.partner)
    try:
        return await _in_time(db, reporter, row)
    finally:
        reporter.remaking.discard(principal.partner)


async def _in_time(db: Database, reporter: Reporter, row: Report) -> Remade:
    async with db.survey() as session:
        secret = (await session.scalars(select(ReportSecret).where(ReportSecret.report == row.number))).one()
        files = list(await session.scalars(select(ReportFile).where(ReportFile.report == row.number)))
    try:
        async with asyncio.timeout(_SECONDS):
            return await _compared(db, reporter, row, secret, files)
    except (TimeoutError, Died):
        raise Unavailable("It takes too long at the moment; try again.", headers=_LATER) from None


async def _compared(
    db: Database, reporter: Reporter, row: Report, secret: ReportSecret, files: Sequence[ReportFile]
) -> Remade:
    order = await reporter.order(row)
    drawing = await reporter.draw(order)
    pattern = ledger.pattern_of(secret.pattern)
    data = await reporter.process.run(_SECONDS, making.write, order, drawing, pattern)
    async with db.survey() as session:
        held = await ledger.held(session, msgspec.json.decode(secret.held, type=list[int]))
    drawn = making.drawn(order, drawing)
    # A restatement has no proof but its rule, which was just followed again.
    proved = order.restated is not None or await reporter.process.run(
        _SECONDS, making.is_proved, drawn, pattern, held, secret.witnesses
    )
    before = await read_document(reporter.blobs, row)
    redrawn = await _redrawn(reporter, row, data, files)
    kept = all(one.same or one.renderer_changed for one in redrawn)
    return Remade(data == before and kept, ledger.digest(data), proved, _differing(before, data), redrawn)


async def _redrawn(reporter: Reporter, row: Report, data: bytes, files: Sequence[ReportFile]) -> tuple[RemadeFile, ...]:
    frozen = reporter.frozen(row, data)
    wanted = {one.name: one for one in reporter.wanted_files()}
    found = []
    for file in sorted(files, key=lambda one: one.name):
        form = wanted.get(file.name)
        changed = form is None or form.renderer != file.renderer
        again = data if file.name == JSON_FILE else await reporter.draw_file(form, frozen) if form else None
        same = again is not None and ledger.digest(again) == file.sha256
        found.append(RemadeFile(file.name, same, renderer_changed=changed))
    return tuple(found)


def _differing(before: bytes, now: bytes) -> tuple[Name, ...]:
    """Names of sections."""
    one, other = ({part.name: part for part in _DOCUMENT.decode(data).sections} for data in (before, now))
    return tuple(name for name in one | other if one.get(name) != other.get(name))


_DOCUMENT = msgspec.json.Decoder(Document)
