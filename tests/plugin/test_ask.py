"""What core waits for: within a budget, on a thread of the plugin's own, and a missing answer is an answer."""

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from core.db import Database
from core.plugin import hooks
from core.plugin.host import PluginHost
from core.sdk import Context, Draft, Unavailable
from tests.plugin.fakes import ASKED, Caller, draft, host, phase_of, plugin

BUDGET = 0.2


async def good() -> Sequence[Draft]:
    return [draft("good")]


async def ask(running: PluginHost) -> dict[str, Any]:
    return {name: answer async for name, answer in running.ask(hooks.report_sections, Caller(), ASKED)}


async def test_a_plugin_that_raises_is_missing_and_the_next_is_asked() -> None:
    async def raising() -> Sequence[Draft]:
        raise ZeroDivisionError("a bug")

    running = host(plugin("raising", report_sections=raising), plugin("good", report_sections=good))
    async with running.keeper.running():
        answers = await ask(running)
    assert isinstance(answers["raising"], ZeroDivisionError)
    assert answers["good"] == [draft("good")]
    assert running.quarantined_names() == ()


@pytest.mark.parametrize(
    "answer",
    ["text", None, [1], [draft("name with spaces")], [draft("x")]],
)
async def test_an_answer_of_another_shape_is_missing(answer: Any) -> None:
    async def sections() -> Any:
        return answer

    async with (running := host(plugin("odd", report_sections=sections))).keeper.running():
        answers = await ask(running)
    assert isinstance(answers["odd"], msgspec.ValidationError | TypeError)


async def test_one_that_is_late_is_cancelled_and_asked_again_next_time() -> None:
    ended: list[str] = []

    async def late() -> Sequence[Draft]:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")
        return []

    async with (running := host(plugin("late", report_sections=late), budget=BUDGET)).keeper.running():
        began = time.monotonic()
        assert isinstance((await ask(running))["late"], TimeoutError)
        assert time.monotonic() - began < 10 * BUDGET
        assert running.quarantined_names() == ()
        assert isinstance((await ask(running))["late"], TimeoutError)
    assert ended == ["cancelled", "cancelled"]


async def test_one_that_blocks_its_thread_is_abandoned_while_the_server_goes_on() -> None:
    released = threading.Event()

    async def blocking() -> Sequence[Draft]:
        released.wait(30)
        return []

    running = host(plugin("blocking", report_sections=blocking), plugin("good", report_sections=good), budget=BUDGET)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    beside = asyncio.create_task(turn())
    try:
        async with running.keeper.running():
            answers = await ask(running)
            assert isinstance(answers["blocking"], TimeoutError)
            assert answers["good"] == [draft("good")]
            assert await phase_of(running, "blocking") == "heartbeat"
            assert turns > 50, "the server's loop stood still"
            assert isinstance((await ask(running))["blocking"], Unavailable)
    finally:
        released.set()
        beside.cancel()


@pytest.mark.parametrize("engine_name", ["postgresql"])
async def test_a_session_sees_with_the_eyes_of_its_principal(database_url: str) -> None:
    seen: list[Any] = []

    async def reading(ctx: Context, principal: Caller) -> Sequence[Draft]:
        async with ctx.session(principal) as session:
            row = await session.execute(text("SELECT current_user, current_setting('kmm.partner')"))
            seen.append(tuple(row.one()))
        return []

    async with (
        running := host(plugin("reading", report_sections=reading), database_url=database_url)
    ).keeper.running():
        assert await ask(running) == {"reading": []}
    assert seen == [("kmm_reader", "7")]


async def test_a_session_stores_nothing(database_url: str) -> None:
    async def writing(ctx: Context, principal: Caller) -> Sequence[Draft]:
        async with ctx.session(principal) as session:
            # Refused on PostgreSQL, rolled back on SQLite.
            await session.execute(text("DELETE FROM kind_scope"))
        return []

    async with (
        running := host(plugin("writing", report_sections=writing), database_url=database_url)
    ).keeper.running():
        await ask(running)
    db = Database(database_url)
    async with db.snapshot(0) as session:
        assert (await session.execute(text("SELECT count(*) FROM kind_scope"))).scalar_one() > 0
    await db.close()


async def test_a_session_is_refused_outside_of_what_core_waits_for() -> None:
    kept: list[Context] = []

    def connectors(ctx: Context) -> list[Any]:
        kept.append(ctx)
        return []

    host(plugin("keeping", connectors=connectors))
    with pytest.raises(RuntimeError, match="snapshot"):
        async with kept[0].session(Caller()):
            pass


async def test_no_thread_is_left_when_the_application_ends() -> None:
    async with (running := host(plugin("good", report_sections=good))).keeper.running():
        await ask(running)
        (thread,) = (one for one in threading.enumerate() if one.name == "plugin-good")
    await asyncio.to_thread(thread.join, 2)
    assert not thread.is_alive()
