"""A feed as an ORM has it: SQLAlchemy objects and what they refer to, page by page in this process, as the wire has it.

The pages are the hub's own, byte for byte: the same ids, checks, terms and opinions, made by the same helpers for one
item. What it leaves out are claims that share a signal, and claims that have left: there are none in what is measured.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, joinedload, relationship

from core.auth import models as auth
from core.auth.models import Sight
from core.db import table_of
from core.signals import models, score
from core.signals.keys import Keys, public_id
from core.signals.kinds import Kinds
from core.times import from_micros
from core.wire.score import OpinionCounts, Term, TermKind
from core.wire.signals import Category, Severity, SignalOut, State, Tlp
from tests.postgres import as_superuser

_encoder = msgspec.json.Encoder()
_half_lives = Kinds().half_lives


class _Base(DeclarativeBase):
    """The hub's tables, with relationships; the hub itself has none."""


class Signal(_Base):
    __table__ = table_of(models.Signal)


class Audience(_Base):
    __table__ = table_of(auth.Audience)


class Partner(_Base):
    __table__ = table_of(auth.Partner)


_claim, _signal, _audience, _partner = map(table_of, (models.Claim, models.Signal, auth.Audience, auth.Partner))


class Claim(_Base):
    """What it refers to is said here: the hub's table has no foreign keys."""

    __table__ = _claim
    observed: Mapped[Signal] = relationship(primaryjoin=foreign(_claim.c.signal) == _signal.c.id)
    shared: Mapped[Audience] = relationship(primaryjoin=foreign(_claim.c.audience) == _audience.c.id)
    submitter: Mapped[Partner] = relationship(primaryjoin=foreign(_claim.c.partner) == _partner.c.id)


_WITH = [joinedload(one, innerjoin=True) for one in (Claim.observed, Claim.shared, Claim.submitter)]


async def pages(database_url: str, keys: Keys, partner: int, after: int, limit: int) -> AsyncGenerator[bytes, None]:
    """NDJSON of `limit` live claims at a time that `partner` sees, in the order of their positions, without end."""
    engine = create_async_engine(as_superuser(database_url))
    claim = table_of(models.Claim).c
    seen = select(Sight.audience).where(Sight.partner == partner)
    live = (claim.closed == 0, claim.state == "active", claim.audience.in_(seen))
    try:
        while True:
            async with AsyncSession(engine) as session:
                wanted = select(Claim).where(claim.position > after, *live).order_by(claim.position).limit(limit)
                claims: Sequence[Any] = (await session.scalars(wanted.options(*_WITH))).all()
                page = _encoder.encode_lines([_item(one, keys) for one in claims])
                after = claims[-1].position
            yield page
    finally:
        await engine.dispose()


def _item(claim: Any, keys: Keys) -> SignalOut:
    signal, partner = claim.observed, claim.submitter
    assert signal.claims == 1
    assert not claim.opinions
    strength = score.strength(claim.confidence, 100 if partner.quality is None else partner.quality)
    since = from_micros(score.since(claim, claim.opened_at))
    kind = TermKind.ECHO if claim.derived_from else TermKind.CLAIM
    return SignalOut(
        id=public_id(signal.key),
        state=State.ACTIVE,
        position=claim.position,
        kind=signal.kind,
        value=claim.value,
        tlp=Tlp(claim.shared.tlp) if claim.shared.tlp else None,
        category=Category(claim.category),
        severity=Severity(claim.severity) if claim.severity else None,
        confidence=claim.confidence,
        first_seen=None if claim.first_seen is None else from_micros(claim.first_seen),
        last_seen=None if claim.last_seen is None else from_micros(claim.last_seen),
        valid_until=None if claim.valid_until is None else from_micros(claim.valid_until),
        campaign=claim.campaign,
        claims=1,
        terms=(Term(kind, strength, since, _half_lives.get(signal.kind)),),
        opinions=OpinionCounts(),
        check=keys.check_text(claim.position),
    )
