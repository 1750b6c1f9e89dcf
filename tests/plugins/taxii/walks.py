"""A partner that reads a collection page by page, and what it holds of it."""

from datetime import datetime
from typing import Any

import httpx

from core.testing import TestedHub
from plugins.taxii.collections import COMMUNITY
from tests.plugins.taxii.posts import Json

COLLECTIONS = "/taxii2/hub/collections/"


class Walker:
    """One that goes on where it was, by `next` within a walk and by the last date after it, or by dates alone."""

    def __init__(self, hub: TestedHub, slug: str, collection: Any = COMMUNITY.id, *, limit: int = 1_000) -> None:
        self.client = hub.client_as(slug)
        self.path = f"{COLLECTIONS}{collection}/"
        self.limit = limit
        self.last: str | None = None
        """The date of the newest that it was given."""
        self.given: list[Json] = []
        """All that it was ever given, in order."""
        self.dates: list[str] = []
        """The first and the last of each page."""

    async def get(self, what: str = "objects", **query: Any) -> httpx.Response:
        return await self.client.get(f"{self.path}{what}/", params=query or None)

    async def page(self, **query: Any) -> Json:
        since = {"added_after": self.last} if self.last and "next" not in query else {}
        answer = await self.get(limit=self.limit, **since, **query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert body == {} or body["objects"], "never an empty page but the last"
        if body:
            self.dates += [answer.headers["x-taxii-date-added-first"], answer.headers["x-taxii-date-added-last"]]
            self.given += body["objects"]
        return body

    async def catch_up(self, *, by_dates: bool = False) -> None:
        """Go on to the end of the collection."""
        body = await self.page()
        while body.get("more"):
            if by_dates:
                self.last = self.dates[-1]
            body = await self.page(**({} if by_dates else {"next": body["next"]}))
        self.last = self.dates[-1] if self.dates else None

    def held(self) -> dict[str, Json]:
        """Of the indicators given, the newest version of each, without those that are withdrawn."""
        newest: dict[str, Json] = {}
        for one in self.given:
            before = newest.get(one["id"])
            if one["type"] == "indicator" and (before is None or _modified(one) >= _modified(before)):
                newest[one["id"]] = one
        return {name: one for name, one in newest.items() if not one.get("revoked")}


def _modified(one: Json) -> datetime:
    return datetime.fromisoformat(one["modified"])


async def walked(hub: TestedHub, slug: str, collection: Any = COMMUNITY.id) -> Walker:
    """A new copy."""
    walker = Walker(hub, slug, collection)
    await walker.catch_up()
    return walker
