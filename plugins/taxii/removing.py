"""The job of the claim log that drops what was posted, and takes back the claim that it made."""

from collections.abc import Iterable, Mapping

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.signals.jobs import Job
from core.signals.plan import Picture
from core.signals.standing import Stood
from plugins.taxii import versions
from plugins.taxii.asking import Filters
from plugins.taxii.models import TaxiiObject
from plugins.taxii.versions import History, Version


class RemoveObject(Job):
    """Versions of one object of the partner in a collection. With the last of them the claim goes, in all of them."""

    def __init__(self, partner: int, collection: str, name: str, chosen: Filters) -> None:
        self.partner = partner
        self.collection = collection
        self.name = name
        self.chosen = chosen
        self.removed = 0
        """How many versions went."""
        self.left = 0
        """How many of the object are there still."""
        self._history = History(())
        self._gone: list[Version] = []

    def keys(self) -> Iterable[bytes]:
        return ()

    def names(self) -> Iterable[str]:
        return (self.name,)

    async def prepare(self, session: AsyncSession) -> None:
        self._history = await versions.own(session, self.collection, self.partner, (self.name,))
        self._gone = [one for one in self._history.of(self.name) if _fits(one, self.chosen)]

    def fold(self, picture: Picture, head: Head) -> None:
        if self._gone and len(self._gone) == len(self._history.of(self.name)):
            picture.drop(self.partner, self.name, "retracted")

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        for one in self._gone:
            self._history.drop(one)
        gone = update(TaxiiObject).where(TaxiiObject.position.in_([one.position for one in self._gone]))
        if self._gone:
            dropped = {"bytes": b"", "is_first": False, "is_last": False, "removed": head.take()}
            await session.execute(gone.values(**dropped))
        await versions.write_flags(session, self._history.flagged())
        self.removed, self.left = len(self._gone), len(self._history.of(self.name))


def _fits(one: Version, chosen: Filters) -> bool:
    words = {"all", one.version} | ({"first"} if one.is_first else set()) | ({"last"} if one.is_last else set())
    fits_spec = chosen.spec_versions is None or one.spec_version in chosen.spec_versions
    return fits_spec and not words.isdisjoint(chosen.versions)
