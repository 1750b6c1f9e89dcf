"""Events as a list: in order, page by page, by type, and for those alone whom they concern."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.log import retention
from core.log.models import Addressee, EventRow, Tick
from core.testing import TestedHub
from core.wire.events import CampaignChanged, MaterialPublished, PartnerAdmitted
from core.wire.scopes import PartnerKind, Scope

Tell = Callable[..., Awaitable[int]]


async def ask(hub: TestedHub, slug: str, *scopes: str, **query: Any) -> Any:
    answer = await hub.client_as(slug, *scopes).get("/v1/events", params=query)
    return answer.raise_for_status().json()


async def every(hub: TestedHub, slug: str, limit: int, **query: Any) -> AsyncIterator[Any]:
    page = {"next": 0, "more": True}
    while page["more"]:
        page = await ask(hub, slug, "events:read", after=page["next"], limit=limit, **query)
        for event in page["events"]:
            yield event


async def test_an_event_says_what_happened_and_when(hub: TestedHub, tell: Tell) -> None:
    at = await tell(MaterialPublished(material="mat_x", version=3), "creator-mai")
    (event,) = (await ask(hub, "creator-mai", types="material.published"))["events"]
    taken = datetime.fromisoformat(event.pop("timestamp"))
    async with hub.parts.db.survey() as session:
        (tick,) = await session.scalars(select(Tick).where(Tick.position == at))
    assert round(taken.timestamp() * 1_000_000) == tick.at
    assert event == {
        "id": f"evt_{at}",
        "type": "material.published",
        "position": at,
        "data": {"material": "mat_x", "version": 3},
    }


async def test_pages_hold_each_event_once_in_order(hub: TestedHub, tell: Tell) -> None:
    told = [await tell(CampaignChanged(campaign=f"c{number}"), "meta") for number in range(7)]
    for limit in (1, 2, 3, 7, 100):
        found = [event async for event in every(hub, "meta", limit, types="campaign.changed")]
        assert [event["position"] for event in found] == told
    assert sorted(event["timestamp"] for event in found) == [event["timestamp"] for event in found]


async def test_next_goes_on_also_where_nothing_is_for_the_reader(hub: TestedHub, tell: Tell) -> None:
    last = await tell(CampaignChanged(campaign="c"), "meta")
    page = await ask(hub, "creator-mai", types="campaign.changed")
    assert page == {"events": [], "next": last, "more": False}
    mine = await tell(CampaignChanged(campaign="c"), "creator-mai")
    answer = await hub.client_as("creator-mai").get("/v1/events", params={"after": last, "limit": 5})
    assert [event["position"] for event in answer.json()["events"]] == [mine]
    assert answer.headers["link"] == f'</v1/events?after={mine}&limit=5>; rel="next"'


async def test_types_choose(hub: TestedHub, tell: Tell) -> None:
    await tell(CampaignChanged(campaign="c"), "meta")
    await tell(PartnerAdmitted(partner="x"), "meta")
    for types in (["campaign.changed"], ["partner.admitted"], ["campaign.changed", "partner.admitted"]):
        found = [event["type"] async for event in every(hub, "meta", 10, types=types)]
        assert set(found) == set(types)
    for wrong in ("campaign", "campaignxchanged", "signals.changed "):
        answer = await hub.client_as("meta").get("/v1/events", params={"types": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/types")


async def test_what_is_no_place_in_the_log_is_refused(hub: TestedHub) -> None:
    for after in ("-1", "x", "1.5", "999999999"):
        answer = await hub.client_as("meta").get("/v1/events", params={"after": after})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/after"), after


async def test_a_place_that_is_no_longer_kept_asks_for_a_new_start(hub: TestedHub, tell: Tell) -> None:
    first = await tell(CampaignChanged(campaign="old"), "meta")
    async with hub.parts.db.writer() as session:
        await session.execute(update(Tick).values(at=0))
    young = await tell(CampaignChanged(campaign="young"), "meta")
    await retention.purge(hub.parts.db)
    async with hub.parts.db.survey() as session:
        assert list(await session.scalars(select(EventRow.position))) == [young]
        assert set(await session.scalars(select(Addressee.position))) == {young}
    for accept in ("application/json", "text/event-stream"):
        answer = await hub.client_as("meta").get("/v1/events", params={"after": first - 1}, headers={"Accept": accept})
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:kmm:problem:resync")
        assert answer.headers["link"] == '</v1/events>; rel="first"'
    for query in ({}, {"after": 0}, {"after": first}):
        found = (await ask(hub, "meta", "events:read", **query))["events"]
        assert [event["position"] for event in found] == [young]


async def test_each_is_told_what_concerns_it_and_the_operator_everything_once(hub: TestedHub, tell: Tell) -> None:
    told = [
        await tell(CampaignChanged(campaign="both"), "meta", "tiktok", "secretariat"),
        await tell(CampaignChanged(campaign="meta"), "meta"),
        await tell(CampaignChanged(campaign="nobody")),
        await tell(CampaignChanged(campaign="readers"), "meta", holders=Scope.CONTENT_APPROVE),
    ]
    expected = {
        "meta": [told[0], told[1], told[3]],
        "tiktok": [told[0]],
        "child-protection-network": [told[3]],
        "creator-mai": [],
        "secretariat": told,
    }
    for slug, positions in expected.items():
        found = [event["position"] async for event in every(hub, slug, 2, types="campaign.changed")]
        assert found == positions, slug


async def test_who_comes_later_hears_of_nothing_before_and_who_is_suspended_misses_it(
    hub: TestedHub, tell: Tell
) -> None:
    await tell(CampaignChanged(campaign="before"), holders=Scope.CAMPAIGNS_READ)
    await hub.admit(("late", PartnerKind.PLATFORM))
    after = await tell(CampaignChanged(campaign="after"), holders=Scope.CAMPAIGNS_READ)
    found = [event async for event in every(hub, "late", 10)]
    assert [event["type"] for event in found] == ["partner.admitted", "campaign.changed"]
    assert found[1]["position"] == after
    operator = hub.client_as("secretariat")
    (await operator.patch("/v1/partners/late", json={"state": "suspended"})).raise_for_status()
    await tell(CampaignChanged(campaign="missed"), "late", holders=Scope.CAMPAIGNS_READ)
    (await operator.patch("/v1/partners/late", json={"state": "active"})).raise_for_status()
    found = [event async for event in every(hub, "late", 10, types="campaign.changed")]
    assert [event["position"] for event in found] == [after]


async def test_without_the_scope_there_is_nothing(hub: TestedHub) -> None:
    assert (await hub.client_as("meta", "signals:read").get("/v1/events")).status_code == 403
