"""Plugins that look at what is submitted: what they hold waits for a reviewer, and they cost nothing else."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from core.sdk import Candidate, Screening
from core.testing import TestedHub
from tests.plugin.fakes import plugin


async def careful(signals: Sequence[Candidate]) -> Sequence[Screening]:
    return [Screening("held" in one.value, "looks like a test") for one in signals]


async def raising() -> Sequence[Screening]:
    raise ZeroDivisionError("a bug")


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    return [plugin("raising", screen_signal=raising), plugin("careful", screen_signal=careful)]


ITEMS = [{"kind": "domain", "value": f"{name}.example", "tlp": "GREEN"} for name in ("held", "free")] + [{"kind": "x"}]


@pytest.mark.parametrize("ndjson", [False, True])
async def test_what_is_held_waits_for_a_reviewer(hub: TestedHub, ndjson: bool) -> None:
    sender, other = hub.client_as("tiktok"), hub.client_as("meta")
    if ndjson:
        body = "\n".join(map(json.dumps, ITEMS))
        answer = await sender.post("/v1/signals", content=body, headers={"content-type": "application/x-ndjson"})
        results: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()[:-1]]
    else:
        results = (await sender.post("/v1/signals", json={"signals": ITEMS})).json()["results"]
    assert [one["status"] for one in results] == ["quarantined", "created", "rejected"]
    assert [error["code"] for error in results[0]["errors"]] == ["screen"]
    assert "looks like a test" in results[0]["errors"][0]["detail"]
    assert [one["value"] for one in (await other.get("/v1/signals")).json()["signals"]] == ["free.example"]
    queue = (await hub.client_as("secretariat").get("/v1/reviews", params={"what": "quarantine"})).json()
    assert [one["reason"] for one in queue["reviews"]] == ["screen"]
