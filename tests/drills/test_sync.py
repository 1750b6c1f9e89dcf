"""kill -9 of `kmm sync` at any moment: what readers find is whole, and the next run ends with what the hub holds."""

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import httpx

from tests.live import KMM, LiveHub
from tests.mirrors import Mirror, Rows, retract, submit

Size = Callable[[int, int], int]

SIGNALS = 4_000


def test_a_copy_outlives_any_kill(live: LiveHub, size: Size, tmp_path: Path) -> None:
    """Killed while it walks from zero, while it catches up, and while it walks anew beside a copy that stands."""
    mirror = Mirror(live, tmp_path / "copy")
    kills = {"new walk": 0, "catching up": 0}
    with live.client_as("tiktok") as tiktok:
        submit(tiktok, range(SIGNALS))
        for number in range(size(1, 12)):
            chance = random.Random(number)
            kills["new walk"] += killed(mirror, chance, size(3, 4))
            assert mirror.sync("--page", "500").exit_code == 0
            mirror.assert_whole()
            change(tiktok, chance)
            kills["catching up"] += killed(mirror, chance, 2)
            assert mirror.sync().exit_code == 0
            mirror.assert_whole()
            mirror.change("UPDATE walk SET cursor = 'lost'")
    assert min(kills.values()) > 0, f"nothing was killed at work: {kills}"


def killed(mirror: Mirror, chance: random.Random, times: int) -> int:
    """Start it and kill it so often; returns how often it had begun to take in pages and had not come to the end."""
    at_work = 0
    standing = mirror.rows() if mirror.file.exists() else {}
    for _ in range(times):
        before = reached(mirror)
        command = [str(KMM), "sync", str(mirror.folder), "--url", mirror.hub.base_url, "--page", "20"]
        process = subprocess.Popen(command, env=os.environ | mirror.environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while reached(mirror) == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.5))
        at_work += process.poll() is None and reached(mirror) != before
        process.kill()
        process.wait(30)
        assert_whole_to_readers(mirror, standing)
    return at_work


def reached(mirror: Mirror) -> list[tuple[str, str]]:
    """The cursors, which move with each page."""
    if not mirror.file.exists():
        return []
    with closing(sqlite3.connect(mirror.file)) as db:
        has_table = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'walk'").fetchone()
        return db.execute("SELECT fills, cursor FROM walk WHERE cursor <> 'lost'").fetchall() if has_table else []


def assert_whole_to_readers(mirror: Mirror, standing: Rows) -> None:
    """While a new copy is on its way they find the one that stood before, or nothing if there was none."""
    with closing(sqlite3.connect(mirror.file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    if "incoming" in dict(reached(mirror)):
        assert mirror.rows() == standing


def change(client: httpx.Client, chance: random.Random) -> None:
    """Changed, taken back, new: a thousand positions to catch up with."""
    some = chance.sample(range(SIGNALS), 1_000)
    submit(client, some[:600], confidence=chance.randrange(101))
    retract(client, some[600:800])
    submit(client, some[800:900], tlp="RED")
    start = next(_NEW)
    submit(client, range(start, start + 100))


_NEW = count(SIGNALS, 100)
