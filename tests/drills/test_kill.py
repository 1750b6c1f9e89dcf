"""kill -9 during an import: what the hub acknowledged is there after a restart, and nothing is there twice."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

import httpx

from tests.copies import Copy
from tests.live import LiveHub

Size = Callable[[int, int], int]


class Submitter(threading.Thread):
    """Submits batches of new hosts until the hub is gone; knows which of them it read a whole answer for."""

    def __init__(self, hub: LiveHub, numbers: Iterator[int], lines: int, *, stream: bool) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self._client = hub.client_as("chongluadao")
        self._numbers = numbers
        self._lines = lines
        self._stream = stream

    def run(self) -> None:
        with self._client:
            try:
                while True:
                    self._submit([f"host-{next(self._numbers)}.example" for _ in range(self._lines)])
            except httpx.TransportError:
                pass

    def _submit(self, hosts: list[str]) -> None:
        self.sent += hosts
        items = [{"kind": "domain", "value": host, "tlp": "GREEN", "external_id": host} for host in hosts]
        if self._stream:
            body = "".join(json.dumps(item) + "\n" for item in items)
            answer = self._client.post("/v1/signals", content=body, headers={"Content-Type": "application/x-ndjson"})
            counts = json.loads(answer.text.splitlines()[-1])
        else:
            counts = self._client.post("/v1/signals", json={"signals": items}).json()
        assert counts["created"] == len(hosts), counts
        self.acknowledged += hosts


def test_what_was_acknowledged_outlives_a_kill(live: LiveHub, size: Size) -> None:
    numbers = count()
    sent: list[str] = []
    acknowledged: set[str] = set()
    for _ in range(size(2, 20)):
        submitters = [
            *(Submitter(live, numbers, 200, stream=False) for _ in range(2)),
            *(Submitter(live, numbers, 2_500, stream=True) for _ in range(2)),
        ]
        for submitter in submitters:
            submitter.start()
        time.sleep(random.uniform(0.3, 1.5))
        live.kill()
        for submitter in submitters:
            submitter.join()
            sent += submitter.sent
            acknowledged |= set(submitter.acknowledged)
        live.start()
        stored = hosts_in_the_feed(live)
        assert len(stored) == len(set(stored)), "something is there twice"
        assert acknowledged <= set(stored), "something acknowledged is gone"
        assert set(stored) <= set(sent)
    assert acknowledged, "the hub was killed before it answered anything; the drill says nothing"
    assert_all_can_be_sent_again(live, sent, set(stored))


def hosts_in_the_feed(hub: LiveHub) -> list[str]:
    with hub.client_as("chongluadao") as client:
        copy = Copy(client)
        copy.catch_up()
    return [one["value"] for one in copy.signals.values() if one["value"].startswith("host-")]


def assert_all_can_be_sent_again(hub: LiveHub, hosts: list[str], stored: set[str]) -> None:
    created = 0
    with hub.client_as("chongluadao") as client:
        for start in range(0, len(hosts), 10_000):
            batch = hosts[start : start + 10_000]
            items = [{"kind": "domain", "value": host, "tlp": "GREEN", "external_id": host} for host in batch]
            answer = client.post("/v1/signals", json={"signals": items}).json()
            assert answer["rejected"] == answer["updated"] == 0
            created += answer["created"]
    assert created == len(set(hosts) - stored)
    assert sorted(hosts_in_the_feed(hub)) == sorted(set(hosts))
