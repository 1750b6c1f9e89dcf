"""A feed as an ORM has it: SQLAlchemy objects page by page in this process, made into the items of the wire."""

from collections.abc import AsyncGenerator

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from core.auth.models import Audience, Sight
from core.signals.keys import Keys, hex_sum, public_id
from core.signals.models import Claim, Signal
from core.times import from_micros
from core.wire.signals import Category, Severity, SignalOut, State, Tlp
from tests.postgres import as_superuser

_encoder = msgspec.json.Encoder()


async def pages(database_url: str, keys: Keys, partner: int, after: int, limit: int) -> AsyncGenerator[bytes, None]:
    """NDJSON of `limit` live claims at a time that `partner` sees, in the order of their positions, without end."""
    engine = create_async_engine(as_superuser(database_url))
    seen = select(Sight.audience).where(Sight.partner == partner)
    try:
        while True:
            async with AsyncSession(engine) as session:
                found = await session.execute(
                    select(Claim, Signal, Audience)
                    .join(Signal, Signal.id == Claim.signal)
                    .join(Audience, Audience.id == Claim.audience)
                    .where(Claim.position > after, Claim.closed == 0, Claim.audience.in_(seen))
                    .order_by(Claim.position)
                    .limit(limit)
                )
                rows = found.all()
                page = _encoder.encode_lines([_item(*row, keys) for row in rows])
            after = rows[-1][0].position
            yield page
    finally:
        await engine.dispose()


def _item(claim: Claim, signal: Signal, audience: Audience, keys: Keys) -> SignalOut:
    return SignalOut(
        id=public_id(signal.key),
        state=State.ACTIVE,
        position=claim.position,
        kind=signal.kind,
        value=claim.value,
        tlp=Tlp(audience.tlp),
        category=Category(claim.category),
        severity=Severity(claim.severity) if claim.severity else None,
        confidence=claim.confidence,
        first_seen=None if claim.first_seen is None else from_micros(claim.first_seen),
        last_seen=None if claim.last_seen is None else from_micros(claim.last_seen),
        valid_until=None if claim.valid_until is None else from_micros(claim.valid_until),
        campaign=claim.campaign,
        claims=1,
        check=hex_sum(keys.check(claim.position)),
    )
