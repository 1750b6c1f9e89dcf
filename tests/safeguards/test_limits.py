"""Nobody's flood is anybody else's: how much one partner may ask of the others before it has to wait."""

import httpx
from sqlalchemy import update

from core.signals.models import SignalPolicy
from core.testing import TestedHub
from tests.safeguards.test_appeals import STRONG, appealed, submit
from tests.safeguards.test_emergencies import BODY
from tests.takedowns.asked import ask, codes, item, opened, say


async def limit(hub: TestedHub, **numbers: int) -> None:
    async with hub.parts.db.writer() as session:
        for name, value in numbers.items():
            await session.execute(update(SignalPolicy).where(SignalPolicy.name == name).values(value=value))


async def asked(hub: TestedHub, *urls: str) -> httpx.Response:
    items = [item(f"https://{url}.example/") for url in urls]
    return await hub.client_as("chongluadao").post("/v1/takedowns", json={"items": items})


async def test_an_hour_has_room_for_so_many_takedowns(hub: TestedHub) -> None:
    await limit(hub, takedowns_per_hour=3)
    await opened(hub, "a05")
    results = (await asked(hub, "a", "b", "a", "c", "d")).json()["results"]
    assert [one["status"] for one in results] == ["opened", "opened", "unchanged", "opened", "rejected"]
    assert codes(results[-1]) == ["too_many_requests"]
    refused = await asked(hub, "e", "f")
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    # What was asked before costs nothing, and another's hour is its own.
    assert (await asked(hub, "a")).json()["unchanged"] == 1
    await opened(hub, "a05", item("https://g.example/"))


async def test_alarms_wait_for_answers(hub: TestedHub) -> None:
    await limit(hub, open_alarms=1)
    first, second = item("https://a.example/", priority="emergency"), item("https://b.example/")
    case = await opened(hub, "chongluadao", first)
    (other,) = await ask(hub, "chongluadao", second)
    (raised,) = await ask(hub, "chongluadao", second | {"priority": "emergency"})
    assert (other["status"], codes(raised)) == ("opened", ["too_many_open"])
    await say(hub, case, "not_found")
    (raised,) = await ask(hub, "chongluadao", second | {"priority": "emergency"})
    assert raised["status"] == "joined"


async def test_emergencies_of_one_partner_do_not_bury_those_of_others(hub: TestedHub) -> None:
    await limit(hub, emergencies_per_hour=2)
    sent = [await hub.client_as("chongluadao").post("/v1/emergencies", json=BODY) for _ in range(3)]
    assert [one.status_code for one in sent] == [201, 201, 429]
    assert ("113" in sent[2].json()["detail"], "Retry-After" in sent[2].headers) == (True, True)
    assert (await hub.client_as("a05").post("/v1/emergencies", json=BODY)).status_code == 201


async def test_appeals_of_one_partner_leave_room_for_others(hub: TestedHub) -> None:
    await limit(hub, open_appeals=1)
    names = [await submit(hub, STRONG | {"value": f"{n}.example"}, "chongluadao") for n in range(2)]
    first, refused, other = (
        await appealed(hub, names[0]),
        await appealed(hub, names[1]),
        await appealed(hub, names[1], "meta"),
    )
    assert [one.status_code for one in (first, refused, other)] == [201, 429, 201]
    assert (await hub.client_as("google").post(f"{first.headers['Location']}/withdrawal")).status_code == 200
    last = await submit(hub, STRONG | {"value": "last.example"}, "chongluadao")
    assert (await appealed(hub, last)).status_code == 201
