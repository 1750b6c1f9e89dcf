"""Wards: the breaker, quarantine that every process keeps, and the way out of it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.db import Database
from core.errors import Unavailable
from core.plugin import hooks, shared
from core.plugin.breaker import Breaker
from core.plugin.ground import NOBODY
from core.plugin.host import PluginHost
from core.sdk import Canonical, Draft, Format, Invalid, SignalIn, SignalKind, Translated, translate_table
from core.wire.health import Reading
from tests.plugin.fakes import ASKED, Caller, draft, host, plugin, settings


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.failed() for _ in range(times)]


def test_the_breaker_opens_and_lets_one_through() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    assert fail(breaker, 4) == [False] * 4
    assert breaker.admits()
    assert fail(breaker, 3) == [False] * 3  # The fifth opens it; what was under way then says nothing.
    assert not breaker.admits()
    clock.now += 10.5
    assert breaker.pause == 20
    clock.now += 20.5
    assert breaker.admits()
    assert not breaker.admits(), "one at a time"
    breaker.passed()
    assert breaker.admits()
    assert not breaker.is_open
    fail(breaker, 4)
    assert breaker.admits(), "what was before it passed is forgotten"


def test_failures_far_apart_open_nothing() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(20):
        clock.now += 16
        assert not breaker.failed()
        assert breaker.admits()


def test_the_pause_doubles_and_the_third_opening_within_an_hour_is_for_an_operator() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    fail(breaker, 5)
    for pause, third in ((30, False), (60, True)):
        clock.now += pause - 1
        assert not breaker.admits()
        clock.now += 2
        assert breaker.admits()
        assert breaker.failed() is third
    late = Breaker(clock)
    fail(late, 5)
    for _ in range(5):
        clock.now += 1_900
        assert late.admits()
        assert not late.failed()


async def failing() -> Sequence[Draft]:
    raise ZeroDivisionError("a bug")


async def ask(running: PluginHost) -> dict[str, Any]:
    return {name: answer async for name, answer in running.ask(hooks.report_sections, Caller(), ASKED)}


async def test_who_fails_again_and_again_is_not_asked() -> None:
    running = host(plugin("failing", report_sections=failing), plugin("good", report_sections=good))
    async with running.keeper.running():
        answers = [await ask(running) for _ in range(6)]
    assert [type(one["failing"]) for one in answers] == [ZeroDivisionError] * 5 + [Unavailable]
    assert all(one["good"] == [draft("good")] for one in answers)


async def good() -> Sequence[Draft]:
    return [draft("good")]


def test_a_parse_that_never_ends_is_waited_for_once() -> None:
    released = threading.Event()

    def parse(value: str) -> Canonical:
        released.wait(20)
        return Canonical(value, value)

    (kind,) = host(plugin("stuck", signal_kinds=lambda: [SignalKind("k1", "One", parse)])).signal_kinds()
    began = time.monotonic()
    for number in range(500):
        with pytest.raises(ValueError, match=r"could not read|several times"):
            kind.parse(str(number))
    assert time.monotonic() - began < 1
    released.set()


def test_bodies_that_cannot_be_read_are_no_failures_of_who_reads_them() -> None:
    def read(body: bytes) -> Sequence[Translated]:
        return translate_table(body, {}, msgspec.json.Decoder(SignalIn), lambda one: one)

    form = Format("rows", "text/x-rows", "rows", lambda page: b"", read=read)
    running = host(plugin("rows", feed_formats=lambda: [form]))
    shown = running.feed_formats()["text/x-rows"]
    assert shown.read
    for _ in range(6):
        with pytest.raises(Invalid, match="not in UTF-8"):
            shown.read(b"\xff")
    assert running.keeper.plugins[0].ward.breaker.admits()


class House:
    """Processes of one hub, as far as plugins are concerned; and its command."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db = Database(url)
        self._url = url
        self._patch = monkeypatch
        self.entered: list[str] = []

    def process(self, name: str) -> PluginHost:
        @asynccontextmanager
        async def living() -> AsyncIterator[None]:
            self.entered.append(name)
            yield

        return host(plugin("odd", report_sections=good, lifespan=living), plugin("good"), database_url=self._url)

    async def kmm(self, *arguments: str) -> Result:
        self._patch.setenv("KMM_SECRET", "s" * 32)
        self._patch.setenv("KMM_DATABASE_URL", self._url)
        self._patch.setenv("COLUMNS", "200")
        return await asyncio.to_thread(CliRunner().invoke, main, ["plugins", *arguments])


@pytest.fixture
async def house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    made = House(database_url, monkeypatch)
    yield made
    await made.db.close()


async def test_quarantine_is_kept_by_every_process_and_over_a_restart_until_it_is_released(house: House) -> None:
    one, two = house.process("one"), house.process("two")
    await one.keeper.begin(house.db)
    async with one.keeper.running(), two.keeper.running():
        (odd, _) = one.keeper.plugins
        one.keeper.shut(odd, "breaker", RuntimeError("third time"))
        await one.keeper.attend(house.db)
        await two.keeper.attend(house.db)
        assert two.quarantined["odd"].error == "RuntimeError: third time"
        assert isinstance((await ask(two))["odd"], Unavailable)
        restarted = house.process("restarted")
        await restarted.keeper.begin(house.db)
        assert restarted.quarantined_names() == ("odd",)
        assert (await house.kmm("release", "odd")).stdout == "odd is let out.\n"
        await one.keeper.attend(house.db)
        await two.keeper.attend(house.db)
        assert not one.quarantined
        assert (await ask(one))["odd"] == (await ask(two))["odd"] == [draft("good")]
        again = await house.kmm("release", "odd")
        assert (again.exit_code, again.stderr) == (1, "Error: odd is not in quarantine; see `kmm plugins`.\n")
    assert sorted(house.entered) == ["one", "one", "two", "two"]


async def test_another_version_is_tried_anew_and_so_is_what_could_not_be_loaded(house: House) -> None:
    before = house.process("before")
    odd, well = before.keeper.plugins
    before.keeper.shut(odd, "heartbeat", TimeoutError())
    before.keeper.shut(well, "load", ImportError("a library"))
    await before.keeper.begin(house.db)
    unmended = await house.kmm("release", "good")
    assert unmended.exit_code == 1
    assert "could not be started (load): restart the hub" in unmended.stderr
    after = house.process("after")
    after.keeper.plugins[0].origin = "another 2"
    await after.keeper.begin(house.db)
    assert not after.quarantined


async def test_kmm_plugins_shows_what_the_running_hub_knows(house: House) -> None:
    running = house.process("one")
    exports = running.keeper.plugins[0]
    # Another process has it from the installed plugins.
    installed = next(one for one in PluginHost(settings()).statuses() if one.name == "exports")
    exports.name, exports.origin = "exports", installed.origin
    running.keeper.shut(exports, "heartbeat", TimeoutError("[/x] no pulse"))
    await running.keeper.begin(house.db)
    shown = (await house.kmm()).output
    (line,) = (line for line in shown.splitlines() if line.strip().startswith("exports"))
    assert "quarantined since 20" in line
    assert "heartbeat: TimeoutError: [/x] no pulse" in line


async def test_what_an_earlier_run_said_of_itself_does_not_stand(house: House) -> None:
    async with house.db.edge(NOBODY) as session:
        await shared.note(session, "good", "given", [Reading("breaker", "It failed several times.", ok=False)])
    running = house.process("one")
    await running.keeper.begin(house.db)
    async with running.keeper.running():
        await running.keeper.examine(house.db)
    async with house.db.snapshot(NOBODY) as session:
        assert shared.readings((await shared.read(session))["good"]) == ()
