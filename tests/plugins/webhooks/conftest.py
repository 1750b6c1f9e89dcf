"""A hub with the plugin alone, told of the receivers that it may reach, and events to deliver."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

import plugins.webhooks
from core.auth.models import Partner
from core.log import head
from core.log.events import record
from core.settings import Settings
from core.testing import TestedHub, run_hub
from core.wire.events import ReportFrozen
from tests.plugins.webhooks.receivers import Receiver

Start = Callable[..., AbstractAsyncContextManager[TestedHub]]


@pytest.fixture
def start(hub_settings: Settings) -> Start:
    """`async with start(receiver, …) as hub`: a hub that may reach them."""

    @asynccontextmanager
    async def run(*receivers: Receiver) -> AsyncIterator[TestedHub]:
        allow = [receiver.place for receiver in receivers]
        settings = replace(hub_settings, plugins={"webhooks": {"allow": allow}})
        async with run_hub(settings, [plugins.webhooks]) as hub:
            yield hub

    return run


async def tell(hub: TestedHub, count: int, *slugs: str, word: str = "rpt") -> list[str]:
    """Record so many events for these partners; returns their ids."""
    async with head.writing(hub.parts.db, "tests", "Tell") as session:
        to = list(await session.scalars(select(Partner.id).where(Partner.slug.in_(slugs))))
        positions = [await record(session, ReportFrozen(f"{word}_{number}"), to=to) for number in range(count)]
    return [f"evt_{position}" for position in positions]


async def register(hub: TestedHub, slug: str, receiver: Receiver, **more: Any) -> dict[str, Any]:
    """An endpoint of this partner for events of the tests, unless told otherwise."""
    body = {"url": receiver.url, "types": ["report.frozen"]} | more
    answer = await hub.client_as(slug).post("/webhooks/endpoints", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
