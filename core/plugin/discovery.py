"""Where plugins come from."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.metadata import entry_points

import msgspec

from core.plugin.hooks import PROJECT


class Found(msgspec.Struct, frozen=True):
    """A plugin that is there, not yet imported."""

    name: str
    origin: str
    """Distribution and version that bring it."""
    built_in: bool
    """Whether it comes with the hub; others are strangers, who get a thread of their own for all that they do."""
    load: Callable[[], object]


@cache
def installed() -> Sequence[Found]:
    """The entry points of the group `khongmotminh`: ours first, so that nobody takes the name of a built-in plugin.

    Read once, from the metadata of everything that is installed; tests start hubs by the hundred.
    """
    found: list[Found] = []
    for point in entry_points(group=PROJECT):
        brought_by = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else ""
        found.append(Found(point.name, f"{brought_by} {version}".strip(), brought_by == PROJECT, point.load))
    return tuple(sorted(found, key=lambda one: (not one.built_in, one.name, one.origin)))


def given(plugins: Sequence[object]) -> list[Found]:
    """Modules or objects that were handed over instead, as strangers'; called by what they call themselves."""
    return [Found(_name(plugin), "given", False, partial(_same, plugin)) for plugin in plugins]


def _same(plugin: object) -> object:
    return plugin


def _name(plugin: object) -> str:
    try:
        name: str = plugin.plugin_info().name  # type: ignore[attr-defined]
    except Exception:
        # The host will meet the same failure, and note it under this name.
        return str(getattr(plugin, "__name__", type(plugin).__name__)).lower()
    return name
