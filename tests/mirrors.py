"""`kmm sync` as a partner's machine runs it, beside a hub in a process of its own."""

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result

from core.cli import main
from tests.copies import Copy as Walk
from tests.live import LiveHub

Rows = dict[str, dict[str, Any]]


class Mirror:
    """A partner's folder, and `kmm sync` over it."""

    def __init__(self, hub: LiveHub, folder: Path, slug: str = "meta") -> None:
        self.hub = hub
        self.slug = slug
        self.folder = folder
        self.file = folder / "copy.db"
        account = hub.accounts[slug]
        self.environment = {"KMM_CLIENT_ID": account.client_id, "KMM_CLIENT_SECRET": account.client_secret}

    def sync(self, *words: str) -> Result:
        command = ["sync", str(self.folder), "--url", self.hub.base_url, *words]
        return CliRunner().invoke(main, command, env=self.environment)

    def rows(self) -> Rows:
        """As any program of the partner would read them."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
            return by_id(json.loads(body) for (body,) in db.execute("SELECT body FROM signal"))

    def values(self) -> set[str]:
        return {one["value"] for one in self.rows().values()}

    def wait_for(self, value: str, *, gone: bool = False) -> None:
        """Until a follower has brought it or taken it away."""
        deadline = time.monotonic() + 120
        while self._has(value) is not (not gone):
            assert time.monotonic() < deadline, "it did not come"
            time.sleep(0.05)

    def _has(self, value: str) -> bool | None:
        try:
            return value in self.values()
        except sqlite3.OperationalError:  # nothing is there yet
            return None

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.file)) as db, db:
            assert db.execute(statement).rowcount, "nothing was damaged"

    def assert_whole(self, kind: str | None = None) -> None:
        """What a walk from zero gives, to the letter."""
        with self.hub.client_as(self.slug) as client:
            walk = Walk(client)
            walk.catch_up()
        assert self.rows() == by_id(one for one in walk.signals.values() if kind in (None, one["kind"]))


def by_id(items: Iterable[dict[str, Any]]) -> Rows:
    return {one["id"]: one for one in items}


def submit(client: httpx.Client, numbers: Iterable[int], **words: Any) -> None:
    items = [
        {"kind": "domain", "value": f"host-{n}.example", "external_id": f"host-{n}", "tlp": "GREEN"} | words
        for n in numbers
    ]
    assert client.post("/v1/signals", json={"signals": items}).json()["rejected"] == 0


def retract(client: httpx.Client, numbers: Iterable[int]) -> None:
    names = [f"host-{n}" for n in numbers]
    client.post("/v1/signals/retractions", json={"external_ids": names}).raise_for_status()
