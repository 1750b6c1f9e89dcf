"""What waits for a reviewer: signals that a dispute suspended, claims that were held."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import partners
from core.auth.access import Principal, visible
from core.db import among
from core.signals import score, view
from core.signals.keys import public_id
from core.signals.models import Claim, Opinion
from core.signals.view import Lens
from core.times import from_micros
from core.wire.opinions import Stance
from core.wire.reviews import HeldOf, ReviewedClaim, SignalReview, SignalReviews, Waiting
from core.wire.signals import Category, Severity, Tlp

_Rows = Sequence[Any]


async def disputes(
    session: AsyncSession, principal: Principal, lens: Lens, partner: int | None, after: str | None, limit: int
) -> SignalReviews:
    """Opinions that suspend a signal and were not judged yet, `partner`'s or everyone's."""
    opinions = select(Opinion).where(Opinion.suspends, Opinion.verdict == "")
    if partner is not None:
        opinions = opinions.where(Opinion.partner == partner)
    at = (Opinion.signal, Opinion.partner)
    beyond = tuple_(Opinion.signal, Opinion.partner) > _place(after)
    found = list(await session.scalars(opinions.where(beyond).order_by(*at).limit(limit + 1)))
    page = found[:limit]
    claims = await _claims(session, principal, [one.signal for one in page])
    slugs = await _slugs(session, claims.values(), [one.partner for one in page])
    reviews = (
        _review(
            claims[one.signal],
            lens,
            slugs,
            what=Waiting.DISPUTE,
            partner=slugs[one.partner],
            stance=Stance(one.stance),
            reason=one.reason,
            since=from_micros(one.at),
        )
        for one in page
        if one.signal in claims
    )
    last = page[-1] if len(found) > limit else None
    return SignalReviews(reviews=tuple(reviews), next=f"{last.signal}-{last.partner}" if last else None)


async def quarantine(
    session: AsyncSession, principal: Principal, lens: Lens, partner: int | None, after: str | None, limit: int
) -> SignalReviews:
    """Claims that are held, `partner`'s or everyone's; the first page adds them up."""
    mine = [visible(Claim, principal), Claim.closed == 0, Claim.held != ""]
    if partner is not None:
        mine.append(Claim.partner == partner)
    at = (Claim.partner, Claim.position)
    columns = select(Claim.partner, Claim.position, Claim.signal, Claim.held, Claim.opened_at).where(*mine)
    beyond = tuple_(Claim.partner, Claim.position) > _place(after)
    found = (await session.execute(columns.where(beyond).order_by(*at).limit(limit + 1))).all()
    page = found[:limit]
    sums = []
    if after is None:
        counted = select(Claim.partner, Claim.held, func.count(), func.min(Claim.opened_at)).where(*mine)
        by = (Claim.partner, Claim.held)
        sums = list((await session.execute(counted.group_by(*by).order_by(*by))).all())
    claims = await _claims(session, principal, [one.signal for one in page])
    slugs = await _slugs(session, claims.values(), [*(row.partner for row in page), *(row.partner for row in sums)])
    reviews = (
        _review(
            claims[one.signal],
            lens,
            slugs,
            what=Waiting.QUARANTINE,
            partner=slugs[one.partner],
            stance=None,
            reason=one.held,
            since=from_micros(one.opened_at),
        )
        for one in page
    )
    last = page[-1] if len(found) > limit else None
    return SignalReviews(
        reviews=tuple(reviews),
        next=f"{last.partner}-{last.position}" if last else None,
        held=tuple(HeldOf(slugs[owner], held, count, from_micros(since)) for owner, held, count, since in sums),
    )


def _place(after: str | None) -> tuple[int, int]:
    """A cursor is two numbers, in whose order the queue is."""
    first, _, second = (after or "0-0").partition("-")
    return int(first), int(second)


async def _claims(session: AsyncSession, principal: Principal, signals: Sequence[int]) -> dict[int, _Rows]:
    """The standing claims on each signal, whatever their state."""
    found: dict[int, list[Any]] = defaultdict(list)
    for start in range(0, len(signals), 5_000):
        these = among(Claim.signal, sorted(set(signals[start : start + 5_000])), session)
        standing = view.claims().add_columns(Claim.held).where(these, visible(Claim, principal), Claim.closed == 0)
        for row in await session.execute(standing.order_by(Claim.opened)):
            found[row.signal].append(row)
    return dict(found)


async def _slugs(session: AsyncSession, claims: Iterable[_Rows], more: Iterable[int]) -> dict[int, str]:
    return await partners.slugs(session, {row.partner for rows in claims for row in rows} | set(more))


def _review(rows: _Rows, lens: Lens, slugs: dict[int, str], **said: Any) -> SignalReview:
    first = rows[0]
    supports = [score.support(row, row.partner, row.opened_at, lens.quality) for row in rows]
    terms = score.terms(supports, view.opinions_of(rows), lens.half_lives.get(first.kind))
    return SignalReview(
        id=public_id(first.key),
        kind=first.kind,
        value=first.value,
        score=score.score(terms, times.now()),
        claims=tuple(_claim(row, slugs[row.partner]) for row in rows),
        **said,
    )


def _claim(row: Any, partner: str) -> ReviewedClaim:
    return ReviewedClaim(
        partner=partner,
        category=Category(row.category),
        confidence=row.confidence,
        severity=Severity(row.severity) if row.severity else None,
        tlp=Tlp(row.tlp) if row.tlp else None,
        origin=row.origin,
        held=row.held,
    )
