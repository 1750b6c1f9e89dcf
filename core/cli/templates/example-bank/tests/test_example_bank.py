"""What Example Bank sends, and what others then read."""

from example_bank import ExampleBank, Status, feed_formats

from core.sdk import PartnerKind

REPORT = {"number": "R-7", "status": "found", "link": "https://hoc-bong.example/"}


async def test_it_conforms(connector_sheet):
    sheet = await connector_sheet(ExampleBank(), feed_formats())
    assert sheet.green, sheet.failed


async def test_what_it_reports_is_read_by_others_in_its_words(hub):
    await hub.admit(("example-bank", PartnerKind.PLATFORM))
    sent = await hub.client_as("example-bank").post("/v1/connect", json={"reports": [REPORT]})
    assert [result["status"] for result in sent.json()["results"]] == ["created"]
    accept = {"Accept": "application/vnd.example-bank+json"}
    read = await hub.client_as("tiktok").get("/v1/signals", headers=accept)
    assert [report["status"] for report in read.json()["reports"]] == [Status.FOUND]
