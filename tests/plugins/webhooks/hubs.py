"""A hub with the plugin alone, told of the receivers that it may reach, and events to deliver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from msgspec.structs import replace
from sqlalchemy import select

import plugins.webhooks
from core.auth.models import Partner
from core.log import head
from core.log.events import record
from core.settings import Settings
from core.testing import TestedHub, run_hub
from core.wire.events import ReportFrozen
from tests.conftest import Cast


class Reachable(Protocol):
    """Something that listens on loopback."""

    @property
    def place(self) -> str:
        """Host and port."""

    @property
    def url(self) -> str: ...


@asynccontextmanager
async def reaching(settings: Settings, *receivers: Reachable, cast: Cast | None = None) -> AsyncIterator[TestedHub]:
    """A hub that may reach these receivers."""
    told = replace(settings, plugins={"webhooks": {"allow": [receiver.place for receiver in receivers]}})
    async with run_hub(told, [plugins.webhooks], cast) as hub:
        yield hub


async def tell(hub: TestedHub, count: int, *slugs: str, word: str = "rpt") -> list[str]:
    """Record so many events for these partners; returns their ids."""
    async with head.writing(hub.parts.db, "tests", "Tell") as session:
        to = list(await session.scalars(select(Partner.id).where(Partner.slug.in_(slugs))))
        events = [ReportFrozen(f"{word}_{number}", sha256="0" * 64) for number in range(count)]
        positions = [await record(session, event, to=to) for event in events]
    return [f"evt_{position}" for position in positions]


async def register(hub: TestedHub, slug: str, receiver: Reachable, **more: Any) -> dict[str, Any]:
    """An endpoint of this partner for events of the tests, unless told otherwise."""
    body = {"url": receiver.url, "types": ["report.frozen"]} | more
    answer = await hub.client_as(slug).post("/webhooks/endpoints", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
