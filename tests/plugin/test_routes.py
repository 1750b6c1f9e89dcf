"""Routes of plugins: below their name, shut with 503 when their plugin is, and given no way round visible()."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from litestar import Request, get, post
from litestar.di import Provide
from litestar.testing import create_test_client

from core.app import create_app
from core.client import in_process
from core.errors import HANDLERS
from core.plugin import hooks, mounting
from core.plugin.host import PluginHost
from core.plugin.mounting import GRANTED, WITHHELD
from core.sdk import Draft, Scope, public, scoped
from core.settings import Settings
from core.testing import run_hub
from tests.plugin.fakes import ASKED, Caller, host, phase_of, plugin, settings


@get("/thing/{name:str}", operation_id="ReadThing", **public())
async def read_thing(name: str) -> str:
    return name


@get("/secret", operation_id="ReadSecret", **scoped(Scope.REPORTS_NATIONAL))
async def read_secret() -> str:
    return "secret"


def broken() -> Any:
    raise ZeroDivisionError


def client(running: PluginHost) -> Any:
    return create_test_client(running.route_handlers(), exception_handlers=HANDLERS)


@pytest.mark.parametrize("path", ["/shut", "/shut/thing/a", "/shut/never/heard/of"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_quarantined_plugin_answers_503_wherever_it_would_answer(path: str, method: str) -> None:
    shut = plugin("shut", route_handlers=lambda: [read_thing], connectors=broken)
    with client(host(shut, plugin("open", route_handlers=lambda: [read_thing]))) as http:
        answer = http.request(method, path)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert "shut is out of order" in answer.json()["detail"]
        assert http.get("/open/thing/a").text == "a"


async def test_one_that_is_quarantined_while_it_runs_shuts_at_once() -> None:
    released = threading.Event()

    async def blocking() -> Sequence[Draft]:
        released.wait(30)
        return []

    running = host(plugin("late", route_handlers=lambda: [read_thing], report_sections=blocking), budget=0.1)
    with client(running) as http:
        assert http.get("/late/thing/a").status_code == 200
        assert [name async for name, _ in running.ask(hooks.report_sections, Caller(), ASKED)] == ["late"]
        assert await phase_of(running, "late") == "heartbeat"
        released.set()
        assert http.get("/late/thing/a").status_code == 503


async def test_health_names_what_is_shut(hub_settings: Settings) -> None:
    app = create_app(hub_settings, [plugin("shut", connectors=broken), plugin("open")])
    async with app.lifespan(), in_process(app, "http://hub.test") as http:
        assert (await http.get("/health")).json()["quarantined"] == ["shut"]
        assert (await http.get("/shut/anything")).status_code == 503


async def test_scopes_of_plugins_are_guarded_like_our_own(hub_settings: Settings) -> None:
    guarded = plugin("guarded", route_handlers=lambda: [read_secret, read_thing])
    async with run_hub(hub_settings, [guarded]) as hub:
        answers = {
            "anonymous": await hub.anonymous().get("/guarded/secret"),
            "platform": await hub.client_as("tiktok").get("/guarded/secret"),
            "agency": await hub.client_as("a05").get("/guarded/secret"),
            "public": await hub.anonymous().get("/guarded/thing/a"),
        }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "anonymous": 401,
        "platform": 403,
        "agency": 200,
        "public": 200,
    }


def test_every_dependency_of_the_application_is_granted_to_plugins_or_withheld() -> None:
    app = create_app(settings(blobs_url="memory:///"), [])
    assert app.dependencies.keys() == GRANTED | WITHHELD
    assert not GRANTED & WITHHELD


async def take_settings(settings: Settings) -> str:
    return settings.secret


def take_settings_on_a_thread(settings: Settings) -> str:
    return settings.secret


class Holder:
    def __init__(self, settings: Settings) -> None:
        self.secret = settings.secret


async def pass_on(deep: str) -> str:
    return deep


@pytest.mark.parametrize(
    "dependencies",
    [
        {"x": Provide(take_settings)},
        {"x": take_settings},
        {"x": Provide(take_settings_on_a_thread, sync_to_thread=True)},
        {"x": Provide(Holder, sync_to_thread=False)},
        {"x": Provide(pass_on), "deep": Provide(take_settings)},
    ],
)
def test_what_is_withheld_is_not_had_through_a_dependency_of_ones_own(dependencies: dict[str, Any]) -> None:
    @get("/leak", operation_id="Leak", dependencies=dependencies, **public())
    async def leak(x: Any) -> str:
        return str(x)

    with pytest.raises(ValueError, match="dependencies that plugins do not get: settings"):
        mounting.check((leak,))


def test_a_plugin_brings_no_principal_of_its_own() -> None:
    @get("/other", operation_id="Other", dependencies={"principal": Provide(take_settings)}, **public())
    async def other(snapshot: Any) -> str:
        return str(snapshot)

    with pytest.raises(ValueError, match="replaces dependencies of ours: principal"):
        mounting.check((other,))


def test_dependencies_of_ones_own_are_fine() -> None:
    async def who(principal: Any) -> str:
        return str(principal)

    @get("/fine", operation_id="Fine", dependencies={"x": Provide(who)}, **public())
    async def fine(x: str) -> str:
        return x

    mounting.check((fine,))


async def test_a_handler_may_read_the_json_itself(hub_settings: Settings) -> None:
    @post("/echo", operation_id="Echo", status_code=200, **public())
    async def echo(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"said": await request.json()}

    async with run_hub(hub_settings, [plugin("echoing", route_handlers=lambda: [echo])]) as hub:
        http = hub.anonymous()
        assert (await http.post("/echoing/echo", json=[1, "a"])).json() == {"said": [1, "a"]}
        assert (await http.post("/echoing/echo", content=b"{")).status_code == 400
