"""Partners, cells of the claim log, and a host with plugins of the test's own."""

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date

import pytest
from sqlalchemy import insert

from core.auth.access import Principal
from core.auth.models import Audience, Partner, Sight
from core.db import Database
from core.log import head
from core.log.events import record
from core.plugin.hooks import PluginInfo, hookimpl
from core.plugin.host import PluginHost
from core.reports import reports
from core.settings import Settings
from core.signals.models import Cell
from core.wire.events import CampaignChanged
from core.wire.reports import Period, Report, ReportIn, ReportOut, ReportScope, Section
from core.wire.scopes import PartnerKind, Scope

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


class Archive:
    """The reports room over one database."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.settings = Settings(secret="a secret of the tests, long enough to be one", database_url=db.url)
        self.partners: dict[str, Principal] = {}
        self.budget = 0.2
        """Seconds that a plugin may take."""

    async def admit(self, slug: str, kind: PartnerKind = PartnerKind.PLATFORM, attribution: str = "anonymous") -> None:
        async with head.writing(self.db, "test", "Admit") as session:
            row = insert(Partner).values(
                slug=slug, name=slug, kind=kind.value, state="active", attribution=attribution, created=0
            )
            partner = (await session.execute(row.returning(Partner.id))).scalar_one()
        self.partners[slug] = Principal(f"cli_{slug}", partner, slug, kind, frozenset(Scope))

    async def count(self, slug: str, *seen_by: str, day: str = "2026-10-05", kind: str = "url", new: int = 1) -> None:
        """Give `slug` a cell under an audience of its own that `seen_by` have sight of."""
        async with head.writing(self.db, "test", "Count") as session:
            owner = self.partners[slug].partner
            groups = f"{owner}{day}{kind}{seen_by}"
            made = insert(Audience).values(owner=owner, tlp="", groups=groups).returning(Audience.id)
            audience = (await session.execute(made)).scalar_one()
            for viewer in seen_by:
                sight = {"partner": self.partners[viewer].partner, "audience": audience}
                await session.execute(insert(Sight).values(sight))
            cell = {"day": day, "partner": owner, "audience": audience, "kind": kind, "category": "phishing"}
            await session.execute(insert(Cell).values(cell | {"new": new, "opened": new + 1, "closed": 1}))
            await record(session, CampaignChanged(campaign="some-change"))

    async def freeze(
        self, slug: str, scope: ReportScope = ReportScope.PARTNER, period: Period = OCTOBER, *plugins: object
    ) -> ReportOut:
        principal = self.partners[slug]
        host = PluginHost(self.settings, plugins=plugins, budget=self.budget)
        async with host.running():
            return await reports.freeze(self.db, host, principal, ReportIn(period, scope))

    async def read(self, slug: str, made: ReportOut) -> bytes:
        principal = self.partners[slug]
        async with self.db.snapshot(principal.partner) as snapshot:
            return await reports.find(snapshot, principal, made.id)


@pytest.fixture
async def archive(database_url: str) -> AsyncIterator[Archive]:
    archive = Archive(Database(database_url))
    for slug in ("pine", "lotus"):
        await archive.admit(slug)
    yield archive
    await archive.db.close()


def plugin(name: str, sections: Callable[..., Awaitable[list[Section]]]) -> types.ModuleType:
    """A plugin module whose hook `report_sections` is `sections`."""
    module = types.ModuleType(name)
    module.plugin_info = hookimpl(lambda: PluginInfo(name=name, title=name))  # type: ignore[attr-defined]
    module.report_sections = hookimpl(sections)  # type: ignore[attr-defined]
    return module


def section(report: Report, name: str) -> Section:
    (found,) = [one for one in report.sections if one.name == name]
    return found


def rows(report: Report) -> Sequence[tuple[object, ...]]:
    return section(report, "signals").rows
