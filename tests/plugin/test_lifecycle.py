"""The life of plugins: step by step in one order, and ours before a stranger's."""

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from core.plugin import discovery, hooks
from core.plugin.discovery import Found
from core.plugin.host import PluginHost
from core.sdk import Context, Draft, PluginInfo
from tests.plugin.fakes import ASKED, Caller, plugin, settings

ASKED_ONCE = (
    *("route_handlers", "connectors", "signal_kinds", "feed_formats"),
    *("report_formats", "channels", "commands"),
)
THREADS = {"ours": {"MainThread"}, "theirs": {"plugin-theirs"}}


class Choice(msgspec.Struct):
    depth: int


def noting(name: str, note: Callable[[str, str], None]) -> ModuleType:
    """A plugin whose every step is noted."""

    def info() -> PluginInfo:
        note(name, "plugin_info")
        return PluginInfo(name=name, title=name, settings=Choice)

    def one(hook: str) -> Callable[[Context], list[Any]]:
        def asked(ctx: Context) -> list[Any]:
            assert ctx.settings.depth == 7, "settings come before the hooks that are given them"
            note(name, hook)
            return []

        return asked

    async def sections() -> Sequence[Draft]:
        note(name, "report_sections")
        return []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        note(name, "entered")
        yield
        note(name, "left")

    once = {hook: one(hook) for hook in ASKED_ONCE}
    return plugin(name, plugin_info=info, lifespan=lifespan, report_sections=sections, **once)


async def test_it_is_lived_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: dict[str, list[str]] = {"ours": [], "theirs": []}
    every: list[tuple[str, str]] = []
    threads: dict[str, set[str]] = {"ours": set(), "theirs": set()}

    def note(name: str, step: str) -> None:
        steps[name].append(step)
        every.append((name, step))
        if step in (*ASKED_ONCE, "import", "plugin_info"):
            threads[name].add(threading.current_thread().name)

    def load(name: str) -> Callable[[], object]:
        def bring() -> object:
            note(name, "import")
            return noting(name, note)

        return bring

    found = [Found("ours", "khongmotminh 1", True, load("ours")), Found("theirs", "stranger 1", False, load("theirs"))]
    monkeypatch.setattr(discovery, "installed", lambda: found)
    running = PluginHost(settings(plugins={"ours": {"depth": 7}, "theirs": {"depth": 7}}), strict=True)
    start = ["import", "plugin_info", *ASKED_ONCE]
    assert every == [(name, step) for name in ("ours", "theirs") for step in start]
    assert threads == THREADS
    Litestar(running.route_handlers(), openapi_config=None)
    async with running.keeper.running():
        async for _ in running.ask(hooks.report_sections, Caller(), ASKED):
            pass
        lanes = {thread.name for thread in threading.enumerate()}
        assert lanes >= {"plugin-ours", "plugin-theirs"}
    for name in ("ours", "theirs"):
        assert steps[name] == [*start, "entered", "report_sections", "left"]
    assert [name for name, step in every if step == "report_sections"] == ["ours", "theirs"]
