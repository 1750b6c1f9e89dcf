"""How things happen in the tests of events."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from core.auth.models import Partner
from core.log import head
from core.log.events import record
from core.testing import TestedHub
from core.wire.events import Event
from core.wire.scopes import Scope


@pytest.fixture
async def tell(hub: TestedHub) -> Callable[..., Awaitable[int]]:
    """Records an event for the partners of these slugs, and for the holders of a scope; returns its position."""

    async def tell(event: Event, *slugs: str, holders: Scope | None = None) -> int:
        async with head.writing(hub.parts.db, "tests", "Tell") as session:
            to = list(await session.scalars(select(Partner.id).where(Partner.slug.in_(slugs))))
            position = await record(session, event, to=to, holders=holders)
        hub.parts.wake.tell()
        return position

    return tell


@pytest.fixture
async def submit(hub: TestedHub) -> Callable[..., Awaitable[int]]:
    """Submits a signal of each of these names; returns the position up to which the log has come."""

    async def submit(slug: str, *names: str, tlp: str = "GREEN") -> int:
        items = [{"kind": "domain", "value": f"{name}.example", "tlp": tlp} for name in names]
        answer = await hub.client_as(slug).post("/v1/signals", json={"signals": items})
        return int(answer.raise_for_status().json()["position"])

    return submit
