"""What became of a post: the status resource of TAXII 2.1 section 4.3, for its poster alone."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.log import retention
from core.sdk import FieldError, NotFound, Principal, is_id, new_id
from plugins.taxii.models import TaxiiStatus

KEPT = "taxii_statuses"
_AT_ONCE = 1_000


class TaxiiStatusDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one object; an id that could not be read is empty."""

    id: str
    version: str
    message: str


class TaxiiPostStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post, which is always done by the time it is answered."""

    id: str
    status: str = "complete"
    request_timestamp: str
    total_count: int
    success_count: int
    successes: tuple[TaxiiStatusDetails, ...]
    failure_count: int
    failures: tuple[TaxiiStatusDetails, ...]
    pending_count: int = 0
    pendings: tuple[TaxiiStatusDetails, ...] = ()


def why(errors: Iterable[FieldError]) -> str:
    """What the hub says of a rejected item, as a message."""
    return "; ".join(f"{error.code}: {error.detail}" for error in errors)


def made(at: str, successes: Iterable[TaxiiStatusDetails], failures: Iterable[TaxiiStatusDetails]) -> TaxiiPostStatus:
    """The status of a post that came `at` a time, in TAXII's spelling."""
    good, bad = tuple(successes), tuple(failures)
    return TaxiiPostStatus(
        id=new_id("post"),
        request_timestamp=at,
        total_count=len(good) + len(bad),
        success_count=len(good),
        successes=good,
        failure_count=len(bad),
        failures=bad,
    )


async def find(session: AsyncSession, principal: Principal, status: str) -> bytes:
    """The caller's own, as it was answered. Raises `NotFound`, also for one that is too old."""
    if not is_id("post", status):
        raise NotFound
    wanted = select(TaxiiStatus.body).where(TaxiiStatus.id == status, TaxiiStatus.partner == principal.partner)
    body = (await session.execute(wanted)).scalar_one_or_none()
    if body is None:
        raise NotFound
    return body


async def purge(session: AsyncSession) -> int:
    """Drop up to a thousand that are older than they are kept; returns how many went."""
    before = await retention.cutoff(session, KEPT)
    some = list(await session.scalars(select(TaxiiStatus.id).where(TaxiiStatus.at < before).limit(_AT_ONCE)))
    await session.execute(delete(TaxiiStatus).where(TaxiiStatus.id.in_(some)))
    return len(some)
