"""Activities: told in bulk, kept per submitter, counted by province."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.auth.models import Partner
from core.campaigns import points, reach, strands
from core.campaigns.models import Activity
from core.campaigns.places import communes
from core.db import among, insert_rows, table_of, update_rows
from core.edge import field_error
from core.log.events import record
from core.wire.campaigns import (
    ActivitiesSubmitted,
    ActivityIn,
    ActivityKind,
    ActivityOut,
    ActivityPage,
    ActivityResult,
    AudienceCounts,
    ConnectionPoint,
    EvidenceLink,
    Place,
)
from core.wire.common import FieldError
from core.wire.events import CampaignChanged
from core.wire.scopes import Scope
from core.wire.signals import SubmitStatus

_decoder = msgspec.json.Decoder(ActivityIn)
_evidence = msgspec.json.Decoder(tuple[EvidenceLink, ...])


def read(items: Sequence[msgspec.Raw]) -> list[ActivityIn | ActivityResult]:
    """Each item on its own: one that is wrong becomes its rejection, and holds up none of the others."""
    return [_read(raw, index) for index, raw in enumerate(items)]


async def submit(
    session: AsyncSession, principal: Principal, campaign: str, items: Sequence[ActivityIn | ActivityResult]
) -> ActivitiesSubmitted:
    """Store what `read` made of the items."""
    names = [item.external_id for item in items if isinstance(item, ActivityIn) and item.external_id is not None]
    batch = _Batch(campaign, principal.partner, await _standing(session, principal, campaign, names))
    results = tuple(
        item if isinstance(item, ActivityResult) else batch.take(item, index) for index, item in enumerate(items)
    )
    # While the points of before are still there.
    await reach.keep(session, list(batch.before.values()), batch.after, batch.told)
    await insert_rows(session, table_of(Activity), batch.new)
    await update_rows(session, table_of(Activity), "id", batch.changed)
    await points.replace(session, batch.points)
    if batch.new or batch.changed:
        await record(session, CampaignChanged(campaign=campaign), holders=Scope.CAMPAIGNS_READ)
    counts = Counter(result.status for result in results)
    return ActivitiesSubmitted(
        created=counts[SubmitStatus.CREATED],
        updated=counts[SubmitStatus.UPDATED],
        unchanged=counts[SubmitStatus.UNCHANGED],
        rejected=counts[SubmitStatus.REJECTED],
        results=results,
    )


def _read(raw: msgspec.Raw, index: int) -> ActivityIn | ActivityResult:
    pointer = f"/activities/{index}"
    try:
        item = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        return _rejected(index, field_error(exc, pointer, ActivityIn))
    fault = _fault(item, pointer)
    return _rejected(index, fault) if fault else item


def _fault(item: ActivityIn, pointer: str) -> FieldError | None:
    """What the shape of an item cannot tell: units of its day, known strands."""
    if item.strand is not None and item.strand not in strands.ALL:
        known = ", ".join(strands.ALL)
        return FieldError(f"{pointer}/strand", "unknown_strand", f"The strands are {known}.")
    place = communes.fault(item.place.province, item.place.commune, item.date, f"{pointer}/place")
    return place or points.fault(item.points, item.date, f"{pointer}/points")


def _rejected(index: int, fault: FieldError) -> ActivityResult:
    return ActivityResult(index=index, id=None, status=SubmitStatus.REJECTED, errors=(fault,))


class _Batch:
    """What one submission changes, folded item by item: a name may come twice in it."""

    def __init__(self, campaign: str, partner: int, standing: dict[str, dict[str, Any]]) -> None:
        self._fixed = {"campaign": campaign, "partner": partner}
        self._at = times.now()
        self._standing = standing
        self._changed: dict[str, dict[str, Any]] = {}
        self.new: list[dict[str, Any]] = []
        """Rows to insert."""
        self.before: dict[str, dict[str, Any]] = {}
        """Rows as they stood, by id, of those that change."""
        self.told: dict[str, tuple[ConnectionPoint, ...]] = {}
        """All connection points, by activity, of those that are new or change."""
        self.points: dict[str, tuple[ConnectionPoint, ...]] = {}
        """All connection points, by activity, where they are not those that stand."""

    @property
    def changed(self) -> list[dict[str, Any]]:
        """Rows for `update_rows`, by id."""
        return list(self._changed.values())

    @property
    def after(self) -> list[dict[str, Any]]:
        """Rows as they will stand, of those that are new or change."""
        rows = {row["id"]: row for row in self._standing.values()}
        return [*self.new, *(rows[activity] for activity in self._changed)]

    def take(self, item: ActivityIn, index: int) -> ActivityResult:
        content = _columns(item)
        row = self._standing.get(item.external_id) if item.external_id is not None else None
        if row is None:
            row = content | self._fixed | {"id": ids.new("act"), "external_id": item.external_id, "updated": self._at}
            self.new.append(row)
            self._take_points(row["id"], item, None)
            if item.external_id is not None:
                self._standing[item.external_id] = row
            return ActivityResult(index=index, id=row["id"], status=SubmitStatus.CREATED)
        if all(row[name] == value for name, value in content.items()):
            return ActivityResult(index=index, id=row["id"], status=SubmitStatus.UNCHANGED)
        self._take_points(row["id"], item, row["points_digest"])
        # A row of this very batch has no number yet, and was changed in place.
        if "number" in row:
            self.before.setdefault(row["id"], dict(row))
        row.update(content)
        if "number" in row:
            self._changed[row["id"]] = content | {"at": row["id"], "updated": self._at}
        return ActivityResult(index=index, id=row["id"], status=SubmitStatus.UPDATED)

    def _take_points(self, activity: str, item: ActivityIn, standing: str | None) -> None:
        self.told[activity] = item.points
        if points.digest(item.points) != standing:
            self.points[activity] = item.points


def _columns(item: ActivityIn) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "title": item.title,
        "province": item.place.province,
        "commune": item.place.commune,
        "venue": item.place.venue,
        "day": item.date.isoformat(),
        "organiser": item.organiser,
        **msgspec.structs.asdict(item.audience),
        "strand": item.strand,
        "evidence": msgspec.json.encode(item.evidence).decode(),
        "points": len(item.points),
        "points_digest": points.digest(item.points),
    }


async def _standing(
    session: AsyncSession, principal: Principal, campaign: str, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The submitter's own activities under these names, as rows with every column."""
    found: dict[str, dict[str, Any]] = {}
    # SQLite takes 32,766 variables a statement; a page of names keeps it far from there.
    for start in range(0, len(names), 5_000):
        query = select(*table_of(Activity).c).where(
            Activity.campaign == campaign,
            Activity.partner == principal.partner,
            among(Activity.external_id, names[start : start + 5_000], session),
        )
        found |= {row["external_id"]: dict(row) for row in (await session.execute(query)).mappings()}
    return found


class Filter(NamedTuple):
    """Which activities of a campaign to list; None leaves a bound out."""

    province: str | None
    since: date | None
    until: date | None
    """Exclusive."""


async def page(
    session: AsyncSession, principal: Principal, campaign: str, wanted: Filter, after: int, limit: int
) -> ActivityPage:
    """Activities in the order in which they arrived, those behind `after`."""
    query = (
        select(Activity, Partner.slug)
        .join(Partner, Partner.id == Activity.partner)
        .where(Activity.campaign == campaign, Activity.number > after)
        .order_by(Activity.number)
        .limit(limit + 1)
    )
    if wanted.province is not None:
        query = query.where(Activity.province == wanted.province)
    if wanted.since is not None:
        query = query.where(Activity.day >= wanted.since.isoformat())
    if wanted.until is not None:
        query = query.where(Activity.day < wanted.until.isoformat())
    rows = (await session.execute(query)).all()
    found = tuple(_out(row, slug, own=row.partner == principal.partner) for row, slug in rows[:limit])
    return ActivityPage(activities=found, next=str(rows[limit - 1][0].number) if len(rows) > limit else None)


def _out(row: Activity, partner: str, *, own: bool) -> ActivityOut:
    return ActivityOut(
        id=row.id,
        campaign=row.campaign,
        partner=partner,
        kind=ActivityKind(row.kind),
        title=row.title,
        place=Place(province=row.province, commune=row.commune, venue=row.venue),
        date=date.fromisoformat(row.day),
        organiser=row.organiser,
        audience=AudienceCounts(row.sites, row.classes, row.participants, row.views),
        strand=row.strand,
        evidence=_evidence.decode(row.evidence),
        point_count=row.points,
        external_id=row.external_id if own else None,
        updated=times.from_micros(row.updated),
    )
