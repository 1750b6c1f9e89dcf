"""A plugin that does harm, in each hook: no request fails for it but its own, nobody waits for it but who asks it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from inspect import iscoroutinefunction
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import msgspec
import pytest

from core.plugin import crossing, discovery, formats, hooks, keeper, lane, memory, ward
from core.plugin import host as hosting
from core.plugin.discovery import Found
from core.plugin.host import PluginHost
from core.plugin.plugin import Plugin
from core.sdk import Detail, Draft, EventOut, Notice, Screening, Title
from core.testing import TestedHub
from tests.plugin import hostile as bad
from tests.plugin.fakes import ASKED, Caller, draft, plugin, settings
from tests.plugin.hostile import BEHAVIOURS, hostile, released

BUDGET = 0.2
DELAY = 1.0
"""Seconds that any other request may take meanwhile; one that waits for a plugin that blocks or hangs takes 20."""
EVENT = EventOut("evt_12", "report.frozen", datetime(2026, 1, 1, tzinfo=UTC), 12, {})
NOTICE = Notice("ntc_1", "emergency.declared", "emg_1", Title("Khẩn cấp"), Detail("…"), "https://hub.example/")


def shorten(monkeypatch: pytest.MonkeyPatch, budget: float) -> None:
    """Budgets that a test can wait for."""
    for module, name in (
        *((crossing, name) for name in ("FIRST", "NEXT")),
        *((formats, "_PAYLOAD"), (hosting, "_SEND"), (keeper, "_LEAVE")),
    ):
        monkeypatch.setattr(module, name, budget)
    for module in (lane, ward):
        monkeypatch.setattr(module, "_GRACE", budget / 2)
    monkeypatch.setattr(hosting, "_BUDGETS", {})
    monkeypatch.setattr(memory, "_REST", 0)
    monkeypatch.setattr(bad, "kept", 0)
    released.clear()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shorten(monkeypatch, BUDGET)
    yield
    released.set()


HOOKS = {name: hook for name, hook in vars(hooks).items() if hasattr(hook, f"{hooks.PROJECT}_spec")}
START = {name for name, hook in HOOKS.items() if not iscoroutinefunction(hook)} - {"lifespan"}


def test_every_hook_is_tried() -> None:
    assert HOOKS.keys() - START <= vars(hostile(BEHAVIOURS["raises"])).keys()


@pytest.mark.parametrize("behaviour", [name for name in BEHAVIOURS if name != "hangs"])
def test_while_it_starts(behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    do = BEHAVIOURS[behaviour]
    bad = [plugin(f"bad-{number}", **{hook: do}) for number, hook in enumerate(sorted(START))]
    found = [Found(module.__name__, "stranger 1", False, partial(_same, module)) for module in bad]
    found += [Found("bad-import", "stranger 1", False, do), Found("good", "stranger 1", False, good)]
    monkeypatch.setattr(discovery, "installed", lambda: found)
    began = time.monotonic()
    running = PluginHost(settings(), start=BUDGET)
    assert time.monotonic() - began < len(found) * 3 * BUDGET
    assert running.quarantined.keys() == {one.name for one in found} - {"good"}


def _same(module: object) -> object:
    return module


def good() -> object:
    async def sections() -> Sequence[Draft]:
        return [draft("good")]

    async def screen(signals: Sequence[Any]) -> Sequence[Screening]:
        return [Screening() for _ in signals]

    return plugin("good", report_sections=sections, screen_signal=screen)


class Drive:
    """Each way in which a running hub calls a plugin."""

    def __init__(self, hub: TestedHub) -> None:
        self.hub = hub
        self.host = hub.parts.plugins
        self.bad: Plugin = self.host.keeper.plugins[0]
        self.meta = hub.client_as("meta")
        self.tiktok = hub.client_as("tiktok")
        self.google = hub.client_as("google")

    async def route(self) -> None:
        answer = await self.hub.anonymous().get("/bad/route")
        assert answer.status_code in (200, 500, 503)

    async def report_sections(self) -> None:
        asked = self.host.ask(hooks.report_sections, Caller(), ASKED)
        answers = {name: answer async for name, answer in asked}
        assert isinstance(answers["bad"], Exception)
        assert answers["good"] == [draft("good")]

    async def scan_asset(self) -> None:
        asked = self.host.ask(hooks.scan_asset, path=Path("a"), sha256="0" * 64, media_type="image/png")
        assert [isinstance(answer, Exception) async for _, answer in asked] == [True]

    async def screen_signal(self) -> None:
        await submit(self.tiktok, 1)

    async def on_event(self) -> None:
        told = False
        with suppress(Exception):
            await self.host.tell(self.bad, Caller(), EVENT)
            told = True
        assert not told

    async def health(self) -> None:
        await self.host.keeper.examine(self.hub.parts.db)
        assert self.bad.ward.quarantine or self.host.unwell_names() == ("bad",)

    async def channel(self) -> None:
        with suppress(Exception):
            await self.host.send("bad", 7, "roof", NOTICE)

    async def kind(self) -> None:
        items = [{"kind": "bad", "value": value} for value in ("a", "b", "c")]
        items.append({"kind": "domain", "value": "beside.example"})
        answer = await self.tiktok.post("/v1/signals", json={"signals": items})
        statuses = [one["status"] for one in answer.json()["results"]]
        assert statuses[:3] == ["rejected"] * 3
        assert statuses[3] in ("created", "unchanged")

    async def render(self) -> None:
        answer = await self.meta.get("/v1/signals", headers={"accept": "text/x-bad"})
        assert answer.status_code == 503 or answer.headers["content-type"].startswith("application/json")

    async def read(self) -> None:
        answer = await self.tiktok.post("/v1/connect", content=b"a", headers={"content-type": "text/x-bad"})
        assert answer.status_code in (409, 415, 503)

    async def translate(self) -> None:
        assert (await self.meta.post("/v1/connect", json={})).status_code in (404, 409, 503)

    async def verify(self) -> None:
        assert (await self.meta.post("/v1/connect", json={"verify": 1})).status_code in (404, 409, 503)


ACTS: tuple[Callable[[Drive], Awaitable[None]], ...] = tuple(
    act for name, act in vars(Drive).items() if not name.startswith("_")
)


@pytest.fixture
def hub_plugins(behaviour: str) -> Sequence[object]:
    return [hostile(BEHAVIOURS[behaviour]), good()]


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_while_the_hub_serves(hub: TestedHub) -> None:
    await through_every_act(hub, BUDGET, DELAY, items=100, late=DELAY)


async def through_every_act(hub: TestedHub, budget: float, delay: float, items: int, late: float) -> None:
    """Whatever the plugin does, others read within `delay` seconds; it is let out again for the next act.

    Submissions of `items`, which it screens, are late by the budget that it has for that, and less than `late` seconds.
    """
    hub.parts.plugins._budget = hub.parts.plugins.keeper._budget = budget
    drive = Drive(hub)
    await submit(drive.google, items)
    drive.host.keeper.shut(drive.bad, "breaker", RuntimeError("for a while"))
    usual = median([await submit(drive.google, items) for _ in range(3)])
    await let_out(drive)
    for act in ACTS:
        # A machine that has other work is late at times, a plugin each time.
        for _ in range(3):
            released.clear()
            slowest, took = await beside(drive, items, act)
            await let_out(drive)
            if slowest < delay and took < usual + budget + late:
                break
        assert slowest < delay, f"{act.__name__} kept others waiting for {slowest:.3f} s"
        assert took < usual + budget + late, f"{act.__name__} kept a submission waiting for {took:.3f} s"
    assert await memory.held(drive.bad, 2**40) > bad.kept > 0


async def beside(drive: Drive, items: int, act: Callable[[Drive], Awaitable[None]]) -> tuple[float, float]:
    """Seconds of the slowest page of the feed and of a submission, while this is done."""
    reading = asyncio.create_task(others(drive.tiktok))
    took, _ = await asyncio.gather(submit(drive.google, items), act(drive))
    released.set()
    await asyncio.sleep(0.02)
    reading.cancel()
    return await reading, took


async def others(http: httpx.AsyncClient) -> float:
    """The longest that a page of the feed took, until cancelled."""
    most = 0.0
    try:
        while True:
            began = time.monotonic()
            assert (await http.get("/v1/signals", params={"limit": 1})).status_code == 200
            most = max(most, time.monotonic() - began)
            await asyncio.sleep(0.005)
    except asyncio.CancelledError:
        return most


async def submit(http: httpx.AsyncClient, items: int) -> float:
    """Seconds that a submission of so many new items takes."""
    first = time.monotonic_ns()
    sent = [{"kind": "domain", "value": f"bulk-{first + one}.example", "tlp": "GREEN"} for one in range(items)]
    body = msgspec.json.encode({"signals": sent})
    began = time.monotonic()
    answer = await http.post("/v1/signals", content=body, headers={"content-type": "application/json"})
    took = time.monotonic() - began
    assert answer.json()["created"] == items
    return took


async def let_out(drive: Drive) -> None:
    """For the next act, as `kmm plugins release` does."""
    if drive.bad.ward.quarantine:
        # It fails when it is left, too, which may come late.
        assert drive.bad.ward.quarantine.phase in ("heartbeat", "breaker", "lifespan")
    await drive.host.keeper._let_out(drive.bad)
