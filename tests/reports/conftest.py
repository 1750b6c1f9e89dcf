"""The reports room over one database, with plugins of the test's own."""

import asyncio
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select, update

from core.auth.access import Principal
from core.auth.models import Partner
from core.auth.tokens import Tokens
from core.blobs import Blobs
from core.db import Database
from core.log import head
from core.log.models import EventRow
from core.plugin.hooks import PluginInfo, ReportFormat, hookimpl
from core.plugin.host import PluginHost
from core.reports import reports
from core.reports.asked import by_day, time_dimension
from core.reports.files import JSON_FILE
from core.reports.jobs import Reporter
from core.reports.models import Report
from core.reports.process import Process
from core.settings import Settings
from core.wire.documents import Dimension, Document, Language, Member, Period, ReaderClass, Section, Unit, Words
from core.wire.reports import ReportIn, ReportOut
from core.wire.scopes import PartnerKind, Scope
from core.wire.sections import Asked, Count, Cube, Draft, Wanted
from core.wire.templates import Definition
from tests.reports import forms

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
CALLS = Definition(("calls",))


@pytest.fixture(scope="session")
def started() -> Iterator[Process]:
    """The process of reports, started once: importing takes longer than most tests."""
    process = Process()
    yield process
    process.stop()


@pytest.fixture
def process(started: Process) -> Process:
    # A lock belongs to the loop in which it was first waited for, and each test has a loop of its own.
    started._turn = asyncio.Lock()
    return started


class Archive:
    """The reports room over one database."""

    def __init__(self, db: Database, process: Process, plugins: Sequence[object] = ()) -> None:
        self.db = db
        self.settings = Settings(secret="a secret of the tests, long enough to be one", database_url=db.url)
        self.blobs = Blobs("memory:///")
        self.tokens = Tokens(db, self.settings)
        self.partners: dict[str, Principal] = {}
        self._process = process
        self.reporter = self.worker(plugins)

    def worker(self, plugins: Sequence[object] = ()) -> Reporter:
        """Another one, as a second server process would have it."""
        self.host = PluginHost(self.settings, plugins=plugins, budget=1)
        reporter = Reporter(self.db, self.blobs, self.host, self.tokens, self.settings)
        reporter.process = self._process
        return reporter

    async def admit(self, slug: str, kind: PartnerKind = PartnerKind.AGENCY) -> None:
        async with head.writing(self.db, "test", "Admit") as session:
            row = insert(Partner).values(slug=slug, name=slug, kind=kind.value, state="active", created=0)
            partner = (await session.execute(row.returning(Partner.id))).scalar_one()
        self.partners[slug] = Principal(f"cli_{slug}", partner, slug, kind, frozenset(Scope))

    async def order(
        self,
        slug: str = "pine",
        readers: ReaderClass = ReaderClass.NATIONAL,
        period: Period = OCTOBER,
        definition: Definition | None = CALLS,
    ) -> ReportOut:
        principal = self.partners[slug]
        async with head.edge(self.db, principal.partner, principal.client, "FreezeReport") as session:
            return await reports.ask(session, principal, ReportIn(period, None, definition, readers))

    async def work(self, reporter: Reporter | None = None) -> int:
        """Make what was ordered."""
        async with self.host.keeper.running():
            return await (reporter or self.reporter).work()

    async def make(self, *order: Any, **more: Any) -> ReportOut:
        ordered = await self.order(*order, **more)
        await self.work()
        return await self.find(ordered.id)

    async def find(self, id: str, slug: str = "pine") -> ReportOut:
        principal = self.partners[slug]
        async with self.db.snapshot(principal.partner) as snapshot:
            return await reports.find(snapshot, principal, id)

    async def document(self, made: ReportOut) -> Document:
        return msgspec.json.decode(await self.read(made, JSON_FILE), type=Document)

    async def read(self, made: ReportOut, name: str) -> bytes:
        (file,) = [one for one in made.files if one.name == name]
        return await self.blobs.read(file.sha256)

    async def events(self) -> list[tuple[str, str]]:
        """Type and report of each event of reports."""
        async with self.db.survey() as session:
            found = select(EventRow.type, EventRow.body).where(EventRow.type.startswith("report."))
            rows = (await session.execute(found.order_by(EventRow.position))).all()
        return [(row.type, msgspec.json.decode(row.body)["report"]) for row in rows]

    async def expire(self) -> None:
        """Let every lease run out."""
        async with self.db.edge(0) as session:
            await session.execute(update(Report).where(Report.wakes.is_not(None)).values(wakes=0))


@pytest.fixture
async def archive(database_url: str, process: Process) -> AsyncIterator[Archive]:
    archive = Archive(Database(database_url), process, [calls_plugin(), forms_plugin()])
    for slug in ("pine", "lotus"):
        await archive.admit(slug)
    yield archive
    await archive.db.close()


def forms_plugin(*more: ReportFormat) -> types.ModuleType:
    """A form in both languages, and one that always falls over."""
    good = ReportFormat("text", "text/plain", "txt", tuple(Language), "tests 1", forms.as_text)
    bad = ReportFormat("broken", "text/plain", "broken", (), "tests 1", forms.broken)
    return plugin("forms", report_formats=lambda: [good, bad, *more])


def calls_plugin(**numbers: int) -> types.ModuleType:
    """A section of calls, so many of each kind on the first day of the period."""

    async def sections(asked: Asked) -> list[Draft]:
        return [calls(asked, **numbers)]

    return plugin("hotline", report_sections=sections)


def calls(asked: Asked, **numbers: int) -> Draft:
    numbers = numbers or {"advice": 40, "alarm": 3, "other": 60}
    day = by_day(asked)[asked.period.since.isoformat()]
    kinds = Dimension("kind", words("Kind"), tuple(Member(kind, words(kind)) for kind in numbers))
    cube = Cube(
        name="hotline_calls",
        dimensions=(time_dimension(asked), kinds),
        counts=(Count("calls", words("Calls"), Unit.COUNT),),
        atoms={(day, kind): (number,) for kind, number in numbers.items()},
        tables=(Wanted("calls_by_kind", words("Calls by kind"), ("kind",), ("calls",)),),
        time="time",
    )
    return Draft("calls", words("Calls"), (cube,))


def words(text: str) -> Words:
    return Words(text, text)


def plugin(name: str, **hooks: Callable[..., Any]) -> types.ModuleType:
    """A plugin module with these hooks."""
    module = types.ModuleType(name)
    module.plugin_info = hookimpl(lambda: PluginInfo(name=name, title=name))  # type: ignore[attr-defined]
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def section(document: Document, name: str) -> Section:
    (found,) = [one for one in document.sections if one.name == name]
    return found


Sections = Callable[[Asked], Awaitable[list[Draft]]]
