"""Lifespans: what fails to start, or ends by itself, costs its plugin and nobody else; what hangs is left behind."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from sqlalchemy import text

from core.auth.access import Principal
from core.auth.viewers import viewer
from core.log import head
from core.log.events import record
from core.plugin.host import PluginHost
from core.sdk import Context, PartnerKind, Scope
from core.testing import TestedHub
from core.wire.events import ReportFrozen
from tests.plugin.fakes import plugin, settings

Lifespan = Callable[..., AbstractAsyncContextManager[None]]
BUDGET = 0.3


def host(lifespan: Lifespan, url: str = "sqlite:///nowhere.db", *, strict: bool = False) -> PluginHost:
    given = [plugin("living", lifespan=lifespan), plugin("good")]
    return PluginHost(settings(database_url=url), given, look=viewer, strict=strict, budget=BUDGET)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def raising() -> AsyncIterator[None]:
    nothing: list[int] = []
    nothing.pop()
    yield


@asynccontextmanager
async def late() -> AsyncIterator[None]:
    await asyncio.sleep(60)
    yield


@pytest.mark.parametrize(
    ("lifespan", "error"), [(raising, "pop from empty"), (late, "TimeoutError"), (lambda: 7, "gives a int")]
)
async def test_one_that_cannot_be_entered_is_quarantined(lifespan: Lifespan, error: str) -> None:
    async with (running := host(lifespan)).keeper.running():
        assert running.quarantined["living"].phase == "lifespan"
        assert error in running.quarantined["living"].error
        assert running.quarantined_names() == ("living",)


async def test_one_whose_work_fails_later_is_quarantined_then() -> None:
    @asynccontextmanager
    async def failing() -> AsyncIterator[None]:
        async def work() -> None:
            await asyncio.sleep(0.05)
            raise ZeroDivisionError("a bug")

        async with asyncio.TaskGroup() as group:
            group.create_task(work())
            yield

    async with (running := host(failing, strict=True)).keeper.running():
        assert not running.quarantined
        await until(lambda: running.quarantined)
        assert running.quarantined["living"].phase == "lifespan"


@pytest.mark.parametrize("stubborn", [False, True])
async def test_one_that_does_not_leave_is_cancelled_then_left_behind(
    stubborn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.plugin.keeper._LEAVE", BUDGET)
    released = threading.Event()

    @asynccontextmanager
    async def clinging() -> AsyncIterator[None]:
        yield
        if stubborn:
            released.wait(30)
        await asyncio.sleep(60)

    async with host(clinging).keeper.running():
        began = time.monotonic()
    assert time.monotonic() - began < 5
    released.set()


async def test_what_a_lane_may_ask_for(hub: TestedHub) -> None:
    """`viewer`, `news`, `store` with an event in it, `seal` and `open`."""
    found: dict[str, object] = {}

    @asynccontextmanager
    async def asking(ctx: Context) -> AsyncIterator[None]:
        async with ctx.store() as session:
            row = text("SELECT slug, id FROM partner ORDER BY id")
            partners = {slug: int(number) for slug, number in await session.execute(row)}
        tiktok, operator = partners["tiktok"], partners["secretariat"]
        found["viewer"] = await ctx.viewer(tiktok)
        found["nobody"] = await ctx.viewer(0)
        async with ctx.store() as session:
            await head.lock(session)
            at = await record(session, ReportFrozen(report="rpt_1", sha256="0" * 64), to=[tiktok])
            await head.settle(session, "living", "Tell")
        addressed = (await ctx.news([tiktok, operator, partners["meta"]])).addressed
        found["news"] = (addressed[tiktok], addressed[operator], addressed.get(partners["meta"]) == at) == (
            at,
            at,
            False,
        )
        async with ctx.session(await ctx.viewer(tiktok)) as session:
            found["seen"] = (await session.execute(text("SELECT count(*) FROM event"))).scalar_one() >= 1
        found["sealed"] = ctx.open(ctx.seal(b"secret", "row 1"), "row 1")
        with pytest.raises(RuntimeError):
            ctx.open(ctx.seal(b"secret", "row 1"), "row 2")
        yield

    async with host(asking, hub.parts.settings.database_url, strict=True).keeper.running():
        pass
    seen = found.pop("viewer")
    assert isinstance(seen, Principal)
    assert (seen.slug, seen.kind) == ("tiktok", PartnerKind.PLATFORM)
    assert Scope.EVENTS_READ in seen.scopes
    assert Scope.PARTNERS_ADMIT not in seen.scopes
    assert found == {"nobody": None, "news": True, "seen": True, "sealed": b"secret"}
