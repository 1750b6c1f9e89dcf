"""The one transaction in which a report becomes what it stays."""

import msgspec
from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.events import record
from core.reports import ledger, making
from core.reports.ledger import Shelf
from core.reports.making import Drawing
from core.reports.models import Report, ReportSecret
from core.wire.events import ReportFrozen
from core.wire.reports import ReportState

STEPS = 3
"""Of the progress, up to here: counted, protected, frozen."""


class Overtaken(Exception):
    """Something was frozen or committed meanwhile that has to be reckoned with."""


class Lost(Exception):
    """Another worker has the report."""


class Settled(msgspec.Struct, frozen=True):
    """All that is frozen."""

    drawing: Drawing
    shelf: Shelf
    held: tuple[int, ...]
    """What its readers had when it was protected."""
    cubes: bytes
    pattern: bytes
    witnesses: bytes
    document: bytes


async def freeze(session: AsyncSession, report: Report, settled: Settled) -> None:
    """Give the document its position, under the log's lock. `report` is changed along with its row.

    Raises `Overtaken` when what it was protected against is not what its readers have now, or when something was
    committed late that it should have counted.
    """
    asked = settled.drawing.asked
    last, _ = await making.reach(session, asked.ends)
    if await ledger.numbers(session, settled.shelf) != settled.held or last != asked.positions.to:
        raise Overtaken
    sha256 = ledger.digest(settled.document)
    position = await record(session, ReportFrozen(report=report.id, sha256=sha256), to=(report.partner,))
    frozen = {
        "state": ReportState.RENDERING.value,
        "done": STEPS,
        "after": asked.positions.after,
        "up_to": asked.positions.to,
        "ends": asked.ends,
        "provisional": making.is_provisional(asked),
        "frozen": session.info["head"].at,
        "position": position,
        "sha256": sha256,
        "pattern_sha256": ledger.digest(settled.pattern),
    }
    await session.execute(ours(report).values(frozen))
    session.add(_secret(report, settled))
    for name, value in frozen.items():
        setattr(report, name, value)


def _secret(report: Report, settled: Settled) -> ReportSecret:
    return ReportSecret(
        report=report.number,
        cubes=settled.cubes,
        cubes_sha256=ledger.digest(settled.cubes),
        pattern=settled.pattern,
        held=msgspec.json.encode(settled.held).decode(),
        witnesses=settled.witnesses,
    )


def ours(report: Report) -> Update:
    """A change of the report, by the worker that has the lease."""
    return update(Report).where(Report.number == report.number, Report.holder == report.holder)


async def require_ours(session: AsyncSession, report: Report) -> None:
    """Raises `Lost` when the lease went to another worker."""
    found = await session.scalar(select(Report.holder).where(Report.number == report.number))
    if found != report.holder:
        raise Lost
