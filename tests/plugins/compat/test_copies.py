"""Whatever happens, a copy that is kept by updates says what one says that is fetched anew.

The readers know their place by the second (Graph) or by a place in the log (StopNCII), stop in the middle as programs
do, and gain and lose sight of a group on the way. All of it happens within a few seconds: the hardest for those who
know no finer time.
"""

from random import Random
from typing import Any

import httpx
import pytest

from core.testing import TestedHub

GROUP = "/v1/groups/ring/membership"
PLACES: tuple[dict[str, Any], ...] = (
    {"tlp": "GREEN"},
    {"tlp": "CLEAR"},
    {"tlp": "AMBER", "groups": ["ring"]},
    {"tlp": "RED", "groups": ["ring"]},
    {},
)
OWNERS = ("tiktok", "chongluadao")
VALUES = [f"https://{name}.example/" for name in "abcdef"]


class Graph:
    """As the library does: drops by type and indicator, goes on where the newest update lies that it saw."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._newest = 0
        self.copy: set[str] = set()

    async def fetch(self, random: Random, pages: int) -> bool:
        """Whether it came to the end. What cannot be brought up to date is begun anew."""
        address = "/compat/graph/v1/1/threat_updates/"
        query: dict[str, int] | None = {"limit": random.randint(1, 4), "start_time": self._newest}
        for _ in range(pages):
            answer = await self._http.get(address, params=query)
            if answer.status_code == 410:
                self.copy, self._newest = set(), 0
                return await self.fetch(random, pages)
            for update in answer.json()["data"]:
                change = self.copy.discard if update["should_delete"] else self.copy.add
                change(update["indicator"])
                self._newest = max(self._newest, update["last_updated"])
            if "paging" not in answer.json():
                return True
            address, query = answer.json()["paging"]["next"], None
        return False


class StopNcii:
    """One that reads `hashStatus`, which its own client does not."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._start = 10
        self.copy: set[str] = set()

    async def fetch(self, random: Random, pages: int) -> bool:
        token = ""
        for _ in range(pages):
            query: dict[str, str | int] = {
                "startTimestamp": self._start,
                "pageSize": random.randint(1, 4),
                "nextPageToken": token,
            }
            page = (await self._http.get("/compat/stopncii/v1/FetchHashes", params=query)).json()
            for record in page["hashRecords"]:
                change = self.copy.add if record["hashStatus"] == "Active" else self.copy.discard
                change(record["hashValue"])
            token, reached = page["nextPageToken"], page["nextSetTimestamp"]
            if not token:
                self._start = reached
                return True
        self._start = reached
        return False


async def act(hub: TestedHub, random: Random) -> bool:
    """Something happens; whether sight was lost by it."""
    owner, value = random.choice(OWNERS), random.choice(VALUES)
    client, what = hub.client_as(owner), random.random()
    if what < 0.4:
        said = {"kind": "url", "value": value, "external_id": value} | random.choice(PLACES)
        assert (await client.post("/v1/signals", json={"signals": [said]})).is_success
    elif what < 0.65:
        assert (await client.post("/v1/signals/retractions", json={"external_ids": [value]})).is_success
    elif what < 0.85:
        await hub.client_as("tiktok").post("/v1/groups/ring/invitations", json={"partner": "meta"})
        assert (await hub.client_as("meta").put(GROUP)).is_success
    else:
        return (await hub.client_as("meta").delete(GROUP)).is_success
    return False


@pytest.mark.parametrize("seed", [1, 8])
async def test_a_copy_that_is_kept_is_as_one_that_is_fetched_anew(hub: TestedHub, seed: int) -> None:
    random, meta = Random(seed), hub.client_as("meta")
    tiktok, chongluadao = hub.client_as("tiktok"), hub.client_as("chongluadao")
    await tiktok.post("/v1/groups", json={"slug": "ring", "name": "Ring"})
    await tiktok.post("/v1/groups/ring/invitations", json={"partner": "chongluadao"})
    await chongluadao.put(GROUP)
    graph, hashes = Graph(meta), StopNcii(meta)
    for _ in range(60):
        if await act(hub, random):
            # Nobody can tell it what to drop; its docs say so.
            hashes = StopNcii(meta)
        for kept, fresh in ((graph, Graph(meta)), (hashes, StopNcii(meta))):
            if random.random() < 0.3 and await kept.fetch(random, random.choice((1, 2, 99))):
                assert await fresh.fetch(random, 99)
                assert kept.copy == fresh.copy
