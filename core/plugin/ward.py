"""A ward: between the hub and one plugin. Work goes through it within budgets, and what goes wrong is counted."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from core.errors import Unavailable
from core.plugin.breaker import Breaker
from core.plugin.ground import asked_by
from core.plugin.lane import Lane

R = TypeVar("R")

Answers = tuple[type[Exception], ...]
"""Exceptions that are answers: agreed upon, and no sign that anything is wrong with the plugin."""


_GRACE = 1.0
"""Seconds after its budget in which a late call may still come back."""


class Quarantine(msgspec.Struct, frozen=True):
    """Why a plugin was shut away."""

    phase: str
    error: str
    since: int
    """µs."""


class Ward:
    """Of one plugin. `shut` puts it into quarantine, from whatever thread, for a phase and what went wrong in it."""

    def __init__(self, name: str, lane: Lane, shut: Callable[[str, Exception], None]) -> None:
        self.name = name
        self.lane = lane
        self.breaker = Breaker()
        self.quarantine: Quarantine | None = None
        self._shut = shut
        self._feeling: asyncio.Task[None] | None = None

    def admit(self) -> None:
        """To be called before each work, which `passed` or `failed` is then told of. Raises `Unavailable`."""
        if self.quarantine:
            raise Unavailable(self.closed())
        if not self.breaker.admits():
            raise Unavailable(
                f"The plugin {self.name} failed several times; it is asked again within a minute.",
                headers={"Retry-After": str(self.breaker.pause)},
            )

    def closed(self) -> str:
        """What is said to those who ask for a plugin in quarantine."""
        return f"The plugin {self.name} is out of order; the operator was told. Try again later."

    def passed(self) -> None:
        self.breaker.passed()

    def failed(self, exc: Exception) -> None:
        if self.breaker.failed():
            self._shut("breaker", exc)

    def late(self, exc: TimeoutError) -> None:
        """A work was late: shut the plugin away if it holds its thread. Who waited for it does not wait for that."""
        self.failed(exc)
        if self._feeling is None or self._feeling.done():
            self._feeling = asyncio.create_task(self._feel(exc))

    async def _feel(self, exc: TimeoutError) -> None:
        # Its lane may be closed meanwhile.
        with suppress(RuntimeError):
            if not await self.lane.beats():
                self._shut("heartbeat", exc)

    async def run(
        self, work: Callable[[], Awaitable[R]], budget: float, partner: int | None = None, answers: Answers = ()
    ) -> R:
        """Await `work()` on the lane, for `partner` alone if one is given (or `NOBODY`).

        Raises what it raises, `TimeoutError` after `budget` seconds, `Unavailable` when the plugin is not asked.
        """
        self.admit()
        try:
            given = await self.lane.run(work if partner is None else asked_by(partner, work), budget)
        except TimeoutError as exc:
            self.late(exc)
            raise
        except Exception as exc:
            self._judge(exc, answers)
            raise
        self.passed()
        return given

    def call(self, work: Callable[[], R], budget: float, answers: Answers = ()) -> R:
        """The same for a caller that cannot await."""
        self.admit()
        try:
            given = self.lane.call(work, budget)
        except TimeoutError as exc:
            self.failed(exc)
            watch = threading.Timer(_GRACE, self._shut_if_overdue, [exc])
            watch.daemon = True
            watch.start()
            raise
        except Exception as exc:
            self._judge(exc, answers)
            raise
        self.passed()
        return given

    def _shut_if_overdue(self, exc: Exception) -> None:
        if self.lane.is_overdue:
            self._shut("heartbeat", exc)

    def _judge(self, exc: Exception, answers: Answers) -> None:
        if isinstance(exc, answers):
            self.passed()
        else:
            self.failed(exc)
