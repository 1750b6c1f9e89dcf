"""Plugins made on the spot."""

import asyncio
from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

from core.plugin.host import PluginHost
from core.sdk import Asked, Draft, Period, PluginInfo, ReaderClass, Words, hookimpl
from core.settings import Settings
from core.wire.documents import Positions


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """A module with these hooks, and a `plugin_info` unless one is among them."""
    module = ModuleType(name)
    hooks.setdefault("plugin_info", lambda: PluginInfo(name=name, title=name.title()))
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def settings(**more: Any) -> Settings:
    return Settings(**({"secret": "s" * 32, "database_url": "sqlite:///nowhere.db"} | more))


def host(*plugins: object, budget: float = 2, **more: Any) -> PluginHost:
    return PluginHost(settings(**more), plugins, kinds=["url"], budget=budget)


async def phase_of(running: PluginHost, name: str) -> str:
    """In which it is shut away, a moment later."""
    async with asyncio.timeout(5):
        while name not in running.quarantined:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.01)
    return running.quarantined[name].phase


class Caller:
    """As far as hooks know a principal."""

    partner = 7


ASKED = Asked(
    readers=ReaderClass.PUBLIC,
    partner=None,
    slug=None,
    period=Period(date(2025, 10, 1), date(2025, 11, 1)),
    positions=Positions(3, 12),
    begins=1,
    ends=2,
    grain="day",
)
"""A stretch of the log that a section of a report may be asked for."""


def draft(name: str) -> Draft:
    """A section without figures."""
    return Draft(name, Words(name, name))
