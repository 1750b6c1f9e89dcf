"""The channel `webhook`: pushed at once, signed as events are, and whoever asked learns when it was not taken."""

import pytest
from standardwebhooks.webhooks import Webhook

from core.sdk import Detail, Notice, Title
from tests.people import principal_of
from tests.plugins.webhooks.conftest import Start
from tests.plugins.webhooks.hubs import register
from tests.plugins.webhooks.receivers import Receiver, answering, listening

NOTICE = Notice(
    "ntc_1",
    "emergency.declared",
    "emg_1",
    Title("Có người đang gặp nguy hiểm", "Someone is in danger"),
    Detail("Xem hồ sơ.", "See the case."),
    "https://hub.example/v1/emergencies/emg_1",
)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_notice_is_pushed_to_an_endpoint_by_its_id_or_url(start: Start) -> None:
    receiver = Receiver()
    async with listening(receiver), start(receiver) as hub:
        made = await register(hub, "a05", receiver)
        own, other = [(await principal_of(hub, slug)).partner for slug in ("a05", "tiktok")]
        assert "webhook" in hub.parts.plugins.channel_names()
        for address in (made["id"], receiver.url):
            await hub.parts.plugins.send("webhook", own, address, NOTICE)
        assert receiver.ids == ["ntc_1", "ntc_1"]
        for one in receiver.got:
            assert Webhook(made["secret"]).verify(one.body, one.headers)["subject"] == "emg_1"
        receiver.behaviour = answering(503)
        with pytest.raises(Exception, match="503 is not 2xx"):
            await hub.parts.plugins.send("webhook", own, made["id"], NOTICE)
        with pytest.raises(LookupError, match="No endpoint"):
            await hub.parts.plugins.send("webhook", own, "https://hook.partner.example/", NOTICE)
        with pytest.raises(LookupError, match="No endpoint"):
            await hub.parts.plugins.send("webhook", other, made["id"], NOTICE)
        log = (await hub.client_as("a05").get(f"/webhooks/endpoints/{made['id']}/deliveries")).json()["deliveries"]
        assert [(one["cause"], one["status"]) for one in log] == [("push", 503), ("push", 204), ("push", 204)]
