"""A hub's cells, written as the writer of claims would have: what sections of signals are drawn from."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert

from core import times
from core.auth.models import Audience, Partner, Sight
from core.db import Database
from core.log import head
from core.reports.asked import midnight, over
from core.reports.cube import tabulate
from core.reports.sections import SECTIONS
from core.signals.models import Cell
from core.wire.documents import Period, Positions, ReaderClass, Table
from core.wire.scopes import PartnerKind
from core.wire.sections import Asked, Draft

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


class Books:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.partners: dict[str, int] = {}

    async def admit(self, *slugs: str) -> None:
        async with head.writing(self.db, "test", "Admit") as session:
            for slug in slugs:
                row = insert(Partner).values(
                    slug=slug, name=slug, kind=PartnerKind.PLATFORM.value, state="active", created=0
                )
                self.partners[slug] = (await session.execute(row.returning(Partner.id))).scalar_one()

    async def count(
        self, slug: str, day: str, *seen_by: str, kind: str = "url", category: str = "phishing", **columns: int
    ) -> None:
        """A cell of `slug`, in an audience of its own that `seen_by` have sight of beside it."""
        counted = dict.fromkeys(("new", "opened", "closed"), 0) | columns
        async with head.writing(self.db, "test", "Count") as session:
            owner = self.partners[slug]
            groups = f"{owner}{day}{kind}{category}{seen_by}"
            made = insert(Audience).values(owner=owner, tlp="", groups=groups).returning(Audience.id)
            audience = (await session.execute(made)).scalar_one()
            for viewer in {slug, *seen_by}:
                await session.execute(insert(Sight).values(partner=self.partners[viewer], audience=audience))
            at = {"day": day, "partner": owner, "audience": audience, "kind": kind, "category": category}
            await session.execute(insert(Cell).values(at | counted))

    async def count_daily(self, slug: str, first: str, last: str) -> None:
        """A claim each day from `first` to `last`."""
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            await self.count(slug, day.isoformat(), new=1, opened=1, first=1)
            day += timedelta(1)

    def asked(
        self, readers: ReaderClass, slug: str | None = None, period: Period = OCTOBER, at: datetime | None = None
    ) -> Asked:
        """`at`: when the period was still running."""
        ends = times.to_micros(at) if at else midnight(period.until)
        return over(period, Positions(0, 0), ends, readers, self.partners.get(slug or ""), slug)

    async def draw(self, section: str, asked: Asked) -> Draft:
        async with self.db.survey() as session:
            return await SECTIONS[section](session, asked)


def shown(draft: Draft, name: str) -> Table:
    """A table of a section with nothing hidden."""
    (found,) = [table for cube in draft.cubes for table in tabulate(cube, frozenset()) if table.name == name]
    return found


def rows(draft: Draft, name: str) -> dict[tuple[str | None, ...], tuple[object, ...]]:
    """Its cells by key, but for rows of nothing."""
    return {row.key: row.cells for row in shown(draft, name).rows if any(row.cells)}


def tables(draft: Draft) -> list[Table]:
    return [table for cube in draft.cubes for table in tabulate(cube, frozenset())]
