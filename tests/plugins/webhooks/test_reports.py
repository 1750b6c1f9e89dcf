"""A report on a schedule, as an agency's program meets it: a call at its endpoint, then the file, then the proof."""

from datetime import datetime

import msgspec
import pytest

from core import times
from core.reports import schedules
from core.reports.process import Process
from core.reports.verify import verify
from core.wire.oauth import KeySet
from tests.plugins.webhooks.conftest import Start
from tests.plugins.webhooks.hubs import register
from tests.plugins.webhooks.receivers import Receiver, listening

TEMPLATE = {"title": {"vi": "Nội dung", "en": "Content"}, "readers": "partner", "definition": {"sections": ["content"]}}
SCHEDULE = {"template": "brief", "cron": "30 6 1 * *", "covers": "last_month"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_report_on_a_schedule_is_told_at_the_endpoint(start: Start) -> None:
    receiver, process = Receiver(), Process()
    async with listening(receiver), start(receiver) as hub:
        hub.parts.reporter.process = process
        a05 = hub.client_as("a05")
        await register(hub, "a05", receiver, types=["report.made"])
        assert (await a05.put("/v1/report-templates/brief", json=TEMPLATE)).is_success
        made = (await a05.put("/v1/report-schedules/monthly", json=SCHEDULE)).json()
        due = times.to_micros(datetime.fromisoformat(made["due"]))
        assert await schedules.tick(hub.parts.db, due) == 1
        await receiver.until(lambda: len(receiver.got) >= 1, 60)
        (call,) = receiver.got
        assert call.event["type"] == "report.made"
        report = call.event["data"]["report"]
        assert report == (await a05.get("/v1/report-schedules/monthly")).json()["report"]
        told = (await a05.get(f"/v1/reports/{report}")).json()
        assert (told["state"], told["template"], told["title"]) == ("made", "brief", TEMPLATE["title"])
        keys = (await hub.anonymous().get("/.well-known/document-keys.json")).json()
        signed = (await a05.get(f"/v1/reports/{report}/manifest")).content
        for file in told["files"]:
            data = (await a05.get(f"/v1/reports/{report}/files/{file['name']}")).content
            assert verify(data, signed, msgspec.convert(keys, KeySet)).file.name == file["name"]
    process.stop()
