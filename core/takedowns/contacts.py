"""Whom to reach at a partner when its queue is not enough, in which order. Addresses are for it and the operator."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import ids, times
from core.auth.access import Principal
from core.errors import Conflict
from core.log import audit
from core.sealing import Sealer
from core.settings import Settings
from core.takedowns.models import Contact
from core.wire.clock import ContactIn, ContactList, ContactOut
from core.wire.common import FieldError


def sealer(settings: Settings) -> Sealer:
    """Opens the addresses of contacts, each bound to its contact's id."""
    return Sealer(settings.secret, b"contacts")


async def rows(session: AsyncSession, partner: int) -> list[Contact]:
    """The contacts of a partner, the first to be tried first."""
    return list(await session.scalars(select(Contact).where(Contact.partner == partner).order_by(Contact.level)))


async def listing(session: AsyncSession, partner: int, seal: Sealer) -> ContactList:
    """The contacts of a partner, addresses included: for that partner and for the operator."""
    found = await rows(session, partner)
    return ContactList(contacts=tuple(_out(row, seal) for row in found))


async def replace(
    session: AsyncSession,
    principal: Principal,
    partner: int,
    given: Sequence[ContactIn],
    channels: Collection[str],
    seal: Sealer,
) -> ContactList:
    """Put these in place of all contacts of a partner. Raises `Conflict` for a channel that is not among `channels`."""
    for index, one in enumerate(given):
        if one.channel not in channels:
            detail = f"Channels of this hub: {', '.join(sorted(channels)) or 'none'}."
            fault = FieldError(f"/contacts/{index}/channel", "unknown_channel", detail)
            raise Conflict("A contact cannot be reached this way.", errors=[fault])
    await session.execute(delete(Contact).where(Contact.partner == partner))
    for level, one in enumerate(given, 1):
        name = ids.new("con")
        sealed = seal.seal(one.address.encode(), name)
        row = {"id": name, "partner": partner, "level": level, "channel": one.channel, "label": one.label}
        session.add(Contact(**row, address=sealed, added=times.now()))
    await session.flush()
    await audit.note(session, principal, "ReplaceContacts", {"partner": partner, "contacts": len(given)})
    return await listing(session, partner, seal)


def _out(row: Contact, seal: Sealer) -> ContactOut:
    address = seal.open(row.address, row.id).decode()
    return ContactOut(channel=row.channel, address=address, label=row.label, level=row.level)
