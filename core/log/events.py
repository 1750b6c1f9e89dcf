"""Recording events: beside the change that they speak of, in its transaction."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, column, insert, literal, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import insert_rows, table_of
from core.log.head import Head
from core.log.models import Addressee, EventRow
from core.wire.events import Event
from core.wire.scopes import PartnerKind, Scope

# By name: who partners are is told by rooms that stand on this one.
_partner = table("partner", column("id"), column("kind"), column("state"))
_kind_scope = table("kind_scope", column("kind"), column("scope"))


async def record(session: AsyncSession, event: Event, *, to: Collection[int] = (), holders: Scope | None = None) -> int:
    """Write `event` at the next position of this transaction and return that position.

    Addressed to the partners `to`, to those whose kind may hold the scope `holders`, and to every operator, as far as
    they are active now.
    """
    head: Head = session.info["head"]
    position = head.take()
    tag = event.__struct_config__.tag
    body = msgspec.json.encode(event).decode()
    await session.execute(insert(EventRow).values(position=position, type=tag, body=body))
    found = select(_partner.c.id, literal(position)).where(_meant(to, holders))
    await session.execute(insert(Addressee).from_select(["partner", "position"], found))
    return position


async def record_all(session: AsyncSession, events: Sequence[Event], *, to: Collection[int] = ()) -> range:
    """`record` for thousands of events that are for the same partners. Returns their positions."""
    if not events:
        return range(0)
    head: Head = session.info["head"]
    positions = range(head.position + 1, head.position + 1 + len(events))
    rows = [
        {"position": head.take(), "type": event.__struct_config__.tag, "body": msgspec.json.encode(event).decode()}
        for event in events
    ]
    await insert_rows(session, table_of(EventRow), rows)
    partners = (await session.scalars(select(_partner.c.id).where(_meant(to, None)))).all()
    addressed = [{"partner": partner, "position": position} for partner in partners for position in positions]
    await insert_rows(session, table_of(Addressee), addressed)
    return positions


def _meant(to: Collection[int], holders: Scope | None) -> ColumnElement[bool]:
    meant = or_(_partner.c.kind == PartnerKind.OPERATOR.value, _partner.c.id.in_(sorted(to)))
    if holders is not None:
        held = select(_kind_scope.c.kind).where(_kind_scope.c.scope == holders.value)
        meant = or_(meant, _partner.c.kind.in_(held))
    return (_partner.c.state == "active") & meant
