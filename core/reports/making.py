"""The steps of a report that its own process takes: counting, hiding, writing down. Each is told all that it needs."""

import asyncio
import hashlib
import logging
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.db import Database
from core.log.models import Tick
from core.reports import ledger, restating
from core.reports.asked import midnight, over
from core.reports.cube import Draft, Hidden, tabulate
from core.reports.disclosure import Drawn, Held, Protection, Unsettled, Weakens, Witness
from core.reports.disclosure.witnesses import unproved
from core.reports.restating import Restated, Versions
from core.reports.sections import SECTIONS
from core.wire.documents import (
    Document,
    Name,
    Period,
    Positions,
    ReaderClass,
    Section,
    SectionStatus,
    Words,
)
from core.wire.reports import Refusal
from core.wire.sections import Asked
from core.wire.templates import Definition, Heading

log = logging.getLogger("kmm")

CUSTOM = "custom"
"""What a document names as its template when the definition came with the order."""


class Order(msgspec.Struct, frozen=True):
    """What is to be made."""

    report: str
    title: Heading
    template: str | None
    definition: Definition
    readers: ReaderClass
    partner: int
    """Who ordered it."""
    slug: str
    period: Period
    frozen: tuple[Positions, int] | None = None
    """Which stretch of the log was counted, and before when (µs): to count the same again."""
    restated: Restated | None = None
    versions: Versions | None = None
    """Of what is stated again."""


class Drawing(NamedTuple):
    """What was counted, and of what."""

    asked: Asked
    drafts: tuple[Draft, ...]


def draw(url: str, order: Order) -> Drawing:
    """Count core's sections of the report in one snapshot of the database at `url`."""
    return asyncio.run(_draw(url, order))


async def _draw(url: str, order: Order) -> Drawing:
    db = Database(url)
    by_partner = order.readers is ReaderClass.PARTNER
    try:
        async with db.snapshot(order.partner) if by_partner else db.survey() as session:
            asked = await _place(session, order)
            names = (name for name in order.definition.sections if name in SECTIONS)
            return Drawing(asked, tuple([await _section(session, name, asked) for name in names]))
    finally:
        await db.close()


async def _place(session: AsyncSession, order: Order) -> Asked:
    begins, ends = midnight(order.period.since), midnight(order.period.until)
    if order.frozen is not None:
        positions, ends = order.frozen
    else:
        after, _ = await reach(session, begins)
        to, at = await reach(session, ends)
        positions = Positions(after, to)
        if times.now() < ends:
            ends = max(at, begins) + 1
    by_partner = order.readers is ReaderClass.PARTNER
    partner, slug = (order.partner, order.slug) if by_partner else (None, None)
    return over(order.period, positions, ends, order.readers, partner, slug)


async def reach(session: AsyncSession, end: int) -> tuple[int, int]:
    """The last position before `end` and its time, both 0 when there is none."""
    newest = select(Tick.position, Tick.n, Tick.at).where(Tick.at < end).order_by(Tick.at.desc()).limit(1)
    row = (await session.execute(newest)).first()
    return (row.position + row.n - 1, row.at + row.n - 1) if row else (0, 0)


async def _section(session: AsyncSession, name: Name, asked: Asked) -> Draft:
    try:
        draft = await SECTIONS[name](session, asked)
        return msgspec.structs.replace(draft, cubes=tuple(map(ledger.ordered, draft.cubes)))
    except (SQLAlchemyError, OSError):
        # The database's trouble is every section's, and passes.
        raise
    except Exception:
        log.exception("the section %s cannot be drawn", name)
        return missing(name, "Lỗi khi đếm số liệu của phần này.", "Its figures could not be counted.")


def missing(name: Name, vi: str, en: str, since: int | None = None) -> Draft:
    """A section that says that there is none, so that a short report is not taken for a quiet month."""
    at = None if since is None else times.from_micros(since)
    return Draft(name, Words(name, name), status=SectionStatus.UNAVAILABLE, since=at, note=Words(vi, en))


def drawn(order: Order, drawing: Drawing) -> Drawn:
    cubes = tuple(cube for draft in drawing.drafts for cube in draft.cubes)
    return Drawn(order.report, drawing.asked.begins, drawing.asked.ends, cubes)


def protect(drawn: Drawn, held: Sequence[Held]) -> Protection | Refusal:
    """What is hidden of the report, or why it cannot be made."""
    # The solver is large, and for this process alone.
    from core.reports.disclosure.audit import audit  # noqa: PLC0415
    from core.reports.disclosure.protect import protect as settle  # noqa: PLC0415

    try:
        found = settle(drawn, held)
        if audit((*held, whole(drawn, found.hidden))):
            raise AssertionError("What was hidden can be told after all")
        return found
    except Weakens as weakens:
        tables = tuple(f"{one.report}/{one.cube}/{one.table}" for one in weakens.tables)
        return Refusal("weakens", "With what its readers hold already, it would give small counts away.", tables)
    except Unsettled as unsettled:
        return Refusal("unsettled", str(unsettled))


def whole(drawn: Drawn, hidden: Mapping[Name, Hidden]) -> Held:
    """The report as its readers will hold it."""
    return Held(drawn.report, drawn.begins, drawn.ends, drawn.cubes, hidden)


def is_proved(drawn: Drawn, hidden: Mapping[Name, Hidden], held: Sequence[Held], proof: bytes) -> bool:
    """Whether the witnesses that were kept with a report still prove that nothing hidden can be told."""
    try:
        return not unproved((*held, whole(drawn, hidden)), _WITNESSES.decode(proof))
    except (ValueError, Unsettled):
        return False


_WITNESSES = msgspec.msgpack.Decoder(tuple[Witness, ...])


def write(order: Order, drawing: Drawing, hidden: Mapping[Name, Hidden]) -> bytes:
    """The document: sorted keys, no blanks, whole numbers and text in NFC; equal reports are equal bytes."""
    asked = drawing.asked
    document = Document(
        format="khongmotminh-report-1",
        title=Words(order.title.vi, order.title.en),
        template=order.template or CUSTOM,
        definition_sha256=definition_sha256(order.definition),
        readers=asked.readers,
        partner=asked.slug,
        period=asked.period,
        zone=str(times.HUB_ZONE),
        positions=asked.positions,
        as_of=times.from_micros(asked.ends - is_provisional(asked)),
        provisional=is_provisional(asked),
        pattern_sha256=ledger.digest(ledger.canonical_pattern(hidden)),
        sections=_sections(order, drawing, hidden),
    )
    text = msgspec.json.encode(document, order="sorted").decode()
    return unicodedata.normalize("NFC", text).encode()


def _sections(order: Order, drawing: Drawing, hidden: Mapping[Name, Hidden]) -> tuple[Section, ...]:
    if order.restated is not None and order.versions is not None:
        return restating.sections(order.restated, drawing.drafts, order.versions)
    return tuple(_shown(draft, hidden) for draft in drawing.drafts)


def _shown(draft: Draft, hidden: Mapping[Name, Hidden]) -> Section:
    tables = tuple(table for cube in draft.cubes for table in tabulate(cube, hidden[cube.name]))
    return Section(draft.name, draft.title, draft.status, draft.since, draft.note, tables)


def definition_sha256(definition: Definition) -> str:
    return hashlib.sha256(msgspec.json.encode(definition, order="sorted")).hexdigest()


def is_provisional(asked: Asked) -> bool:
    return asked.ends < midnight(asked.period.until)


def period_of(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))
