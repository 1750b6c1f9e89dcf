"""Admission: plugins are taken in one by one, phase by phase, and what fails costs the plugin alone."""

import logging
from collections.abc import Callable, Collection, Mapping

from core.edge import JSON, NDJSON
from core.plugin import mounting
from core.plugin.discovery import Found
from core.plugin.ground import Look
from core.plugin.plugin import Plugin
from core.settings import Settings

log = logging.getLogger("kmm.plugins")

_CORE = "core"
_CORE_FORMS = (f"the feed as {JSON}", f"the feed as {NDJSON}", "reports as .json")
_OURS = frozenset({"name", "claims"})
"""Phases that ask the plugin nothing."""

Shut = Callable[[Plugin, str, BaseException], None]


class Admission:
    """Who is in. `kinds` are the names that core has taken; `budget`: seconds that a stranger has for each phase."""

    def __init__(
        self, settings: Settings, look: Look, kinds: Collection[str], budget: float, shut: Shut, fail: Shut
    ) -> None:
        self.plugins: list[Plugin] = []
        self.disabled: list[Found] = []
        self._settings = settings
        self._look = look
        self._budget = budget
        self._shut = shut
        self._fail = fail
        self._owners = dict.fromkeys([*_CORE_FORMS, *(f"the kind {name}" for name in kinds)], _CORE)

    def admit(self, found: Found) -> None:
        """Load it and ask what it adds. `fail` is told of the phase that failed, `shut` of troubles later."""
        if found.name in self._settings.disabled_plugins:
            self.disabled.append(found)
            return
        plugin = Plugin(found, self._settings, self._look, self._shut)
        phases: Mapping[str, Callable[[], None]] = {
            "name": lambda: self._check_name(plugin),
            "load": plugin.load,
            "info": plugin.introduce,
            "settings": lambda: plugin.configure(self._settings.plugins.get(plugin.name, {})),
            "hooks": plugin.collect,
            "claims": lambda: self._settle_claims(plugin),
        }
        self.plugins.append(plugin)
        for phase, step in phases.items():
            try:
                if plugin.built_in or phase in _OURS:
                    step()
                else:
                    plugin.lane.call(step, self._budget)
            # A module that exits while it is imported must not take the hub along.
            except (Exception, SystemExit) as exc:
                self._fail(plugin, phase, exc)
                return
        plugin.is_started = True

    def owns_path(self, plugin: Plugin) -> bool:
        """Whether no other plugin has the paths that this one would have."""
        return self._owners.get(_path(plugin.prefix), plugin.name) == plugin.name

    def _check_name(self, plugin: Plugin) -> None:
        wanted = plugin.name
        if any(other.name == wanted for other in self.plugins if other is not plugin):
            plugin.name = f"{wanted} of {plugin.origin}"
            raise ValueError(f"another plugin is called {wanted!r}")
        mounting.check_prefix(wanted)

    def _settle_claims(self, plugin: Plugin) -> None:
        claims = [_path(plugin.prefix), *plugin.claims()]
        for claim in claims:
            if claim in self._owners or claims.count(claim) > 1:
                raise ValueError(f"{claim} is added twice: by {self._owners.get(claim, plugin.name)} before")
        self._owners |= dict.fromkeys(claims, plugin.name)


def _path(prefix: str) -> str:
    return f"the path /{prefix}"
