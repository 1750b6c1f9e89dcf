"""kill -9 while a report is made: another process goes on with it, and it is frozen and told of once."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.live import LiveHub

Size = Callable[[int, int], int]

ORDER = {"period": {"from": "2026-01-01", "to": "2026-11-01"}, "readers": "national"}
STATES = ("rendering", "protecting", "drawing", "queued")
_PATIENCE = 120
"""Seconds: the lease of the one that was killed has to run out."""


def test_a_report_outlives_kills(live: LiveHub, size: Size) -> None:
    for state in STATES[: size(1, len(STATES))]:
        with live.client_as("a05") as agency:
            report = agency.post("/v1/reports", json=ORDER).json()["id"]
            _wait(agency, report, state)
        live.kill()
        live.start()
        with live.client_as("a05") as agency:
            made = _wait(agency, report, "made")
            for file in made["files"]:
                data = agency.get(f"/v1/reports/{report}/files/{file['name']}").content
                assert hashlib.sha256(data).hexdigest() == file["sha256"]
            assert agency.get(f"/v1/reports/{report}/manifest").is_success
            assert _told(agency, report) == ["report.frozen", "report.made"], state


def _wait(client: httpx.Client, report: str, state: str) -> dict[str, Any]:
    """Until it is in that state; a quick machine may be past it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found: dict[str, Any] = client.get(f"/v1/reports/{report}").json()
        assert found["state"] not in ("failed", "refused"), found
        if found["state"] in (state, "made"):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def _told(client: httpx.Client, report: str) -> list[str]:
    page: dict[str, Any] = {"next": 0, "more": True}
    found = []
    while page["more"]:
        page = client.get("/v1/events", params={"after": page["next"]}).json()
        found += [event["type"] for event in page["events"] if event["data"].get("report") == report]
    return found
