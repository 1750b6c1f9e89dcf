"""The job of the claim log that drops what was posted, and takes back what it claimed."""

from collections.abc import Callable, Mapping

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.sdk import Tlp
from core.signals.items import Item
from core.signals.standing import Stood
from plugins.taxii.collections import Collection
from plugins.taxii.models import TaxiiObject
from plugins.taxii.posting import versions
from plugins.taxii.posting.claiming import Claiming
from plugins.taxii.posting.versions import Version
from plugins.taxii.reading.query import Filters

Read = Callable[[bytes], tuple[Item, Tlp | None] | None]


class RemoveObject(Claiming):
    """Versions of one object of the partner in a collection.

    What is left of it says again what it said; with the last version the claim goes, for other collections, too.
    """

    def __init__(self, partner: int, collection: Collection, name: str, chosen: Filters, read: Read) -> None:
        """`read` finds the claim that an object means, and how it is marked."""
        super().__init__(partner, collection, (name,))
        self.removed = 0
        """How many versions went."""
        self.left = 0
        """How many of the object are there still."""
        self._name = name
        self._chosen = chosen
        self._read = read
        self._gone: list[Version] = []

    async def plan(self, session: AsyncSession) -> None:
        before = self.history.last(self._name)
        self._gone = self.history.take(self._name, lambda one: _fits(one, self._chosen))
        self.said, self.withdrawn = (), ()
        last = self.history.last(self._name)
        if last is before:
            return
        said = self._read((await versions.contents(session, [last.position]))[last.position]) if last else None
        if said:
            self.said = (said,)
        else:
            self.withdrawn = (self._name,)

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        if self._gone:
            gone = update(TaxiiObject).where(TaxiiObject.position.in_([one.position for one in self._gone]))
            dropped = {"bytes": b"", "is_first": False, "is_last": False, "removed": head.take()}
            await session.execute(gone.values(**dropped))
        last = self.history.last(self._name)
        for claim in stood.values():
            # Else the hub would render beside it what the claim says.
            says = update(TaxiiObject).where(TaxiiObject.position == (last and last.position))
            await session.execute(says.values(signal=claim.signal, covers=claim.position))
        await versions.write_flags(session, self.history.flagged())
        self.removed, self.left = len(self._gone), len(self.history.of(self._name))


def _fits(one: Version, chosen: Filters) -> bool:
    words = {"all", one.version} | ({"first"} if one.is_first else set()) | ({"last"} if one.is_last else set())
    fits_spec = chosen.spec_versions is None or one.spec_version in chosen.spec_versions
    return fits_spec and not words.isdisjoint(chosen.versions)
