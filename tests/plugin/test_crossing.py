"""Strangers' routes: carried over to their lane, with no eyes but their caller's, and cut off when they are late."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Request, get, post
from litestar.response import Stream
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.events import record
from core.plugin import crossing
from core.sdk import Context, Principal, Scope, answers, public, scoped
from core.signals import feed, signals
from core.signals.guard import Guard
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.pages import Pages
from core.signals.writer import SignalWriter
from core.testing import TestedHub
from core.wire.events import ReportFrozen
from core.wire.feed_keys import Selection
from tests.plugin.fakes import phase_of, plugin

released = threading.Event()


@get("/where", operation_id="Where", sync_to_thread=False, **public())
def where() -> str:
    return threading.current_thread().name


@get("/blocking", operation_id="Blocking", **public())
async def blocking() -> str:
    released.wait(20)
    return ""


@get("/late", operation_id="Late", **public())
async def late() -> str:
    await asyncio.sleep(20)
    return ""


@get("/stream", operation_id="Stream", **public(), **answers({200: {"text/plain": str}}))
async def stream(stops: bool = False) -> Stream:
    async def pieces() -> AsyncIterator[str]:
        for _ in range(3):
            yield threading.current_thread().name + "\n"
            await asyncio.sleep(20 if stops else 0)

    return Stream(pieces())


@post("/length", operation_id="Length", status_code=200, **public())
async def length(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@get("/bug", operation_id="Bug", **public())
async def bug() -> str:
    raise ZeroDivisionError("a bug")


@post("/say", operation_id="Say", **scoped(Scope.SIGNALS_WRITE))
async def say(principal: Principal, writer: SignalWriter, kinds: Kinds, keys: Keys, guard: Guard) -> str:
    items = [msgspec.Raw(b'{"kind": "domain", "value": "said.example", "tlp": "GREEN"}')]
    done = await signals.submit(principal, writer, kinds, keys, guard, items, "Say")
    return done.results[0].status


@post("/tell", operation_id="Tell", **scoped(Scope.SIGNALS_WRITE))
async def tell(principal: Principal, session: AsyncSession) -> int:
    return await record(session, ReportFrozen(report="rpt_1", sha256="0" * 64), to=[principal.partner])


@get("/seen", operation_id="Seen", **scoped(Scope.SIGNALS_READ))
async def seen(principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys) -> list[str]:
    return [str(one.value) async for one in feed.live(snapshot, principal, kinds, keys, Selection())]


@get("/walked", operation_id="Walked", **scoped(Scope.SIGNALS_READ))
async def walked(
    principal: Principal, snapshot: AsyncSession, kinds: Kinds, keys: Keys, selection: Selection, pages: Pages
) -> list[str]:
    place = await feed.place(snapshot, principal, keys, selection)
    page = await feed.changes(snapshot, principal, kinds, keys, selection, place.cursor, 10)
    pages.note(selection, place, page.reached)
    return [one.value for one in page.changes]


async def forged(request: Request[Any, Any, Any]) -> str:
    operator = Principal("x", 1, "secretariat", request.user.kind, frozenset(Scope))
    request.scope["user"] = operator
    return "forged"


@get("/forged", operation_id="Forged", dependencies={"first": forged}, **scoped(Scope.SIGNALS_READ))
async def as_another(first: str, principal: Principal, snapshot: AsyncSession) -> str:
    return principal.slug


kept: list[Context] = []


@get("/others", operation_id="Others", **scoped(Scope.SIGNALS_READ))
async def others(principal: Principal, other: int) -> str:
    async with kept[0].session(msgspec.structs.replace(principal, partner=other)) as session:
        return str((await session.execute(text("SELECT 1"))).scalar_one())


def routes(ctx: Context) -> list[Any]:
    kept[:] = [ctx]
    return [where, blocking, late, stream, length, bug, say, tell, seen, walked, as_another, others]


@pytest.fixture
def hub_plugins() -> list[object]:
    return [plugin("odd", route_handlers=routes), plugin("good", route_handlers=lambda: [where])]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(crossing, "FIRST", 0.3)
    monkeypatch.setattr(crossing, "NEXT", 0.3)
    released.clear()
    yield
    released.set()


async def test_it_runs_on_the_lane_with_what_the_framework_does_around_it(hub: TestedHub) -> None:
    http = hub.anonymous()
    assert (await http.get("/odd/where")).text == "plugin-odd"
    assert (await http.get("/odd/stream")).text == "plugin-odd\n" * 3
    assert (await http.get("/odd/stream", params={"stops": "many"})).status_code == 400


async def slowest(http: httpx.AsyncClient, path: str, until: Callable[[], bool]) -> float:
    """The longest of many requests that follow each other, s."""
    most = 0.0
    while not until():
        began = time.monotonic()
        assert (await http.get(path)).status_code == 200
        most = max(most, time.monotonic() - began)
        await asyncio.sleep(0.01)
    return most


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_one_that_blocks_stops_nobody_and_is_shut_away(hub: TestedHub) -> None:
    http = hub.anonymous()
    stuck = asyncio.create_task(http.get("/odd/blocking"))
    beside = [slowest(http, path, stuck.done) for path in ("/health", "/good/where")]
    # Who waited for it would wait for 20 s.
    assert max(await asyncio.gather(*beside)) < 1
    assert (await stuck).status_code == 503
    assert await phase_of(hub.parts.plugins, "odd") == "heartbeat"
    assert (await http.get("/odd/where")).status_code == 503


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_one_that_is_late_is_cancelled_and_asked_again(hub: TestedHub) -> None:
    http = hub.anonymous()
    answer = await http.get("/odd/late")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (await http.get("/odd/where")).status_code == 200


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_stream_that_stops_is_cut_off(hub: TestedHub) -> None:
    with pytest.raises(Exception, match=r"response started|took too long"):
        await hub.anonymous().get("/odd/stream", params={"stops": True})
    assert (await hub.anonymous().get("/odd/where")).status_code == 200


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_caller_may_take_its_time(hub: TestedHub) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.15)
            yield b"12345"

    assert (await hub.anonymous().post("/odd/length", content=slow())).json() == 20


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_who_answers_500_again_and_again_gets_a_pause(hub: TestedHub) -> None:
    http = hub.anonymous()
    assert [(await http.get("/odd/bug")).status_code for _ in range(6)] == [500] * 5 + [503]
    assert (await http.get("/odd/where")).status_code == 503
    assert (await http.get("/good/where")).status_code == 200


async def test_it_writes_and_reads_with_the_eyes_of_its_caller(hub: TestedHub) -> None:
    sender, other = hub.client_as("tiktok"), hub.client_as("meta")
    assert (await sender.post("/odd/say")).text == "created"
    await sender.post("/v1/signals", json={"signals": [{"kind": "domain", "value": "own.example"}]})
    assert sorted((await sender.get("/odd/seen")).json()) == ["own.example", "said.example"]
    assert (await other.get("/odd/seen")).json() == (await other.get("/odd/walked")).json() == ["said.example"]
    position = (await sender.post("/odd/tell")).json()
    events = (await sender.get("/v1/events")).json()["events"]
    assert [one["position"] for one in events if one["type"] == "report.frozen"] == [position]


async def test_it_is_given_no_eyes_but_its_callers(hub: TestedHub) -> None:
    http = hub.client_as("tiktok")
    assert (await http.get("/odd/forged")).text == "tiktok"
    async with hub.parts.db.snapshot(0) as session:
        ids: dict[str, int] = dict((await session.execute(text("SELECT slug, id FROM partner"))).all())
    assert (await http.get("/odd/others", params={"other": ids["tiktok"]})).text == "1"
    assert (await http.get("/odd/others", params={"other": ids["secretariat"]})).status_code == 500
