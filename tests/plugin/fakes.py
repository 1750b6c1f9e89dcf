"""Plugins made on the spot."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from core.plugin.host import PluginHost
from core.sdk import PluginInfo, hookimpl
from core.settings import Settings


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
