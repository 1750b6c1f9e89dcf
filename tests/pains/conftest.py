"""The pains of those who use other signal exchanges, each as a small scene between partners over HTTP."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from core.testing import TestedHub

Items = list[dict[str, Any]]

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"])
"""Where the scene ends before it comes to the database, or asks SQLite itself."""


class Member:
    """A partner of the exchange, and the copy that it keeps by the rules of the feed alone."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.copy: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.client.get(path, params=query)).raise_for_status().json()

    async def send(self, path: str, body: Any) -> Any:
        return (await self.client.post(path, json=body)).raise_for_status().json()

    async def submit(self, *items: dict[str, Any]) -> Items:
        results: Items = (await self.send("/v1/signals", {"signals": items}))["results"]
        return results

    async def look_up(self, kind: str, value: str) -> dict[str, Any]:
        (result,) = (await self.send("/v1/signals/lookup", {"items": [{"kind": kind, "value": value}]}))["results"]
        return dict(result)

    async def opine(self, signal: str, stance: str, reason: str) -> str:
        said = {"id": signal, "stance": stance, "reason": reason}
        (result,) = (await self.send("/v1/signals/opinions", {"items": [said]}))["results"]
        return str(result["status"])

    async def news(self, limit: int = 1_000) -> Items:
        """What the feed has to say since the last time; the copy takes it in, and proves itself by the digest."""
        told: Items = []
        while True:
            after = {} if self.cursor is None else {"after": self.cursor}
            page = await self.get("/v1/signals", limit=limit, **after)
            self.cursor = page["next"]
            told += page["signals"]
            for one in page["signals"]:
                if one["state"] in ("active", "disputed"):
                    self.copy[one["id"]] = one
                else:
                    self.copy.pop(one["id"], None)
            if not page["more"]:
                break
        assert f"{sum(int(one['check'], 16) for one in self.copy.values()) % 2**128:032x}" == page["digest"]
        return told


Join = Callable[[str], Member]


@pytest.fixture
def hub_plugins() -> Sequence[object]:
    """The signal exchange of the hub itself needs none."""
    return []


@pytest.fixture
def join(hub: TestedHub) -> Join:
    """Begin to take part as the partner of this slug."""
    return lambda slug: Member(hub.client_as(slug))


async def found_group(slug: str, founder: Member, others: dict[str, Member]) -> None:
    """A sharing group whose invitations are all accepted."""
    await founder.send("/v1/groups", {"slug": slug, "name": "A group"})
    for name, member in others.items():
        await founder.send(f"/v1/groups/{slug}/invitations", {"partner": name})
        (await member.client.put(f"/v1/groups/{slug}/membership")).raise_for_status()
