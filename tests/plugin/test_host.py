"""Discovery and quarantine: what fails is shut away by name and phase, and nothing else is touched."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import msgspec
import pytest
from litestar import Litestar, get

from core.plugin import discovery
from core.plugin.discovery import Found
from core.plugin.host import PluginHost
from core.plugin.keeper import PluginError
from core.sdk import Canonical, Context, Format, PluginInfo, Scope, SignalKind, public, scoped
from tests.plugin.fakes import host, plugin, settings


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    retries: int = 3


def kind(name: str) -> SignalKind:
    return SignalKind(name, name, lambda value: Canonical(value, value))


def raising(*_: object) -> Any:
    raise ZeroDivisionError("a bug")


@get("/thing", operation_id="ReadThing", **public())
async def read_thing() -> str:
    return "thing"


@get("/naked", operation_id="ReadNaked")
async def naked() -> str:
    return ""


@get("/nameless", **scoped(Scope.SIGNALS_READ))
async def nameless() -> str:
    return ""


@get("/greedy", operation_id="ReadGreedy", **scoped(Scope.SIGNALS_READ))
async def greedy(db: object) -> str:
    return str(db)


@get("/unsigned", operation_id="ReadUnsigned", **scoped(Scope.SIGNALS_READ))
async def unsigned(size) -> str:  # type: ignore[no-untyped-def]
    return str(size)


def named(name: str, **more: Any) -> Callable[[], PluginInfo]:
    return lambda: PluginInfo(**({"name": name, "title": name} | more))


BROKEN = {
    "misspelt hook": (plugin("broken", conectors=raising), "load", "conectors"),
    "unknown argument": (plugin("broken", connectors=lambda context: [context]), "load", "context"),
    "no plugin_info": (ModuleType("broken"), "info", "plugin_info is missing"),
    "plugin_info raises": (plugin("broken", plugin_info=raising), "info", "a bug"),
    "plugin_info gives None": (plugin("broken", plugin_info=lambda: None), "info", "gives None"),
    "core's own path": (plugin("v1"), "name", "cannot be the first part of a path"),
    "settings missing": (plugin("broken", plugin_info=named("broken", settings=Strict)), "settings", "`url`"),
    "raising hook": (plugin("broken", connectors=raising), "hooks", "ZeroDivisionError: a bug"),
    "wrong object": (plugin("broken", connectors=lambda: ["tiktok"]), "hooks", "gives a str where a Connector"),
    "no list": (plugin("broken", signal_kinds=lambda: 7), "hooks", "not iterable"),
    "route without scope": (plugin("broken", route_handlers=lambda: [naked]), "hooks", "no scope and is not public"),
    "route without name": (plugin("broken", route_handlers=lambda: [nameless]), "hooks", "no operation_id"),
    "route with an engine": (plugin("broken", route_handlers=lambda: [greedy]), "hooks", "do not get: db"),
    "route without types": (plugin("broken", route_handlers=lambda: [unsigned]), "hooks", "annotation"),
    "kind of core": (plugin("broken", signal_kinds=lambda: [kind("url")]), "claims", "by core before"),
    "form of core": (
        plugin("broken", feed_formats=lambda: [Format("json", "application/json", "json", raising)]),
        "claims",
        "the feed as application/json",
    ),
    "kind twice": (plugin("broken", signal_kinds=lambda: [kind("a1"), kind("a1")]), "claims", "added twice"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_quarantined_and_its_neighbours_run(case: str) -> None:
    broken, phase, error = BROKEN[case]
    before, after = (
        plugin("before", signal_kinds=lambda: [kind("k1")]),
        plugin("other", signal_kinds=lambda: [kind("k2")]),
    )
    running = host(before, broken, after)
    ((name, found),) = running.quarantined.items()
    assert found.phase == phase
    assert error in found.error
    assert running.quarantined_names() == (name,)
    assert [kind.name for kind in running.signal_kinds()] == ["k1", "k2"]
    assert {line.name: line.state for line in running.statuses()} == {
        "before": "running",
        "other": "running",
        name: "quarantined",
    }


@pytest.mark.parametrize("case", BROKEN)
def test_a_strict_host_raises_instead(case: str) -> None:
    broken, phase, _ = BROKEN[case]
    with pytest.raises(PluginError, match=phase):
        PluginHost(settings(), [broken], kinds=["url"], strict=True)


def test_an_import_that_fails_costs_one_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave() -> object:
        sys.exit("wrong version")

    good = plugin("good", signal_kinds=lambda: [kind("k1")])
    missing = EntryPoint("missing", "no_such_module_anywhere", "khongmotminh")
    found = [
        Found("missing", "stranger 1", False, missing.load),
        Found("exits", "stranger 1", False, leave),
        Found("good", "stranger 1", False, lambda: good),
        Found("renamed", "stranger 2", False, lambda: good),
        Found("good", "stranger 2", False, lambda: good),
    ]
    monkeypatch.setattr(discovery, "installed", lambda: found)
    running = PluginHost(settings())
    assert {name: one.phase for name, one in running.quarantined.items()} == {
        "missing": "load",
        "exits": "load",
        "renamed": "info",
        "good of stranger 2": "name",
    }
    assert "no_such_module_anywhere" in running.quarantined["missing"].error
    assert [kind.name for kind in running.signal_kinds()] == ["k1"]


def test_settings_are_the_plugins_own_struct() -> None:
    seen: list[Any] = []

    def kinds(ctx: Context) -> list[SignalKind]:
        seen.append(ctx.settings)
        return []

    typed = plugin("typed", plugin_info=named("typed", settings=Strict), signal_kinds=kinds)
    assert not host(typed, plugins={"typed": {"url": "https://a.example"}}).quarantined
    assert seen == [Strict("https://a.example", 3)]
    wrong = host(typed, plugins={"typed": {"url": "https://a.example", "retires": 5}})
    assert "retires" in wrong.quarantined["typed"].error
    assert "retries" in host(plugin("bare"), plugins={"bare": {"retries": 1}}).quarantined["bare"].error


def test_a_disabled_plugin_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "installed", lambda: [Found("noisy", "stranger 1", False, raising)])
    running = PluginHost(settings(disabled_plugins=("noisy",)), strict=True)
    assert [(line.name, line.state) for line in running.statuses()] == [("noisy", "disabled")]
    assert running.route_handlers() == []


def test_settings_for_a_plugin_that_is_not_there_are_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    host(plugins={"tiktokk": {}})
    assert "tiktokk" in caplog.text


def test_who_is_disabled_by_a_wrong_name_is_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    host(plugin("good"), plugin("odd"), disabled_plugins=("odd", "goood"))
    assert "not installed: goood; there are: good, odd" in caplog.text


def test_what_two_plugins_add_belongs_to_the_first() -> None:
    first = plugin("first", signal_kinds=lambda: [kind("k1")])
    second = plugin("second", signal_kinds=lambda: [kind("k2"), kind("k1")])
    running = host(first, second)
    assert [kind.name for kind in running.signal_kinds()] == ["k1"]
    assert running.quarantined["second"].error == "ValueError: the kind k1 is added twice: by first before"


def test_paths_begin_with_the_prefix_and_nobody_takes_anothers() -> None:
    taxii = plugin("taxii", plugin_info=named("taxii", prefix="taxii2"), route_handlers=lambda: [read_thing])
    copycat = plugin("taxii2", route_handlers=lambda: [read_thing])
    into_core = plugin("core", plugin_info=named("core", prefix="v1"))
    running = host(taxii, copycat, into_core, plugin("odd", plugin_info=named("odd", prefix="../v1")))
    assert {name: one.phase for name, one in running.quarantined.items()} == {
        "taxii2": "claims",
        "core": "info",
        "odd": "info",
    }
    app = Litestar(running.route_handlers(), openapi_config=None)
    assert {route.path.split("/")[1] for route in app.routes} == {"taxii2", "core", "odd"}


def test_plugins_are_asked_in_one_order() -> None:
    calls: list[str] = []

    def noting(hook: str) -> Callable[[], Any]:
        def note() -> list[Any]:
            calls.append(hook)
            return []

        return note

    hooks = ("feed_formats", "report_formats", "signal_kinds", "connectors", "route_handlers")
    host(plugin("noting", **{hook: noting(hook) for hook in hooks}))
    assert calls == ["route_handlers", "connectors", "signal_kinds", "feed_formats", "report_formats"]


def test_built_in_plugins_come_first_so_that_nobody_takes_their_names() -> None:
    installed = discovery.installed()
    assert [one.name for one in installed if one.origin.startswith("khongmotminh ")] == sorted(
        point.name for point in entry_points(group="khongmotminh") if point.dist and point.dist.name == "khongmotminh"
    )
    assert installed[0].origin.startswith("khongmotminh ")


def test_the_built_in_plugins_run() -> None:
    running = PluginHost(settings(), kinds=["url"], strict=True)
    assert {line.name for line in running.statuses()} >= {"exports", "tiktok", "agency"}
