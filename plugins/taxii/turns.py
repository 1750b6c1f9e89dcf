"""Work of the plugin's own on the head of the log: nothing is written meanwhile, and all that was is seen."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.signals.jobs import Job
from core.signals.plan import Picture
from core.signals.standing import Stood


class Turn(Job):
    """A job that leaves the claim log as it is. `work` is given the writer's session, which sees every row."""

    partner = 0

    def __init__(self, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
        self._work = work

    def keys(self) -> Iterable[bytes]:
        return ()

    def fold(self, picture: Picture, head: Head) -> None:
        pass

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        await self._work(session)
