"""The worker: takes reports that were ordered, freezes them, has their files made, signs.

2026-11-22: a report is frozen in one transaction, which takes its position in the log; before it nothing counts, and
behind it nothing is counted again. Who has a report holds a lease on it and renews it: of a process that dies another
goes on where the last transaction ended. Two that are made at once may not both miss the other in what their readers
hold, so that the freezing looks again, under the log's lock. Held by tests/reports/test_jobs.py and
tests/drills/test_reports.py.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core import times
from core.auth.models import Partner
from core.auth.tokens import Tokens
from core.auth.viewers import viewer
from core.blobs import Blobs
from core.db import Database
from core.log import head
from core.log.events import record
from core.plugin.host import PluginHost
from core.reports import added, freezing, ledger, making, manifest
from core.reports.disclosure import Protection
from core.reports.files import JSON_FILE, Wanted, read_document, wanted_files
from core.reports.freezing import Lost, Overtaken, Settled, ours, require_ours
from core.reports.ledger import Shelf
from core.reports.making import Drawing, Order
from core.reports.models import Report, ReportFile
from core.reports.process import Process
from core.reports.restating import Restated
from core.reports.sections import SECTIONS
from core.settings import Settings
from core.wire.documents import Document, Frozen, Positions, ReaderClass
from core.wire.events import ReportMade, ReportRefused
from core.wire.reports import Refusal, ReportState
from core.wire.scopes import Scope
from core.wire.templates import Definition, Heading

log = logging.getLogger("kmm")

_LEASE = 20 * times.SECOND
_RENEW = 5.0
"""Seconds."""
_ATTEMPTS = 3
_DRAWING = 300.0
"""Seconds that counting may take, and writing down."""
_PROTECTING = 300.0
_RENDERING = 60.0
"""Seconds that a file may take."""


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Reporter:
    """The worker of one server process, and the process that counts and draws for it."""

    def __init__(self, db: Database, blobs: Blobs, plugins: PluginHost, tokens: Tokens, settings: Settings) -> None:
        self.process = Process()
        self.remaking: set[int] = set()
        """Partners that have a report made again."""
        self._db = db
        self.blobs = blobs
        self._plugins = plugins
        self._tokens = tokens
        self._settings = settings

    async def work(self) -> int:
        """Make every report that waits, one after the other; returns how many."""
        made = 0
        while (report := await self._claim()) is not None:
            await self._make(report)
            made += 1
        return made

    def wanted_files(self) -> list[Wanted]:
        return wanted_files(self._plugins)

    def stop(self) -> None:
        """Give up what is under way; it is gone on with when its lease has run out."""
        self.process.stop()

    async def _claim(self) -> Report | None:
        due = select(Report).where(Report.wakes <= times.now()).order_by(Report.wakes).limit(1)
        async with self._db.survey() as session:
            if await session.scalar(due) is None:
                return None
        # Under the log's lock: what was begun before the end of a period that is over is committed by then.
        async with head.edge(self._db, 0, "hub", "ClaimReport") as session:
            report = await session.scalar(due)
            if report is not None:
                report.holder, report.wakes = secrets.token_hex(8), times.now() + _LEASE
                report.attempts += 1
                report.steps = freezing.STEPS + len(self.wanted_files())
                if report.state != ReportState.RENDERING:
                    report.state, report.done = ReportState.DRAWING.value, 0
            return report

    async def _make(self, report: Report) -> None:
        async with self._leased(report):
            try:
                while report.position is None:
                    await self._freeze(report)
                await self._render(report)
            except Lost:
                log.warning("report %s went to another worker", report.id)
            except _Refused as refused:
                await self._refuse(report, ReportState.REFUSED, refused.refusal)
            except Exception:
                log.exception("report %s failed, attempt %d", report.id, report.attempts)
                if report.attempts >= _ATTEMPTS:
                    detail = "It could not be made; the operator can see why. Ask again later."
                    await self._refuse(report, ReportState.FAILED, Refusal("failed", detail))

    @asynccontextmanager
    async def _leased(self, report: Report) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(_RENEW)
                # A database that is away for a moment costs a renewal, not the lease.
                with suppress(SQLAlchemyError, OSError):
                    async with self._db.edge(0) as session:
                        await session.execute(ours(report).values(wakes=times.now() + _LEASE))

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def _step(self, report: Report, state: ReportState, done: int) -> None:
        async with self._db.edge(0) as session:
            await require_ours(session, report)
            await session.execute(ours(report).values(state=state.value, done=done))

    async def _freeze(self, report: Report) -> None:
        order = await self.order(report)
        await self._step(report, ReportState.DRAWING, 0)
        settled = await self._settle(report, order, await self.draw(order))
        await self.blobs.add(settled.document)
        try:
            async with head.writing(self._db, "hub", "FreezeReport") as session:
                await require_ours(session, report)
                await freezing.freeze(session, report, settled)
        except Overtaken:
            log.info("report %s is counted again: something came in between", report.id)

    async def order(self, report: Report) -> Order:
        async with self._db.survey() as session:
            slug = (await session.execute(select(Partner.slug).where(Partner.id == report.partner))).scalar_one()
        frozen = None
        if report.after is not None and report.up_to is not None and report.ends is not None:
            frozen = Positions(report.after, report.up_to), report.ends
        restated = versions = None
        if report.restates is not None and report.reason is not None:
            restated = Restated(report.restates, msgspec.json.decode(report.reason, type=Heading))
            async with self._db.survey() as session:
                versions = await ledger.versions(session, report)
        return Order(
            report=report.id,
            title=msgspec.json.decode(report.title, type=Heading),
            template=report.template,
            definition=msgspec.json.decode(report.definition, type=Definition),
            readers=ReaderClass(report.readers),
            partner=report.partner,
            slug=slug,
            period=making.period_of(report.since, report.until),
            frozen=frozen,
            restated=restated,
            versions=versions,
        )

    async def draw(self, order: Order) -> Drawing:
        """All sections, in the order of the definition."""
        drawing = await self.process.run(_DRAWING, making.draw, self._db.url, order)
        foreign = [name for name in order.definition.sections if name not in SECTIONS]
        if not foreign:
            return drawing
        async with self._db.survey() as session:
            principal = await viewer(session, order.partner)
        if principal is None:
            raise RuntimeError(f"{order.slug} may see nothing any more")
        found = await added.from_plugins(self._plugins, principal, drawing.asked, foreign, drawing.drafts)
        found |= {draft.name: draft for draft in drawing.drafts}
        return Drawing(drawing.asked, tuple(found[name] for name in order.definition.sections))

    async def _settle(self, report: Report, order: Order, drawing: Drawing) -> Settled:
        """What is hidden, and the document that hides it."""
        await self._step(report, ReportState.PROTECTING, 1)
        shelf = Shelf(order.readers, order.partner, order.period)
        async with self._db.survey() as session:
            numbers = await ledger.numbers(session, shelf)
            held = await ledger.held(session, numbers)
        drawn = making.drawn(order, drawing)
        if order.restated is None:
            protection = await self.process.run(_PROTECTING, making.protect, drawn, held)
        else:
            # It shows no cell of a table, and hides totals by a rule of its own.
            protection = Protection({}, ())
        if isinstance(protection, Refusal):
            raise _Refused(protection)
        document = await self.process.run(_DRAWING, making.write, order, drawing, protection.hidden)
        await self._step(report, ReportState.PROTECTING, 2)
        pattern = ledger.canonical_pattern(protection.hidden)
        witnesses = msgspec.msgpack.encode(protection.witnesses)
        return Settled(drawing, shelf, numbers, ledger.bytes_of(drawn.cubes), pattern, witnesses, document)

    async def _render(self, report: Report) -> None:
        data = await read_document(self.blobs, report)
        frozen = self.frozen(report, data)
        async with self._db.survey() as session:
            made = set(await session.scalars(select(ReportFile.name).where(ReportFile.report == report.number)))
        left_out: list[str] = []
        for number, wanted in enumerate(self.wanted_files()):
            if wanted.name in made:
                continue
            drawn = data if wanted.name == JSON_FILE else await self.draw_file(wanted, frozen)
            if drawn is None:
                left_out.append(wanted.name)
            else:
                await self._keep(report, wanted, drawn)
            await self._step(report, ReportState.RENDERING, freezing.STEPS + number + 1)
        await self._sign(report, left_out)

    def frozen(self, report: Report, data: bytes) -> Frozen:
        """What renderers are handed."""
        assert report.position is not None
        document = msgspec.json.decode(data, type=Document)
        return Frozen(report.id, document, ledger.digest(data), report.position, self._settings.base_url)

    async def draw_file(self, wanted: Wanted, frozen: Frozen) -> bytes | None:
        """The bytes of a file, or None: one form that falls over leaves the others whole."""
        assert wanted.form is not None
        try:
            return await self.process.run(_RENDERING, wanted.form.render, frozen, wanted.language)
        except Exception:
            log.exception("report %s: %s cannot be made", frozen.report, wanted.name)
            return None

    async def _keep(self, report: Report, wanted: Wanted, data: bytes) -> None:
        sha256 = await self.blobs.add(data)
        async with self._db.edge(0) as session:
            await require_ours(session, report)
            session.add(
                ReportFile(
                    report=report.number,
                    name=wanted.name,
                    media_type=wanted.media_type,
                    language=wanted.language,
                    size=len(data),
                    sha256=sha256,
                    renderer=wanted.renderer,
                )
            )

    async def _sign(self, report: Report, left_out: Sequence[str]) -> None:
        await self._tokens.catch_up()
        async with head.edge(self._db, 0, "hub", "MakeReport") as session:
            await require_ours(session, report)
            files = list(await session.scalars(select(ReportFile).where(ReportFile.report == report.number)))
            slug = (await session.execute(select(Partner.slug).where(Partner.id == report.partner))).scalar_one()
            signed = manifest.sign(self._tokens, report, slug, files)
            done = {"state": ReportState.MADE.value, "done": report.steps, "wakes": None, "holder": ""}
            listed = msgspec.json.encode(left_out).decode()
            await session.execute(ours(report).values(done | {"manifest": signed, "left_out": listed}))
            everyone = Scope.REPORTS_READ if report.readers == ReaderClass.PUBLIC else None
            await record(session, ReportMade(report=report.id), to=(report.partner,), holders=everyone)

    async def _refuse(self, report: Report, state: ReportState, refusal: Refusal) -> None:
        async with head.edge(self._db, 0, "hub", "RefuseReport") as session:
            await require_ours(session, report)
            said = msgspec.json.encode(refusal).decode()
            await session.execute(ours(report).values(state=state.value, refusal=said, wakes=None, holder=""))
            await record(session, ReportRefused(report=report.id, state=state.value), to=(report.partner,))
