"""A partner that keeps a copy of its feed, from cursor to cursor."""

from typing import Any

from tests.isolation.reader import Reader
from tests.isolation.reads import said
from tests.isolation.world import World


class Follower:
    def __init__(self, world: World, slug: str) -> None:
        self.world = world
        self.slug = slug
        self._copy: dict[str, dict[str, Any]] = {}
        self._cursor: str | None = None
        self._position = 0
        self._told = 0
        """How much of what was ever said came before the last catching up."""

    async def catch_up(self) -> None:
        """Read to the end; then the copy is what the oracle says, and nothing else was told on the way."""
        reader = Reader(self.world, self.slug, ["signals:read"])
        if self.slug not in self.world.able("signals:read"):
            await self._is_refused(reader)
            return
        while await self._page(reader):
            pass
        oracle = self.world.oracle
        assert {name: said(item) for name, item in self._copy.items()} == oracle.signals(self.slug), self.slug
        self._told = len(oracle.history)
        assert reader.told() <= self.world.allowed(self.slug, frozenset(["signals:read"])), self.slug

    async def _is_refused(self, reader: Reader) -> None:
        """Signed in anew, or with what it was given before: a suspended partner and one of another kind get nothing."""
        answer = await reader.client.get("/v1/signals")
        assert answer.status_code in (400, 401, 403), (self.slug, answer.text)

    async def _page(self, reader: Reader) -> bool:
        """Take one page in; whether there is more."""
        query = {"after": self._cursor} if self._cursor else {}
        answer = await reader.get("/v1/signals", 410, limit=9, **query)
        if answer.status_code == 410:
            assert self._cursor, "a walk from zero is never refused"
            self._copy, self._cursor, self._position = {}, None, 0
            return True
        page = answer.json()
        for item in page["signals"]:
            self._take(item)
        self._cursor = page["next"]
        if not page["more"]:
            total = sum(int(item["check"], 16) for item in self._copy.values())
            assert total % (1 << 128) == int(page["digest"], 16), self.slug
        return bool(page["more"])

    def _take(self, item: dict[str, Any]) -> None:
        assert item["position"] > self._position, "positions rise"
        self._position = item["position"]
        if item["state"] == "active":
            self._copy[item["id"]] = item
            return
        assert item.keys() == {"id", "state", "position"}
        # Who never could see the signal must not learn that it is gone.
        assert item["id"] in self._copy or self._could_see(item["id"]), (self.slug, item)
        self._copy.pop(item["id"], None)

    def _could_see(self, signal: str) -> bool:
        """Whether the signal came and went since the last catching up, in this partner's sight."""
        oracle = self.world.oracle
        since = oracle.history[self._told :]
        return any(oracle.ids[one.value] == signal and oracle.sees(self.slug, one) for one in since)
