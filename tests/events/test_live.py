"""The stream over a real socket: cut, and with the hub killed under it; resumed, each event comes exactly once."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.live import LiveHub, live_hub

MADE = 12


def follow(hub: LiveHub, last: str | None, **query: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, event) until the connection ends; quiet for 10 s counts as its end."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
    with hub.client_as("creator-mai") as client:
        asked = client.get("/v1/me")
        headers["Authorization"] = asked.request.headers["Authorization"]
    fields: dict[str, str] = {}
    with httpx.stream("GET", f"{hub.base_url}/v1/events", headers=headers, params=query, timeout=10) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            fields[name] = value
            if name == "data":
                yield fields["id"], json.loads(value)


def make(hub: LiveHub, number: int) -> None:
    body = {"slug": f"campaign-{number}", "title": {"vi": f"Chiến dịch {number}"}}
    with hub.client_as("secretariat") as operator:
        assert operator.post("/v1/campaigns", json=body).status_code in (201, 409)


def test_cuts_and_a_killed_hub_lose_and_repeat_nothing(tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []
    last = "0"
    with live_hub(tmp_path / "hub") as hub:
        for number in range(MADE):
            make(hub, number)
            if number == MADE // 2:
                hub.kill()
                hub.start()
            # One connection for each: cut after what it was opened for.
            for sent, event in follow(hub, last, types="campaign.changed"):
                last = sent
                found.append(event)
                if event["data"]["campaign"] == f"campaign-{number}":
                    break
    made = [event["data"]["campaign"] for event in found if event["data"]["campaign"].startswith("campaign-")]
    assert made == [f"campaign-{number}" for number in range(MADE)]
    assert len({event["id"] for event in found}) == len(found)


def test_a_server_that_is_told_to_stop_does_not_wait_for_who_listens(tmp_path: Path) -> None:
    with live_hub(tmp_path / "hub") as hub:
        threads = [threading.Thread(target=lambda: list(follow(hub, None))) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        assert all(thread.is_alive() for thread in threads)
        began = time.monotonic()
        assert hub.stop() == 0
        assert time.monotonic() - began < 5
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()
