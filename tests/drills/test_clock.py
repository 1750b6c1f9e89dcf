"""A thousand random lives of cases, with crashes: each breach is told exactly once, and none that was not one."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from core.db import Database
from core.takedowns import ticking
from core.takedowns.models import Takedown
from core.times import HOUR, SECOND, from_micros
from core.wire.clock import Priority
from tests.takedowns.timed import Timed, at, cast

MINUTE = 60 * SECOND
START = at("2026-11-22T08:00")
GIVEN = {
    ("authority_order", Priority.NORMAL): 24 * HOUR,
    ("authority_order", Priority.URGENT): 6 * HOUR,
    ("authority_order", Priority.EMERGENCY): HOUR // 2,
    ("user_complaint", Priority.NORMAL): 48 * HOUR,
}
STEPS = 20


class Crash(Exception):
    """The process dies before it commits."""


class Model:
    """A case, run minute by minute as a stop-watch would: who asked, what each has left, and whether any ran out."""

    def __init__(self, case: Takedown, now: int, slug: str, given: int) -> None:
        self.number, self.id = case.number, case.id
        self.at = now
        self.left = {slug: given}
        self.stopped: set[str] = set()
        self.breached: int | None = None
        self.over = False

    def run(self, now: int) -> None:
        """Until `now`; the first of the requests whose time is up breaches the case."""
        passed, self.at = now - self.at, now
        if self.over or self.breached is not None:
            return
        for slug, left in self.left.items():
            # Who stops a clock on which nothing is left comes too late.
            if left == 0 or not self.stopped & {slug, "secretariat"}:
                self.left[slug] = left - passed
        late = -min(self.left.values())
        if late > 0:
            self.breached = now - late


async def test_a_breach_is_told_exactly_once(database_url: str, size: Callable[[int, int], int]) -> None:
    histories = size(100, 1_000)
    dice = random.Random(20261122)
    timed = await cast(Database(database_url))
    other = Database(database_url)
    models: list[Model] = []
    now = START
    for step in range(STEPS):
        now += dice.randint(1, 360) * MINUTE
        for model in models:
            model.run(now)
        async with timed.writing(now) as session:
            if step < 10:
                models += [await opened(timed, session, now, dice) for _ in range(histories // 10)]
            for model in dice.sample(models, len(models) // 10):
                await move(timed, session, model, now, dice)
        await run_jobs(timed, other, now, dice)
    now += 100 * HOUR
    for model in models:
        model.run(now)
    assert await ticking.tick(timed.db, now)
    await ticking.tick(other, now + 100 * HOUR)
    # The last contact is told; nothing wakes any more but what stands still.
    assert await ticking.tick(timed.db, now + 200 * HOUR) == 0
    told = await timed.events("takedown.breached", "takedown.escalated", "takedown.due_soon")
    for model in models:
        check(told.get(model.id, []), model)
    breaches = sum(model.breached is not None for model in models)
    assert histories // 4 < breaches < histories
    await timed.db.close()
    await other.close()


def check(told: list[tuple[str, str]], model: Model) -> None:
    breaches = [what for name, what in told if name == "takedown.breached"]
    expected = [] if model.breached is None else [from_micros(model.breached).isoformat().replace("+00:00", "Z")]
    assert breaches == expected
    levels = [what for name, what in told if name == "takedown.escalated"]
    assert levels in ([], ["1"])
    names = [name for name, _ in told]
    assert "takedown.due_soon" not in names[names.index("takedown.breached") :] if breaches else not levels


async def opened(timed: Timed, session: Any, now: int, dice: random.Random) -> Model:
    basis, priority = dice.choice([*GIVEN])
    slug = "a05" if basis == "authority_order" else "shield"
    case = await timed.open(session, now, "tiktok", slug, basis, priority)
    return Model(case, now, slug, GIVEN[basis, priority])


async def move(timed: Timed, session: Any, model: Model, now: int, dice: random.Random) -> None:
    """Something that may happen to a case: another asks, a clock is stopped or goes on, the platform answers."""
    if model.over:
        return
    case = await session.get_one(Takedown, model.number)
    what = dice.random()
    if what < 0.15:
        timed.answer(now, case)
        model.over = True
    elif what < 0.25 and len(model.left) == 1:
        slug = next(iter({"a05", "shield"} - model.left.keys()))
        await timed.ask(session, now, case, slug, "authority_order", Priority.NORMAL)
        model.left[slug] = GIVEN["authority_order", Priority.NORMAL]
    else:
        slug = dice.choice([*model.left, "secretariat"])
        if slug in model.stopped:
            await timed.resume(session, case, slug)
            model.stopped.remove(slug)
        else:
            await timed.pause(session, case, slug)
            model.stopped.add(slug)


async def run_jobs(timed: Timed, other: Database, now: int, dice: random.Random) -> None:
    """The hub is away, or dies before it commits, or two processes look at once, or a new one takes over."""
    fate = dice.random()
    if fate < 0.3:
        return
    if fate < 0.6:
        with pytest.raises(Crash):
            await die(timed, now)
        return
    if fate < 0.8:
        await asyncio.gather(ticking.tick(timed.db, now), ticking.tick(other, now))
        return
    await timed.db.close()
    timed.db = Database(timed.db.url)
    await ticking.tick(timed.db, now)


async def die(timed: Timed, now: int) -> None:
    async with timed.writing(now) as session:
        await ticking.look(session, now)
        raise Crash
