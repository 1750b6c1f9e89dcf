"""Numbers that decide what is suspended, held or refused, and what a partner has of them left."""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth.access import Principal, visible
from core.auth.models import Partner
from core.driver import Driver
from core.errors import TooManyRequests
from core.log import audit
from core.query import Query
from core.signals.models import Burst, Claim, SignalPolicy
from core.wire.common import FieldError
from core.wire.policy import Figure, Limits, SignalPolicies


class Policy(msgspec.Struct, frozen=True):
    """The numbers in force; what each means is said in `SignalPolicies`."""

    suspend_below: int
    stated_quality: int
    unjudged_suspensions: int
    burst_per_hour: int
    private_lookups_per_day: int
    appeal_look_hours: int
    quality_prior: int
    quality_prior_weight: int
    quality_days: int
    takedowns_per_hour: int
    open_alarms: int
    emergencies_per_hour: int
    open_appeals: int


async def read(session: AsyncSession) -> Policy:
    """The numbers in force."""
    rows = await (await Driver.of(session)).rows("SELECT name, value FROM signal_policy")
    return msgspec.convert(dict(rows), Policy)


async def qualities(session: AsyncSession) -> dict[int, int]:
    """How well the word of each partner weighs, 0 to 100: as stated, else as measured. Others weigh in full."""
    return dict(await _QUALITIES.rows(session))


_QUALITY = func.coalesce(Partner.quality, Partner.measured)
_QUALITIES = Query(select(Partner.id, _QUALITY).where(_QUALITY.is_not(None)))


async def table(session: AsyncSession) -> SignalPolicies:
    """The numbers in force, each with why it is what it is."""
    rows = await session.scalars(select(SignalPolicy))
    return SignalPolicies(**{row.name: Figure(row.value, row.source) for row in rows})


def version(policies: SignalPolicies) -> int:
    """For the ETag: the same for the same numbers and reasons."""
    return int.from_bytes(blake2b(msgspec.json.encode(policies), digest_size=7).digest(), "big")


async def replace(session: AsyncSession, principal: Principal, wanted: SignalPolicies) -> None:
    """Set every number. Holds for what comes; nothing that was held or suspended is looked at again."""
    figures: dict[str, Figure] = msgspec.structs.asdict(wanted)
    for name, figure in figures.items():
        row = update(SignalPolicy).where(SignalPolicy.name == name)
        await session.execute(row.values(value=figure.value, source=figure.source))
    await audit.note(session, principal, "ReplaceSignalPolicy", {name: one.value for name, one in figures.items()})


def full_hour(pointer: str) -> FieldError:
    """Why one change is refused while others of its request may have been taken."""
    detail = f"Your partner's limit of this hour is used up; send it again in {_left()} s."
    return FieldError(pointer, TooManyRequests.code, detail)


def refuse_if_full(sent: int, errors: Sequence[Sequence[FieldError]]) -> None:
    """Raises `TooManyRequests` when each of the items `sent` was refused by `full_hour`, so that programs wait."""
    if 0 < sent == len(errors) and all(one and one[0].code == TooManyRequests.code for one in errors):
        wait = _left()
        headers = {"Retry-After": f"{wait}"}
        raise TooManyRequests(f"Your partner's limit of this hour is used up; more in {wait} s.", headers=headers)


def _left() -> int:
    """Seconds of this hour."""
    return (times.HOUR - times.now() % times.HOUR) // times.SECOND + 1


async def limits(session: AsyncSession, principal: Principal) -> Limits:
    """How much the caller may still open this hour before more of it is held, and what is held of it."""
    now = times.now()
    columns = select(Partner.burst_per_hour, Partner.bulk_until, Partner.quality)
    partner = (await session.execute(columns.where(Partner.id == principal.partner))).one()
    this_hour = select(Burst.opened).where(Burst.partner == principal.partner, Burst.hour == now // times.HOUR)
    own = (Claim.partner == principal.partner, Claim.closed == 0, Claim.held != "")
    held = select(func.count()).select_from(Claim).where(*own, visible(Claim, principal))
    own_limit = partner.burst_per_hour
    return Limits(
        burst_per_hour=(await read(session)).burst_per_hour if own_limit is None else own_limit,
        opened=(await session.execute(this_hour)).scalar_one_or_none() or 0,
        held=(await session.execute(held)).scalar_one(),
        bulk_until=times.from_micros(partner.bulk_until) if partner.bulk_until and partner.bulk_until > now else None,
        quality=partner.quality,
    )
