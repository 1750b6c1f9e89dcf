"""What was asked or decided and leaves no trace in the log itself: one row each, kept as long as `retention` says."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core import times
from core.log.models import Audit


class Actor(Protocol):
    """Who did it: a principal."""

    @property
    def client(self) -> str: ...

    @property
    def partner(self) -> int: ...


async def note(session: AsyncSession, actor: Actor, what: str, *details: Mapping[str, Any]) -> None:
    """Write down that `actor` did `what`, an operation or command, in the transaction of `session`.

    Once for each of the details, which become JSON objects: ids, counts and reasons, never the value of a signal.
    """
    done = {"at": times.now(), "client": actor.client, "partner": actor.partner, "what": what}
    rows = [done | {"detail": msgspec.json.encode(detail).decode()} for detail in details]
    await session.execute(insert(Audit), rows)
