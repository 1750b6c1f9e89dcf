"""Replays and pings: asked for here, sent by the dispatcher beside the live order."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.events import feed
from core.log import head
from core.sdk import Conflict, FieldError, Principal, TooManyRequests, from_micros, new_id, now
from plugins.webhooks.endpoints import tell_desk
from plugins.webhooks.models import Endpoint, Replay
from plugins.webhooks.wire import ReplayIn, ReplayOut

_MOST = 100
"""Replays of an endpoint that wait at a time."""


async def ask(session: AsyncSession, principal: Principal, row: Endpoint, data: ReplayIn) -> list[ReplayOut]:
    """Raises `Conflict` when it names neither or both of events and a range, or events that are not the partner's."""
    if bool(data.events) == (data.after is not None):
        raise Conflict("Name either `events` or `after`.")
    if data.after is None:
        found = [await _event(session, principal, index, name) for index, name in enumerate(data.events)]
        return await _add(session, row, [_replay(row, "event", at - 1, at) for at in found])
    top = await head.position(session)
    until = top if data.until is None else min(data.until, top)
    return await _add(session, row, [_replay(row, "range", await feed.begin(session, data.after), until)])


async def ping(session: AsyncSession, row: Endpoint) -> ReplayOut:
    """One `webhook.ping`, to see whether the endpoint answers, also while it is disabled."""
    (made,) = await _add(session, row, [_replay(row, "ping", 0, 0)])
    return made


async def listing(session: AsyncSession, row: Endpoint) -> list[ReplayOut]:
    """The newest first, a hundred at most."""
    found = select(Replay).where(Replay.endpoint == row.id).order_by(Replay.created.desc(), Replay.id).limit(_MOST)
    return [_to_wire(one) for one in await session.scalars(found)]


async def _event(session: AsyncSession, principal: Principal, index: int, name: str) -> int:
    position = int(name.removeprefix("evt_"))
    found = await feed.recorded(session, principal, position - 1, 1)
    if not found.events or found.events[0].id != name:
        fault = FieldError(f"/events/{index}", "not_found", "There is no such event that you may see.")
        raise Conflict("Not every event can be sent again.", errors=[fault])
    return position


def _replay(row: Endpoint, kind: str, after: int, until: int) -> Replay:
    name = new_id("ping" if kind == "ping" else "rpl")
    return Replay(
        id=name,
        endpoint=row.id,
        kind=kind,
        cursor=after,
        until=until,
        failures=0,
        due=0,
        state="waiting",
        created=now(),
    )


async def _add(session: AsyncSession, row: Endpoint, made: Sequence[Replay]) -> list[ReplayOut]:
    waiting = select(func.count()).where(Replay.endpoint == row.id, Replay.state == "waiting")
    if (await session.execute(waiting)).scalar_one() + len(made) > _MOST:
        raise TooManyRequests(f"{_MOST} replays of this endpoint wait already.", headers={"Retry-After": "60"})
    session.add_all(made)
    await tell_desk(session)
    return [_to_wire(one) for one in made]


def _to_wire(row: Replay) -> ReplayOut:
    return ReplayOut(row.id, row.kind, row.state, row.cursor, from_micros(row.created))
