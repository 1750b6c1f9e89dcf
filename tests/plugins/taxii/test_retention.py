"""What has been kept for long enough goes: statuses by their time, objects with the claims that they mean."""

from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import update

from core import times
from core.auth.viewers import viewer
from core.db import Database
from core.log.models import Retention
from core.sdk import Context
from core.signals import retention as claims
from core.testing import TestedHub
from plugins.taxii.models import TaxiiStatus
from plugins.taxii.posting import retention, statuses
from tests.plugins.taxii.posts import Poster, indicator, rows, stix_object

LATER = "2026-02-01T00:00:00.000Z"


async def test_statuses_go_after_two_days(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    old, new = [(await poster.post(indicator(name)))["id"] for name in "ab"]
    async with hub.parts.db.edge(0) as session:
        aged = update(TaxiiStatus).where(TaxiiStatus.id == old)
        await session.execute(aged.values(at=TaxiiStatus.at - 2 * times.DAY))
        assert await statuses.purge(session) == 1
    found = [(await poster.client.get(f"/taxii2/hub/status/{one}/")).status_code for one in (old, new)]
    assert found == [404, 200]


async def test_objects_go_with_the_claims_that_they_mean(hub: TestedHub) -> None:
    poster = Poster(hub, "tiktok")
    await poster.post(indicator("a"), indicator("b"), stix_object("tool", "t", name="A kit"))
    await poster.post(indicator("b", LATER, url="https://other.example/gift"), indicator("a", LATER, revoked=True))
    await Poster(hub, "google").post(indicator("c"))
    ctx = _on(hub.parts.db)
    assert await retention.drop_objects(ctx) == 0, "who follows is still to be told"
    async with hub.parts.db.writer() as session:
        await session.execute(update(Retention).where(Retention.what == "closed_claims").values(seconds=0))
    await claims.purge(hub.parts.db)
    assert await retention.drop_objects(ctx) == 3
    left = {(row.type, row.id): (row.is_first, row.is_last) for row in await rows(hub)}
    assert left.keys() == {("tool", stix_object("tool", "t")["id"])} | {("indicator", indicator(n)["id"]) for n in "bc"}
    assert {*left.values()} == {(True, True)}


def _on(db: Database) -> Context:
    """What the plugin is handed, without its lane."""

    async def viewed(partner: int) -> Any:
        async with db.snapshot(partner) as session:
            return await viewer(session, partner)

    return cast(
        "Context",
        SimpleNamespace(session=lambda one: db.snapshot(one.partner), store=lambda: db.edge(0), viewer=viewed),
    )
