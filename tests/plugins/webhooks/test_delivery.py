"""What partners rely on: every event, in order, signed; retries, replays and pings; nothing that is not theirs."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.auth.models import Partner
from core.log import head
from core.testing import TestedHub
from tests.plugins.webhooks.conftest import Start
from tests.plugins.webhooks.hubs import register, tell
from tests.plugins.webhooks.receivers import Delivery, Receiver, answering, listening

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""For what asks nothing of the engine."""


async def deliveries(hub: TestedHub, slug: str, endpoint: str, count: int, **query: str) -> list[dict[str, Any]]:
    """The log of attempts, once it has so many: it is written a moment later."""
    client = hub.client_as(slug)
    async with asyncio.timeout(10):
        while True:
            answer = await client.get(f"/webhooks/endpoints/{endpoint}/deliveries", params=query)
            found: list[dict[str, Any]] = answer.json()["deliveries"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.1)


async def get(hub: TestedHub, slug: str, endpoint: str) -> dict[str, Any]:
    found: dict[str, Any] = (await hub.client_as(slug).get(f"/webhooks/endpoints/{endpoint}")).json()
    return found


async def test_events_arrive_in_order_and_signed(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver)
        ids = await tell(hub, 20, "tiktok")
        await receiver.until(lambda: len(receiver.got) >= 20)
        assert receiver.ids == ids
        for one in receiver.got:
            assert Webhook(made["secret"]).verify(one.body, one.headers) == one.event
            assert set(one.event) == {"id", "type", "timestamp", "position", "data"}
            assert one.event["id"] == one.id
            with pytest.raises(WebhookVerificationError):
                Webhook(made["secret"]).verify(one.body + b" ", one.headers)
        log = await deliveries(hub, "tiktok", made["id"], 20)
        assert [one["webhook_id"] for one in log] == ids[::-1]
        assert {(one["status"], one["attempt"], one["cause"], one["error"]) for one in log} == {(204, 1, "live", None)}
        assert "webhook-signature" not in log[0]["request_headers"]
        assert (await get(hub, "tiktok", made["id"]))["position"] >= int(ids[-1].removeprefix("evt_"))


async def test_nobody_is_told_of_what_is_anothers(start: Start) -> None:
    mine, other, all_of_it = Receiver(), Receiver(), Receiver()
    async with listening(mine, other, all_of_it), start(mine, other, all_of_it) as hub:
        made = await register(hub, "tiktok", mine)
        await register(hub, "meta", other)
        await register(hub, "secretariat", all_of_it)
        ids = await tell(hub, 3, "tiktok")
        await all_of_it.until(lambda: len(all_of_it.got) >= 3)
        await mine.until(lambda: len(mine.got) >= 3)
        assert (mine.ids, other.ids, all_of_it.ids) == (ids, [], ids)
        stranger = hub.client_as("meta")
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"types": []}),
            ("DELETE", "", None),
            ("POST", "/secrets", {}),
            ("GET", "/deliveries", None),
            ("GET", "/replays", None),
            ("POST", "/replays", {"after": 1}),
            ("POST", "/pings", None),
        ):
            of_another = await stranger.request(method, f"/webhooks/endpoints/{made['id']}{path}", json=body)
            of_nobody = await stranger.request(method, f"/webhooks/endpoints/whk_none{path}", json=body)
            assert (of_another.status_code, of_another.json()) == (404, of_nobody.json()), path
        assert len((await stranger.get("/webhooks/endpoints")).json()["endpoints"]) == 1


@ONE_ENGINE
async def test_a_suspended_partner_is_sent_nothing(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        await register(hub, "tiktok", receiver)
        async with head.writing(hub.parts.db, "tests", "Suspend") as session:
            await session.execute(update(Partner).where(Partner.slug == "tiktok").values(state="suspended"))
        await tell(hub, 1, "tiktok")
        await asyncio.sleep(1.5)
        assert receiver.got == []


@ONE_ENGINE
async def test_signals_are_told_of_once_a_burst_and_never_shown(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        await register(hub, "tiktok", receiver, types=[])
        sender = hub.client_as("chongluadao")
        for tlp in ("GREEN", "GREEN", "GREEN", "RED"):
            item = {"kind": "domain", "value": f"hidden-{tlp.lower()}.example", "tlp": tlp, "confidence": 80}
            assert (await sender.post("/v1/signals", json={"signals": [item]})).status_code == 200
        await receiver.until(lambda: receiver.got)
        await asyncio.sleep(1.5)
        changed = [one.event for one in receiver.got]
        assert {one["type"] for one in changed} == {"signals.changed"}
        assert len(changed) <= 2
        assert all(one["data"]["after"] < one["data"]["position"] for one in changed)
        assert not [one for one in receiver.got if b"hidden" in one.body]


@ONE_ENGINE
async def test_a_failure_is_repeated_under_the_same_id_before_anything_else(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.webhooks.schedule.WAITS", (0.1, 0.1, 0.1))
    receiver = Receiver(answering(500, b"out of order", Content_Type="text/plain"))
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver)
        ids = await tell(hub, 2, "tiktok")
        await receiver.until(lambda: len(receiver.got) >= 2)
        receiver.behaviour = answering(200)
        await receiver.until(lambda: ids[1] in receiver.ids)
        assert receiver.ids[-2:] == ids
        assert set(receiver.ids[:-1]) == {ids[0]}
        first, *_ = reversed(await deliveries(hub, "tiktok", made["id"], 3, webhook_id=ids[0]))
        assert (first["status"], first["response_body"], first["attempt"]) == (500, "out of order", 1)
        assert first["response_headers"]["content-type"] == "text/plain"


async def test_an_endpoint_that_never_accepts_is_disabled_and_goes_on_when_enabled(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.webhooks.schedule.WAITS", (0.05, 0.05))
    dead, operator = Receiver(answering(503)), Receiver()
    async with listening(dead, operator), start(dead, operator) as hub:
        made = await register(hub, "tiktok", dead)
        await register(hub, "secretariat", operator, types=["webhook.disabled"])
        first = await tell(hub, 2, "tiktok")
        await operator.until(lambda: operator.got)
        assert operator.got[0].event["data"] == {"endpoint": made["id"], "reason": "exhausted"}
        assert dead.ids == [first[0]] * 3
        stands = await get(hub, "tiktok", made["id"])
        assert (stands["state"], stands["reason"], stands["failures"]) == ("disabled", "exhausted", 3)
        events = (await hub.client_as("tiktok").get("/v1/events", params={"types": "webhook.disabled"})).json()[
            "events"
        ]
        assert [one["data"]["endpoint"] for one in events] == [made["id"]]
        dead.behaviour = answering(200)
        more = await tell(hub, 1, "tiktok")
        await hub.client_as("tiktok").patch(f"/webhooks/endpoints/{made['id']}", json={"state": "enabled"})
        await dead.until(lambda: more[0] in dead.ids)
        assert dead.ids[3:] == [*first, *more]


@ONE_ENGINE
async def test_one_that_is_gone_is_disabled_at_once_and_may_begin_from_now(start: Start) -> None:
    gone = Receiver(answering(410))
    async with listening(gone), start(gone) as hub:
        made = await register(hub, "tiktok", gone)
        await tell(hub, 3, "tiktok")
        await deliveries(hub, "tiktok", made["id"], 1)
        assert len(gone.got) == 1
        client, path = hub.client_as("tiktok"), f"/webhooks/endpoints/{made['id']}"
        assert (await client.get(path)).json()["reason"] == "gone"
        gone.behaviour = answering(200)
        answer = await client.patch(path, json={"state": "enabled", "resume": "now"})
        assert (answer.json()["state"], answer.json()["failures"]) == ("enabled", 0)
        later = await tell(hub, 1, "tiktok")
        await gone.until(lambda: len(gone.got) >= 2)
        assert gone.ids[1:] == later


@ONE_ENGINE
async def test_two_secrets_sign_while_one_replaces_the_other(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver)
        path = f"/webhooks/endpoints/{made['id']}"
        client = hub.client_as("tiktok")
        rotated = (await client.post(f"{path}/secrets", json={"overlap": 60})).json()
        assert rotated["secret"].startswith("whsec_")
        assert (await client.get(path)).json()["secrets"] == 2
        await asyncio.sleep(0.3)
        await tell(hub, 1, "tiktok")
        await receiver.until(lambda: receiver.got)
        (one,) = receiver.got
        assert len(one.headers["webhook-signature"].split()) == 2
        for secret in (made["secret"], rotated["secret"]):
            Webhook(secret).verify(one.body, one.headers)
        leaked = (await client.post(f"{path}/secrets", json={"overlap": 0})).json()
        await asyncio.sleep(0.3)
        await tell(hub, 1, "tiktok")
        await receiver.until(lambda: len(receiver.got) >= 2)
        Webhook(leaked["secret"]).verify(receiver.got[1].body, receiver.got[1].headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(rotated["secret"]).verify(receiver.got[1].body, receiver.got[1].headers)


@ONE_ENGINE
async def test_secrets_are_sealed_and_shown_once(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver)
        client = hub.client_as("tiktok")
        await client.post(f"/webhooks/endpoints/{made['id']}/pings")
        await deliveries(hub, "tiktok", made["id"], 1)
        plain = made["secret"].removeprefix("whsec_")
        for path in ("", f"/{made['id']}", f"/{made['id']}/deliveries"):
            assert plain not in (await client.get(f"/webhooks/endpoints{path}")).text
        async with hub.parts.db.survey() as session:
            for table in ("endpoint", "delivery"):
                rows = (await session.execute(text(f"SELECT * FROM webhooks_{table}"))).all()
                assert rows
                assert plain not in repr(rows)


async def test_replays_and_pings_go_beside_the_live_order(start: Start) -> None:
    async def hold_live(delivery: Delivery, writer: asyncio.StreamWriter) -> None:
        if delivery.id == held[0]:
            await released.wait()
        await answering(200)(delivery, writer)

    receiver, released = Receiver(), asyncio.Event()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "tiktok", receiver)
        ids = await tell(hub, 5, "tiktok")
        foreign = await tell(hub, 1, "meta")
        await receiver.until(lambda: len(receiver.got) >= 5)
        client, path = hub.client_as("tiktok"), f"/webhooks/endpoints/{made['id']}"
        held = [f"evt_{int(foreign[0].removeprefix('evt_')) + 1}"]
        receiver.behaviour = hold_live
        assert await tell(hub, 1, "tiktok") == held
        await receiver.until(lambda: held[0] in receiver.ids)
        # While the live order waits for an answer, a ping, two single events and a range arrive.
        asked = (await client.post(f"{path}/pings")).json()
        single = await client.post(f"{path}/replays", json={"events": ids[3:]})
        assert single.status_code == 202
        after, until = (int(one.removeprefix("evt_")) for one in (ids[0], ids[2]))
        await client.post(f"{path}/replays", json={"after": after, "until": until})
        await receiver.until(lambda: len(receiver.got) >= 11)
        assert receiver.ids[6] == asked["id"]
        assert receiver.got[6].event["type"] == "webhook.ping"
        assert sorted(receiver.ids[7:]) == sorted([*ids[3:], *ids[1:3]])
        released.set()
        log = await deliveries(hub, "tiktok", made["id"], 11)
        assert [one["cause"] for one in log].count("replay") == 4
        states = {one["state"] for one in (await client.get(f"{path}/replays")).json()["replays"]}
        assert states == {"done"}
        for body in ({"events": foreign}, {"events": ["evt_999999"]}, {}, {"events": ids, "after": 1}):
            assert (await client.post(f"{path}/replays", json=body)).status_code == 409, body


@ONE_ENGINE
async def test_what_is_not_sent_to_is_refused_when_it_is_registered(start: Start) -> None:
    async with start() as hub:
        client = hub.client_as("tiktok")
        for url in ("http://hook.partner.example/", "https://127.0.0.1/", "https://hook.partner.example:8443/"):
            answer = await client.post("/webhooks/endpoints", json={"url": url})
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/url")
        body = {"url": "https://hook.partner.example/", "types": ["no.such.event"]}
        assert (await client.post("/webhooks/endpoints", json=body)).status_code == 400
        made = (await client.post("/webhooks/endpoints", json={"url": body["url"]})).json()
        stale = await client.patch(
            f"/webhooks/endpoints/{made['id']}", json={"description": "x"}, headers={"If-Match": '"9"'}
        )
        assert stale.status_code == 412
        assert (await client.delete(f"/webhooks/endpoints/{made['id']}")).status_code == 204
        assert (await client.get("/webhooks/endpoints")).json() == {"endpoints": []}
        assert (await hub.client_as("creator-mai").get("/webhooks/endpoints")).status_code == 403
