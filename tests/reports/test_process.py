"""The process of reports: it answers, ends within its limits, and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.reports.process import Died, Process
from tests.reports import works


@pytest.fixture
async def own() -> AsyncIterator[Process]:
    process = Process()
    yield process
    process.stop()


async def test_it_works_in_another_process_that_yields_to_others(own: Process) -> None:
    pid, nice = await own.run(30, works.where)
    assert pid != os.getpid()
    assert nice > os.nice(0)
    assert (await own.run(30, works.where))[0] == pid


async def test_what_it_raises_arrives(own: Process) -> None:
    with pytest.raises(KeyError, match="lost"):
        await own.run(30, works.fail, "lost")
    with pytest.raises(RuntimeError, match="pickle"):
        await own.run(30, works.unpicklable)
    assert await own.run(30, works.double, 4) == 8


async def test_what_takes_too_long_is_ended_and_the_next_begins_afresh(own: Process) -> None:
    (before, _) = await own.run(30, works.where)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await own.run(0.2, works.sleep, 60)
    assert time.monotonic() - began < 10
    assert (await own.run(30, works.where))[0] != before


async def test_memory_is_limited(own: Process) -> None:
    with pytest.raises((MemoryError, Died)):
        await own.run(30, works.eat)
    assert await own.run(30, works.double, 4) == 8


async def test_one_that_ends_itself_is_noticed(own: Process) -> None:
    with pytest.raises(Died):
        await own.run(30, works.die)
    assert await own.run(30, works.double, 4) == 8


async def test_who_gives_up_leaves_no_answer_for_the_next(own: Process) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await own.run(60, works.sleep, 30)
    assert await own.run(30, works.double, 4) == 8


def test_it_does_not_outlive_a_server_that_is_killed() -> None:
    server = subprocess.Popen([sys.executable, "-m", "tests.reports.works"], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    pid = int(server.stdout.readline())
    server.send_signal(signal.SIGKILL)
    server.wait()
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, "the process is still there"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False
