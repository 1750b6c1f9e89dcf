"""`kmm sync`: the copy is what the hub holds for the partner, whatever happens there."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from core.copy import Copy, Page
from core.sync import Sync
from tests.live import KMM, LiveHub, live_hub
from tests.mirrors import Mirror, Rows, retract, submit


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[LiveHub]:
    with live_hub(tmp_path / "hub", database_url) as hub:
        yield hub


def share_with_meta(live: LiveHub, tiktok: httpx.Client) -> None:
    """In a group that it does not belong to yet."""
    tiktok.post("/v1/groups", json={"slug": "shield", "name": "Shield"}).raise_for_status()
    tiktok.post("/v1/groups/shield/invitations", json={"partner": "meta"}).raise_for_status()
    submit(tiktok, range(100, 110), tlp="AMBER", groups=["shield"])


def join(live: LiveHub) -> None:
    with live.client_as("meta") as meta:
        meta.put("/v1/groups/shield/membership").raise_for_status()


def test_every_change_arrives_in_the_copy(live: LiveHub, tiktok: httpx.Client, mirror: Mirror) -> None:
    def assert_synced(*, new_walk: bool = False) -> None:
        done = mirror.sync("--page", "7")
        assert done.exit_code == 0, done.output
        assert ("A new walk begins" in done.output) == new_walk
        mirror.assert_whole()

    submit(tiktok, range(50))
    assert_synced()
    assert len(mirror.rows()) >= 50
    submit(tiktok, range(5), confidence=90)
    retract(tiktok, range(5, 10))
    submit(tiktok, range(10, 15), tlp="RED")
    share_with_meta(live, tiktok)
    assert_synced()
    assert {f"host-{n}.example" for n in range(5, 15)}.isdisjoint(mirror.values())
    join(live)
    assert_synced(new_walk=True)
    assert "host-100.example" in mirror.values()
    live.kill()
    live.start()
    retract(tiktok, [1, 100])
    assert_synced()


def test_changes_are_followed_as_they_come(live: LiveHub, tiktok: httpx.Client, mirror: Mirror) -> None:
    command = [str(KMM), "sync", str(mirror.folder), "--url", live.base_url, "--follow"]
    environment = os.environ | mirror.environment
    # What a shell starts in the background is deaf to SIGINT, and so would be what the tests start.
    follower = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no threads in the child)
    )
    try:
        for n in range(3):
            submit(tiktok, [n])
            mirror.wait_for(f"host-{n}.example")
        live.kill()
        live.start()
        retract(tiktok, [0])
        mirror.wait_for("host-0.example", gone=True)
        assert mirror.sync().exit_code == 1, "two would write one copy"
        mirror.assert_whole()
    finally:
        follower.send_signal(signal.SIGINT)
        _, said = follower.communicate(timeout=30)
    assert follower.returncode == 130, said


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_readers_have_a_whole_copy_while_a_new_one_is_made(live: LiveHub, tiktok: httpx.Client, mirror: Mirror) -> None:
    submit(tiktok, range(40))
    share_with_meta(live, tiktok)
    mirror.sync()
    join(live)
    before = mirror.rows()
    seen: list[tuple[bool, Rows]] = []
    with closing(sqlite3.connect(mirror.file, isolation_level=None)) as patient:
        patient.execute("BEGIN")
        count = "SELECT count(*) FROM signal"
        assert patient.execute(count).fetchone() == (len(before),)
        with Copy(mirror.file) as copy, live.client_as("meta") as client:

            def look(page: Page) -> None:
                seen.append((page.more, mirror.rows()))

            Sync(client, copy, limit=7, moved=look, note=print).catch_up()
        # One that has begun to read the old copy has it to the end.
        assert patient.execute(count).fetchone() == (len(before),)
        patient.execute("COMMIT")
        assert patient.execute(count).fetchone() == (len(before) + 10,)
    assert len(seen) > 5
    assert all(rows == before for more, rows in seen if more)
    mirror.assert_whole()
