"""What the processes of a hub tell each other of its plugins, by one row each (`plugin_state`)."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.errors import Conflict, NotFound
from core.plugin.models import PluginState
from core.plugin.ward import Quarantine
from core.wire.health import Reading

LASTING = frozenset({"breaker", "heartbeat", "memory"})
"""Phases whose quarantine holds in every process, and over a restart, until someone lets the plugin out. What failed in
another phase is tried again when the hub starts."""

_readings = msgspec.json.Decoder(tuple[Reading, ...])


async def read(session: AsyncSession) -> Mapping[str, PluginState]:
    """By plugin, what is known of it."""
    return {row.plugin: row for row in await session.scalars(select(PluginState))}


async def row(session: AsyncSession, plugin: str, origin: str) -> PluginState:
    """The row of `plugin`, to be changed in this transaction."""
    found = await session.get(PluginState, plugin, with_for_update=True)
    if found is None:
        found = PluginState(
            plugin=plugin, origin=origin, phase="", error="", since=0, released=None, cursor=0, lease=0, readings="[]"
        )
        session.add(found)
    return found


async def shut(session: AsyncSession, plugin: str, origin: str, found: Quarantine) -> None:
    """Tell that this process has shut `plugin` away."""
    state = await row(session, plugin, origin)
    state.origin, state.phase, state.error, state.since, state.released = (
        origin,
        found.phase,
        found.error,
        found.since,
        None,
    )


async def clear(session: AsyncSession, plugin: str, origin: str) -> None:
    """Tell that it runs again, after a start that went well."""
    state = await row(session, plugin, origin)
    state.origin, state.phase, state.error = origin, "", ""


async def release(session: AsyncSession, plugin: str) -> None:
    """Let `plugin` out, in every process. Raises `NotFound`, or `Conflict` for one that could not be started."""
    state = await session.get(PluginState, plugin, with_for_update=True)
    if state is None or standing(state, state.origin) is None:
        raise NotFound(f"{plugin} is not in quarantine; see `kmm plugins`.")
    if state.phase not in {*LASTING, "lifespan"}:
        raise Conflict(f"{plugin} could not be started ({state.phase}): restart the hub to load the mended code.")
    state.released = times.now()


async def note(session: AsyncSession, plugin: str, origin: str, readings: Sequence[Reading]) -> None:
    """Keep what its health is."""
    (await row(session, plugin, origin)).readings = msgspec.json.encode(readings).decode()


def standing(state: PluginState | None, origin: str) -> Quarantine | None:
    """The quarantine that the row tells of, unless it is over or of another version than `origin`."""
    if state is None or not state.phase or state.released is not None or state.origin != origin:
        return None
    return Quarantine(state.phase, state.error, state.since)


def readings(state: PluginState) -> tuple[Reading, ...]:
    """What was noted last."""
    return _readings.decode(state.readings)
