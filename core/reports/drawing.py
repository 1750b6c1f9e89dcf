"""The sections of a report: tables of figures as one principal may see them, in a fixed order of rows."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Row, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.campaigns.activities import audience_by_province
from core.content.fetches import fetched
from core.plugin import hooks
from core.plugin.host import PluginHost
from core.signals.models import Cell as SignalCell
from core.wire.reports import Cell, Column, Period, Section


async def own(session: AsyncSession, principal: Principal, period: Period, *, national: bool) -> list[Section]:
    """The sections that core counts."""
    return [
        await _signals(session, principal, period, national=national),
        await _materials(session, principal, period, national=national),
        await _activities(session, principal, period, national=national),
    ]


async def _signals(session: AsyncSession, principal: Principal, period: Period, *, national: bool) -> Section:
    named = or_(Partner.id == principal.partner, Partner.attribution == "named")
    who = Partner.slug if national or principal.is_operator else case((named, Partner.slug), else_=None)
    keys = (SignalCell.day, who, SignalCell.kind, SignalCell.category)
    counts = (func.sum(SignalCell.new), func.sum(SignalCell.opened), func.sum(SignalCell.closed))
    counted = (
        select(*keys, *counts)
        .join(Partner, Partner.id == SignalCell.partner)
        .where(SignalCell.day >= period.since.isoformat(), SignalCell.day < period.until.isoformat())
        .group_by(*keys)
    )
    if not national:
        counted = counted.where(visible(SignalCell, principal))
    return Section(
        name="signals",
        title="Signals by day, partner, kind and category",
        note="New: the partner's first claim on a signal. Without a partner: those who chose not to be named.",
        columns=_columns("day", ["partner", "kind", "category"], ["new", "opened", "closed"]),
        rows=_ordered(await session.execute(counted)),
    )


async def _materials(session: AsyncSession, principal: Principal, period: Period, *, national: bool) -> Section:
    rows = await fetched(session, principal, period.since, period.until, national=national)
    return Section(
        name="materials",
        title="Materials fetched by day",
        note="Fetches count each partner once for an asset and day; partners are those that fetched any of it.",
        columns=_columns("day", ["material", "title"], ["fetches", "partners"]),
        rows=_ordered(rows),
    )


async def _activities(session: AsyncSession, principal: Principal, period: Period, *, national: bool) -> Section:
    rows = await audience_by_province(session, principal, period.since, period.until, national=national)
    return Section(
        name="activities",
        title="Activities and their audience by province",
        note="By the day of the activity; provinces by their official codes.",
        columns=_columns(None, ["province"], ["activities", "sites", "classes", "participants", "views"]),
        rows=_ordered(rows),
    )


async def from_plugins(
    plugins: PluginHost, principal: Principal, period: Period, taken: Iterable[str]
) -> list[Section]:
    """The plugins' sections, under names that are not `taken`. One that could not answer leaves one that says so."""
    found: list[Section] = []
    names = set(taken)
    async for plugin, answer in plugins.ask(hooks.report_sections, principal=principal, period=period):
        if isinstance(answer, Exception) or not all(_fits(section, names) for section in answer):
            found.append(_missing(plugin))
            continue
        found += answer
        names |= {section.name for section in answer}
    return found


def _fits(section: Section, taken: set[str]) -> bool:
    return section.name not in taken and all(len(row) == len(section.columns) for row in section.rows)


def _missing(plugin: str) -> Section:
    # Not the error itself: a frozen document must not carry what a traceback may quote.
    note = f"The plugin {plugin} did not answer when the report was frozen."
    return Section(name=plugin.replace("-", "_"), title=plugin, status="unavailable", note=note)


def _columns(day: str | None, texts: Sequence[str], counts: Sequence[str]) -> tuple[Column, ...]:
    days = () if day is None else (Column(day, "day"),)
    return (*days, *(Column(name, "text") for name in texts), *(Column(name, "count") for name in counts))


def _ordered(rows: Iterable[Sequence[Cell] | Row[tuple[Cell, ...]]]) -> tuple[tuple[Cell, ...], ...]:
    # Databases sort text by their own collations; the bytes of a report may not depend on the engine.
    whole = (tuple(int(cell) if not isinstance(cell, str | None) else cell for cell in row) for row in rows)
    return tuple(
        sorted(whole, key=lambda row: [(cell is None, str(cell)) for cell in row if not isinstance(cell, int)])
    )
