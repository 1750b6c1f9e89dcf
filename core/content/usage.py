"""Usage: where partners posted materials, told in bulk, and what it adds up to."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

import ada_url
import msgspec
from sqlalchemy import ColumnElement, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from core import cells, times
from core.auth.access import Principal
from core.cells import Deltas, Difference
from core.content.campaigns import CAMPAIGN
from core.content.models import Material, UsageCell, UsageReport, Version
from core.db import among, insert_rows, table_of, update_rows
from core.edge import AT_ONCE, field_error
from core.errors import Invalid, TooLarge
from core.log.head import Head
from core.wire.common import FieldError
from core.wire.signals import SubmitStatus
from core.wire.usage import UsageIn, UsageOut, UsagePage, UsageResult, UsageSubmitted, UsageTotal, UsageTotals

T = TypeVar("T")

_decoder = msgspec.json.Decoder(UsageIn)
_AT_ONCE = 5_000
"""Values in a statement: SQLite takes 32,766."""
_MEASURES = ("posts", "reach")
"""Of cells."""


class Post(NamedTuple):
    """A report that can be stored, if there is its material."""

    said: UsageIn
    url: str
    """In the spelling of browsers, so that a post is one row."""


Read = Post | FieldError
"""What became of an item: fit to be stored, or why not."""


def read_json(items: Sequence[msgspec.Raw]) -> list[Read]:
    """Each item on its own: one that is wrong holds up none of the others."""
    return [_read(_decoder.decode, raw, f"/usage/{index}") for index, raw in enumerate(items)]


def read_csv(body: bytes) -> list[Read]:
    """The rows below a header that names the columns, in any order; other columns are left aside.

    Commas or semicolons, as spreadsheets in Viet Nam write them. Raises `Invalid` for what is no such table.
    """
    try:
        lines = body.decode("utf-8-sig").splitlines()
        first = lines[0] if lines else ""
        comma = ";" if first.count(";") > first.count(",") else ","
        rows = list(csv.DictReader(lines, delimiter=comma, strict=True))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise Invalid(f"Send a table as CSV in UTF-8 ({exc}).") from None
    if len(rows) > AT_ONCE:
        raise TooLarge(f"Send at most {AT_ONCE} rows at a time.")
    return [_read(_row, row, f"/usage/{index}") for index, row in enumerate(rows)]


def _row(cells: Mapping[str, str]) -> UsageIn:
    # Text is all there is in a CSV.
    named = {name: cells[name].strip() for name in UsageIn.__struct_fields__ if cells.get(name)}
    return msgspec.convert(named, UsageIn, strict=False)


def _read(decode: Callable[[T], UsageIn], item: T, pointer: str) -> Read:
    try:
        said = decode(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return field_error(exc, pointer, UsageIn)
    try:
        url = ada_url.URL(said.url)
    except ValueError:
        url = None
    if url is None or url.protocol not in ("http:", "https:") or url.username or url.password:
        return FieldError(f"{pointer}/url", "invalid_url", "The address of a post: https://…")
    url.hash = ""
    return Post(said, url.href)


async def submit(session: AsyncSession, principal: Principal, items: Sequence[Read]) -> UsageSubmitted:
    """Store what was read of the items: by partner and address of the post, the later word holds."""
    head: Head = session.info["head"]
    posts = [item for item in items if isinstance(item, Post)]
    batch = _Batch(
        principal.partner,
        Deltas(UsageCell, times.hub_day(head.at), _MEASURES),
        await _used(session, principal, {post.said.material for post in posts}),
        await _standing(session, principal, [post.url for post in posts]),
    )
    results = tuple(batch.take(item, index) for index, item in enumerate(items))
    await insert_rows(session, table_of(UsageReport), batch.new)
    await update_rows(session, table_of(UsageReport), "number", batch.changed)
    # A report of the day of the telling stays as it is, whatever is told of the same posts later.
    await batch.cells.store(session)
    if batch.new or batch.changed:
        # Nobody is told of it, but by its position a report knows that it was not drawn too early.
        head.take()
    counts = Counter(result.status for result in results)
    return UsageSubmitted(
        created=counts[SubmitStatus.CREATED],
        updated=counts[SubmitStatus.UPDATED],
        unchanged=counts[SubmitStatus.UNCHANGED],
        rejected=counts[SubmitStatus.REJECTED],
        results=results,
    )


async def _used(session: AsyncSession, principal: Principal, ids: Iterable[str]) -> dict[str, int]:
    """Numbers of the materials among these that were ever published, or are the partner's own."""
    published = exists().where(Version.material == Material.number, Version.published.is_not(None))
    wanted = sorted(ids)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Material.id, Material.number).where(
            among(Material.id, wanted[start : start + _AT_ONCE], session),
            or_(published, Material.author == principal.partner),
        )
        found |= {row.id: row.number for row in await session.execute(query)}
    return found


async def _standing(session: AsyncSession, principal: Principal, urls: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The partner's own reports of these posts, as rows."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(urls), _AT_ONCE):
        query = select(*table_of(UsageReport).c).where(
            UsageReport.partner == principal.partner, among(UsageReport.url, urls[start : start + _AT_ONCE], session)
        )
        found |= {row["url"]: dict(row) for row in (await session.execute(query)).mappings()}
    return found


class _Batch:
    """What one submission changes, folded item by item: a post may come twice in it."""

    def __init__(
        self, partner: int, cells: Deltas, used: Mapping[str, int], standing: dict[str, dict[str, Any]]
    ) -> None:
        self._partner = partner
        self.cells = cells
        self._used = used
        self._standing = standing
        self._at = times.now()
        self._changed: dict[str, dict[str, Any]] = {}
        self.new: list[dict[str, Any]] = []
        """Rows to insert."""

    @property
    def changed(self) -> list[dict[str, Any]]:
        """Rows for `update_rows`, by number."""
        return list(self._changed.values())

    def take(self, item: Read, index: int) -> UsageResult:
        if isinstance(item, FieldError):
            return UsageResult(index=index, status=SubmitStatus.REJECTED, errors=(item,))
        material = self._used.get(item.said.material)
        if material is None:
            fault = FieldError(f"/usage/{index}/material", "unknown_material", "No material was published by this id.")
            return UsageResult(index=index, status=SubmitStatus.REJECTED, errors=(fault,))
        said = item.said
        content = {"material": material, "platform": said.platform, "day": said.date.isoformat(), "reach": said.reach}
        return UsageResult(index=index, status=self._put(item.url, content))

    def _put(self, url: str, content: dict[str, Any]) -> SubmitStatus:
        row = self._standing.get(url)
        if row is None:
            self._standing[url] = content | {"partner": self._partner, "url": url, "updated": self._at}
            self.new.append(self._standing[url])
            self._count(content, 1)
            return SubmitStatus.CREATED
        if all(row[name] == value for name, value in content.items()):
            return SubmitStatus.UNCHANGED
        self._count(row, -1)
        self._count(content, 1)
        row.update(content)
        # A row of this very batch has no number yet, and was changed in place.
        if "number" in row:
            self._changed[url] = content | {"at": row["number"], "updated": self._at}
        return SubmitStatus.UPDATED

    def _count(self, row: Mapping[str, Any], sign: int) -> None:
        key = row["day"][:7], row["material"], self._partner, row["platform"]
        self.cells.add(key, (1, row["reach"]), sign)


async def differences(session: AsyncSession) -> list[Difference]:
    """Where the cells are not what the reports of use come to as they stand."""
    month = func.substr(UsageReport.day, 1, 7).label("month")
    keys = (month, UsageReport.material, UsageReport.partner, UsageReport.platform)
    posts = select(*keys, literal(1).label("posts"), UsageReport.reach)
    return await cells.differences(session, UsageCell, posts, _MEASURES)


async def page(session: AsyncSession, principal: Principal, material: str | None, after: int, limit: int) -> UsagePage:
    """The partner's own reports in the order of their arrival, those behind `after`."""
    query = (
        select(UsageReport, Material.id)
        .join(Material, Material.number == UsageReport.material)
        .where(UsageReport.partner == principal.partner, UsageReport.number > after)
        .order_by(UsageReport.number)
        .limit(limit + 1)
    )
    if material is not None:
        query = query.where(Material.id == material)
    rows = (await session.execute(query)).all()
    found = tuple(_out(*row) for row in rows[:limit])
    return UsagePage(usage=found, next=str(rows[limit - 1][0].number) if len(rows) > limit else None)


def _out(row: UsageReport, material: str) -> UsageOut:
    return UsageOut(
        material=material,
        url=row.url,
        platform=row.platform,
        date=date.fromisoformat(row.day),
        reach=row.reach,
        updated=times.from_micros(row.updated),
    )


class Filter(NamedTuple):
    """Which reports to add up; None leaves a bound out."""

    material: str | None
    campaign: str | None
    since: date | None
    until: date | None
    """Exclusive."""


async def totals(session: AsyncSession, principal: Principal, wanted: Filter) -> UsageTotals:
    """Sums over the reports on the principal's own materials, those of its campaigns, and its own reports.

    By material and platform; the operator sees all.
    """
    counted = (func.count(), func.count(UsageReport.partner.distinct()), func.sum(UsageReport.reach))
    query = (
        select(Material.id, UsageReport.platform, *counted)
        .join(Material, Material.number == UsageReport.material)
        .where(_in_sight(principal))
        .group_by(Material.id, UsageReport.platform)
        .order_by(Material.id, UsageReport.platform)
    )
    if wanted.material is not None:
        query = query.where(Material.id == wanted.material)
    if wanted.campaign is not None:
        query = query.where(_of(Version.campaign == wanted.campaign))
    if wanted.since is not None:
        query = query.where(UsageReport.day >= wanted.since.isoformat())
    if wanted.until is not None:
        query = query.where(UsageReport.day < wanted.until.isoformat())
    # PostgreSQL sums bigint to numeric, which arrives as Decimal.
    rows = (UsageTotal(*row[:2], *map(int, row[2:])) for row in await session.execute(query))
    return UsageTotals(totals=tuple(rows))


def _in_sight(principal: Principal) -> ColumnElement[bool]:
    if principal.is_operator:
        return true()
    mine = select(CAMPAIGN.c.slug).where(CAMPAIGN.c.owner == principal.partner)
    return or_(
        UsageReport.partner == principal.partner,
        Material.author == principal.partner,
        _of(Version.campaign.in_(mine)),
    )


def _of(campaign: ColumnElement[bool]) -> ColumnElement[bool]:
    """The materials that were published for such a campaign."""
    return exists().where(Version.material == Material.number, Version.published.is_not(None), campaign)
