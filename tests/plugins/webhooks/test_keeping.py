"""What is kept and for how long, who delivers when there are two processes, and endpoints that stood still too long."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text, update

import plugins.webhooks
from core import times
from core.auth.viewers import viewer
from core.log.models import Retention
from core.plugin.host import PluginHost
from core.testing import TestedHub
from plugins.webhooks import deliveries
from plugins.webhooks.models import Base, Delivery, Desk, Endpoint
from tests.plugins.webhooks.conftest import Start
from tests.plugins.webhooks.hubs import register, tell
from tests.plugins.webhooks.receivers import Receiver, listening
from tests.test_migrations import look


def test_the_models_are_what_was_migrated(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        def ours(name: str | None, kind: str, _: object) -> bool:
            return kind != "table" or str(name).startswith("webhooks_")

        context = MigrationContext.configure(connection, opts={"include_name": ours})
        return list(compare_metadata(context, Base.metadata))

    assert look(database_url, differences) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_attempts_are_kept_for_thirty_days(start: Start) -> None:
    async with start() as hub:
        at = times.now()
        async with hub.parts.db.writer() as session:
            for number, age in enumerate((0, 29, 31, 400), 1):
                session.add(attempt(number, at - age * times.DAY))
        async with hub.parts.db.writer() as session:
            assert await deliveries.purge(session) == 2
        async with hub.parts.db.survey() as session:
            assert (await session.execute(select(func.count()).select_from(Delivery))).scalar_one() == 2


def attempt(number: int, at: int) -> Delivery:
    return Delivery(
        id=number,
        endpoint="whk_1",
        cause="live",
        webhook_id=f"evt_{number}",
        type="report.frozen",
        attempt=1,
        at=at,
        duration=1,
        status=200,
        error=None,
        request="{}",
        response="{}",
        body="",
    )


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_one_of_two_processes_delivers_and_the_other_takes_over(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        second = PluginHost(hub.parts.settings, [plugins.webhooks], look=viewer, strict=True)
        await register(hub, "tiktok", receiver)
        async with second.keeper.running():
            ids = await tell(hub, 30, "tiktok")
            await receiver.until(lambda: len(receiver.got) >= 30)
            await asyncio.sleep(1)
            assert receiver.ids == ids, "both delivered"
            # The one that delivers is told to end: the other begins at once.
            (first,) = [one for one in hub.parts.plugins.keeper.plugins if one.name == "webhooks"]
            await first.lane.leave(5)
            later = await tell(hub, 1, "tiktok")
            await receiver.until(lambda: later[0] in receiver.ids)
        assert receiver.ids == [*ids, *later]
        async with hub.parts.db.survey() as session:
            assert (await session.execute(select(Desk.until))).scalar_one() == 0


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_an_endpoint_from_before_the_horizon_goes_on_there_and_says_so(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver, types=["report.frozen", "webhook.lapsed"])
        await hub.client_as("tiktok").patch(f"/webhooks/endpoints/{made['id']}", json={"state": "disabled"})
        lost = await tell(hub, 3, "tiktok")
        horizon = int(lost[-1].removeprefix("evt_"))
        await purge_events(hub, horizon)
        await hub.client_as("tiktok").patch(f"/webhooks/endpoints/{made['id']}", json={"state": "enabled"})
        kept = await tell(hub, 1, "tiktok")
        await receiver.until(lambda: len(receiver.got) >= 2)
        assert sorted(one.event["type"] for one in receiver.got) == ["report.frozen", "webhook.lapsed"]
        assert kept[0] in receiver.ids
        (lapse,) = [one.event for one in receiver.got if one.event["type"] == "webhook.lapsed"]
        assert lapse["data"] == {"endpoint": made["id"], "position": horizon}


async def purge_events(hub: TestedHub, horizon: int) -> None:
    async with hub.parts.db.writer() as session:
        await session.execute(text(f"DELETE FROM event WHERE position <= {horizon}"))
        await session.execute(update(Retention).where(Retention.what == "events").values(horizon=horizon))


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_hub_without_endpoints_writes_nothing(start: Start) -> None:
    async with start() as hub:
        await asyncio.sleep(1.5)
        async with hub.parts.db.survey() as session:
            assert (await session.execute(select(Desk.holder))).scalar_one() == ""
            assert (await session.execute(select(func.count()).select_from(Endpoint))).scalar_one() == 0
