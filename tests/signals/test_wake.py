"""The long poll: it wakes for what the reader may see, soon; for nothing else; and it holds nothing while it waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.log import head
from core.signals.wake import Wake
from core.testing import TestedHub
from tests.live import live_hub

SOON = 1.0
"""Seconds in which a reader is told, on a machine that does other things as well."""


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "domain", "value": f"{name}.example", "tlp": "GREEN"} | more


async def submit(hub: TestedHub, slug: str, *items: dict[str, Any]) -> None:
    (await hub.client_as(slug).post("/v1/signals", json={"signals": items})).raise_for_status()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


class Reader:
    """One that is up to date and asks what comes next."""

    def __init__(self, hub: TestedHub, slug: str, **query: Any) -> None:
        self.http = hub.client_as(slug)
        self.query: dict[str, Any] = query
        self._wake = hub.parts.wake

    async def catch_up(self) -> None:
        answer = (await self.http.get("/v1/signals", params=self.query)).raise_for_status().json()
        self.query["after"] = answer["next"]

    async def wait(self, seconds: int = 10) -> "asyncio.Task[httpx.Response]":
        """Asks, and comes back once the hub has it waiting."""
        before = self._wake.waiting
        task = asyncio.create_task(self.http.get("/v1/signals", params=self.query | {"wait": seconds}))
        await until(lambda: self._wake.waiting > before or task.done())
        return task


@pytest.fixture
async def reader(hub: TestedHub) -> Reader:
    await submit(hub, "tiktok", item("old"))
    reader = Reader(hub, "meta")
    await reader.catch_up()
    return reader


async def within(seconds: float, task: Awaitable[httpx.Response]) -> Any:
    async with asyncio.timeout(seconds):
        return (await task).raise_for_status().json()


def values(page: Any) -> list[str]:
    return [signal.get("value", signal["state"]) for signal in page["signals"]]


async def test_a_waiting_reader_is_told_at_once(hub: TestedHub, reader: Reader) -> None:
    waiting = await reader.wait()
    await submit(hub, "tiktok", item("new"))
    page = await within(SOON, waiting)
    assert values(page) == ["new.example"]
    assert hub.parts.wake.waiting == 0
    reader.query["after"] = page["next"]
    waiting = await reader.wait()
    ids = [signal["id"] for signal in page["signals"]]
    await hub.client_as("tiktok").post("/v1/signals/retractions", json={"ids": ids})
    assert values(await within(SOON, waiting)) == ["retracted"]


async def test_what_is_there_already_is_not_waited_for(hub: TestedHub, reader: Reader) -> None:
    await submit(hub, "tiktok", item("new"))
    began = time.monotonic()
    answer = await reader.http.get("/v1/signals", params=reader.query | {"wait": 10})
    assert values(answer.json()) == ["new.example"]
    assert time.monotonic() - began < SOON


async def test_what_it_may_not_see_or_did_not_ask_for_leaves_it_asleep(hub: TestedHub, reader: Reader) -> None:
    """Not even woken: its page is read twice, first and last, however much happens in between."""
    kinds = Reader(hub, "google", kind=["phone", "url"])
    await kinds.catch_up()
    looks = _count(hub.parts.wake, "turns", "acquire")
    waiting, other = await reader.wait(10), await kinds.wait(2)
    for number in range(5):
        await submit(hub, "tiktok", item(f"own-{number}", tlp="RED"))
        await asyncio.sleep(0.1)
    assert not waiting.done()
    await submit(hub, "tiktok", item("green"))
    assert values(await within(SOON, waiting)) == ["green.example"]
    assert len(looks) == 1
    page = await within(3, other)
    assert (page["signals"], page["more"]) == ([], False)
    # Its cursor has moved on, so that nothing is looked at twice.
    assert page["next"] != kinds.query["after"]


def _count(wake: Wake, name: str, method: str) -> list[None]:
    """Notes each call of a method of one of its parts."""
    part, calls = getattr(wake, name), list[None]()
    called = getattr(part, method)

    def noted() -> Any:
        calls.append(None)
        return called()

    setattr(part, method, noted)
    return calls


async def test_what_came_and_went_unseen_leaves_it_waiting(hub: TestedHub, reader: Reader) -> None:
    """In one transaction: its view moved, and there is nothing to say of it."""
    waiting = await reader.wait(2)
    async with head.writing(hub.parts.db, "test", "Hold the log"):
        work: list[asyncio.Task[Any]] = []
        for body in (item("first", tlp="RED"), item("short", external_id="s")):
            work.append(asyncio.create_task(submit(hub, "tiktok", body)))
            await asyncio.sleep(0.2)
        tiktok = hub.client_as("tiktok")
        work.append(asyncio.create_task(tiktok.post("/v1/signals/retractions", json={"external_ids": ["s"]})))
        await asyncio.sleep(0.2)
    *_, retracted = await asyncio.gather(*work)
    assert retracted.json()["retracted"] == 1
    await asyncio.sleep(0.5)
    assert not waiting.done()
    assert (await within(3, waiting))["signals"] == []


async def test_a_change_of_sight_ends_the_wait_with_410(hub: TestedHub, reader: Reader) -> None:
    await hub.client_as("tiktok").post("/v1/groups", json={"slug": "task-force", "name": "Task force"})
    await hub.client_as("tiktok").post("/v1/groups/task-force/invitations", json={"partner": "meta"})
    await submit(hub, "tiktok", item("in", groups=["task-force"]))
    waiting = await reader.wait()
    await hub.client_as("meta").put("/v1/groups/task-force/membership")
    async with asyncio.timeout(SOON):
        answer = await waiting
    assert answer.status_code == 410
    assert answer.headers["link"] == '</v1/signals>; rel="first"'


async def test_who_was_suspended_while_it_waited_gets_nothing(hub: TestedHub, reader: Reader) -> None:
    waiting = await reader.wait()
    change = await hub.client_as("secretariat").patch("/v1/partners/meta", json={"state": "suspended"})
    assert change.is_success
    async with asyncio.timeout(SOON):
        # Its token is refused, or its cursor if the commit was found before the hub's picture of who may call was new.
        assert (await waiting).status_code in (401, 410)


async def test_a_commit_of_another_process_is_found(hub: TestedHub, reader: Reader) -> None:
    """Nobody tells this one: it looks."""
    waiting = await reader.wait()
    hub.parts.wake.tell = lambda: None  # type: ignore[method-assign]
    await submit(hub, "tiktok", item("new"))
    assert values(await within(SOON, waiting)) == ["new.example"]


async def test_waiting_holds_no_connection(hub: TestedHub, reader: Reader) -> None:
    """More readers than there are connections, and writing goes on."""
    readers = [Reader(hub, "meta", **reader.query) for _ in range(60)]
    waiting = [await one.wait(20) for one in readers]
    assert hub.parts.wake.waiting == 60
    pool: Any = hub.parts.db.engine.pool
    # The hub's own jobs have some for a moment in each second.
    await until(lambda: pool.checkedout() <= 2)
    await submit(hub, "tiktok", item("new"))
    pages = await asyncio.gather(*(within(5, one) for one in waiting))
    assert all(values(page) == ["new.example"] for page in pages)


async def test_a_client_that_goes_away_ends_its_wait(hub: TestedHub, reader: Reader) -> None:
    """As a server says it: the request is not cancelled, the hub is told that nobody is there."""
    me = await reader.http.get("/v1/me")
    gone = asyncio.Event()
    messages: list[dict[str, Any]] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"", "more_body": False},
    ]

    async def receive() -> dict[str, Any]:
        if len(messages) == 1:
            await gone.wait()
        return messages.pop()

    async def send(_: Any) -> None:
        pass

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/signals",
        "raw_path": b"/v1/signals",
        "root_path": "",
        "query_string": f"wait=30&after={reader.query['after']}".encode(),
        "headers": [(b"authorization", me.request.headers["authorization"].encode())],
        "client": ("192.0.2.1", 1),
        "server": ("hub.test", 80),
    }
    tasks = asyncio.all_tasks()
    app: Any = hub.app
    asking = asyncio.create_task(app(scope, receive, send))
    await until(lambda: hub.parts.wake.waiting > 0)
    gone.set()
    async with asyncio.timeout(SOON):
        await asking
    assert hub.parts.wake.waiting == 0
    await asyncio.sleep(0.05)
    # The hub's own jobs come and go.
    assert not any("_left" in repr(task.get_coro()) for task in asyncio.all_tasks() - tasks)


async def test_shutdown_ends_every_wait_with_an_empty_page(hub: TestedHub, reader: Reader) -> None:
    waiting = [await reader.wait(30) for _ in range(3)]
    hub.parts.wake.close()
    for page in [await within(SOON, one) for one in waiting]:
        assert page["signals"] == []
        assert page["next"]
    assert (await within(SOON, reader.http.get("/v1/signals", params=reader.query | {"wait": 30})))["signals"] == []


@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "soon"])
async def test_a_wait_is_bounded(hub: TestedHub, wait: str) -> None:
    assert (await hub.client_as("meta").get("/v1/signals", params={"wait": wait})).status_code == 400


def test_a_server_that_is_told_to_stop_does_not_wait_for_who_waits(tmp_path: Path) -> None:
    """A real one: it lets requests finish before it ends the application."""
    with live_hub(tmp_path / "hub") as hub, ThreadPoolExecutor() as pool, hub.client_as("meta") as meta:
        meta.get("/v1/signals").raise_for_status()
        after = meta.get("/v1/signals").json()["next"]
        waiting = pool.submit(meta.get, "/v1/signals", params={"after": after, "wait": 30})
        time.sleep(1)
        assert not waiting.done()
        began = time.monotonic()
        assert hub.stop() == 0
        assert time.monotonic() - began < 5
        assert waiting.result().json()["signals"] == []
