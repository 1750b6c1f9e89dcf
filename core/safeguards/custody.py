"""Chain of custody: who held a piece of evidence, each entry naming the one before by its digest.

The evidence never comes to the hub. Whoever changes an entry afterwards has to change all that follow, and the manifest
that the other side took earlier still says what it was.
"""

from hashlib import sha256

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.auth import partners
from core.auth.access import Principal
from core.errors import Conflict, Forbidden
from core.safeguards import preservations
from core.safeguards.models import CustodyEntry, Preservation
from core.takedowns import personal
from core.wire.common import FieldError
from core.wire.preservations import CustodyAction, CustodyIn, CustodyManifest, CustodyOut, PreservationState

_KEPT = (PreservationState.PRESERVED, PreservationState.HANDED_OVER)


async def append(session: AsyncSession, principal: Principal, row: Preservation, data: CustodyIn) -> CustodyOut:
    """The next entry. Raises `Conflict` naming the field, or when it does not follow from those before."""
    parties = {row.partner, row.platform}
    if principal.partner not in parties:
        raise Forbidden("Custody is between the platform and the partner that asked.")
    if row.state not in _KEPT:
        raise Conflict(f"The request is {row.state}; custody begins when the data is preserved.")
    fault = personal.fault(data.item, "/item")
    if fault:
        raise Conflict("Name the item by its number.", errors=[fault])
    receiver = await _receiver(session, row, principal, data)
    before = await entries(session, row)
    _follow(before, data, (await partners.slugs(session, [principal.partner]))[principal.partner])
    entry = CustodyEntry(
        preservation=row.number,
        seq=len(before) + 1,
        at=times.now(),
        partner=principal.partner,
        client=principal.client,
        action=data.action.value,
        item=data.item,
        sha256=data.sha256,
        size=data.size,
        to=receiver,
        previous=digest(before[-1]) if before else "",
    )
    session.add(entry)
    await session.flush()
    if data.action is CustodyAction.HANDED_OVER and row.state != PreservationState.HANDED_OVER:
        await preservations.settle(session, row, PreservationState.HANDED_OVER)
    return (await entries(session, row))[-1]


async def _receiver(session: AsyncSession, row: Preservation, principal: Principal, data: CustodyIn) -> int | None:
    hands_over = data.action is CustodyAction.HANDED_OVER
    if hands_over != (data.to is not None):
        raise _fault("/to", "receiver", "`to` belongs to handed_over, and only there.")
    if data.to is None:
        return None
    other = row.partner if principal.partner == row.platform else row.platform
    if (await partners.slugs(session, [other]))[other] != data.to:
        raise _fault("/to", "receiver", "Hand it over to the other party of the request.")
    return other


def _follow(before: list[CustodyOut], data: CustodyIn, caller: str) -> None:
    same = [one for one in before if one.item == data.item]
    if data.action is CustodyAction.COLLECTED:
        if same:
            raise Conflict(
                f"{data.item} was collected on {same[0].at:%Y-%m-%d} already; give another item its own name."
            )
        return
    if not same:
        raise Conflict(f"{data.item} was not collected yet.")
    if (same[0].sha256, same[0].size) != (data.sha256, data.size):
        error = FieldError("/sha256", "altered", f"It was collected as {same[0].sha256}, {same[0].size} bytes.")
        raise Conflict("This is not what was collected. Stop, and look who had it last.", errors=[error])
    handed = next((one for one in reversed(same) if one.action is CustodyAction.HANDED_OVER), None)
    if data.action is CustodyAction.RECEIVED and (handed is None or handed.to != caller):
        raise Conflict(f"{data.item} was not handed over to you.")


def _fault(pointer: str, code: str, detail: str) -> Conflict:
    return Conflict("The entry cannot be added as it is.", errors=[FieldError(pointer, code, detail)])


def digest(entry: CustodyOut) -> str:
    """What the entry after it names."""
    return sha256(msgspec.json.encode(entry)).hexdigest()


async def entries(session: AsyncSession, row: Preservation) -> list[CustodyOut]:
    """In their order."""
    query = select(CustodyEntry).where(CustodyEntry.preservation == row.number).order_by(CustodyEntry.seq)
    rows = list(await session.scalars(query))
    known = await partners.slugs(
        session, [one for entry in rows for one in (entry.partner, entry.to) if one is not None]
    )
    return [
        CustodyOut(
            seq=entry.seq,
            at=times.from_micros(entry.at),
            partner=known[entry.partner],
            action=CustodyAction(entry.action),
            item=entry.item,
            sha256=entry.sha256,
            size=entry.size,
            to=None if entry.to is None else known[entry.to],
            previous=entry.previous,
        )
        for entry in rows
    ]


async def manifest(session: AsyncSession, row: Preservation) -> CustodyManifest:
    """All of it, as it stands now."""
    return CustodyManifest(
        preservation=await preservations.read(session, row),
        entries=tuple(await entries(session, row)),
        made=times.from_micros(times.now()),
    )
