"""Claims that objects mean: one of a partner on a signal, however many objects and collections say it."""

from abc import abstractmethod
from collections.abc import Collection as Collected
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences
from core.log.head import Head
from core.sdk import Tlp
from core.signals.items import Item
from core.signals.plan import Picture
from core.signals.standing import Stood, standing
from core.signals.submission import Submit
from plugins.taxii.collections import Collection
from plugins.taxii.posting import sharing, versions
from plugins.taxii.posting.versions import History


class Claiming(Submit):
    """Changes what a partner has in a collection, and claims what it means from then on.

    An item's external id is the id of its object.
    """

    def __init__(self, partner: int, collection: Collection, objects: Collected[str]) -> None:
        super().__init__(partner, (), minimal=True)
        self.collection = collection
        self.objects = objects
        """Ids of those that it touches."""
        self.history = History(())
        """What there is of them."""
        self.member: Mapping[str, int] = {}
        """The partner's groups, when the transaction began."""
        self.withdrawn: Sequence[str] = ()
        """Ids of objects that mean nothing any more."""
        self.said: Sequence[tuple[Item, Tlp | None]] = ()
        """What is to be claimed, and how it is marked."""
        self.narrowing: Sequence[Item] = ()
        """Of that, what would take a claim of its partner's from others; it is left as it is."""
        self._stood: Mapping[bytes, Stood] = {}

    def keys(self) -> Iterable[bytes]:
        return {item.signal.key for item, _ in self.said}

    def names(self) -> Iterable[str]:
        return self.objects

    async def prepare(self, session: AsyncSession) -> None:
        self._alone(session)
        self.member = await audiences.memberships(session, self.partner)
        self.history = await versions.own(session, self.collection.name, self.partner, self.objects)
        await self.plan(session)

    def _alone(self, session: AsyncSession) -> None:
        """What a job before it in this transaction is about to store cannot be seen. Tried again, it can."""
        taken: set[tuple[str, str]] = session.info.setdefault("taxii_objects", set())
        mine = {(self.collection.name, name) for name in self.objects}
        if not taken.isdisjoint(mine):
            raise RuntimeError("a job before it touches one of its objects")
        taken |= mine

    @abstractmethod
    async def plan(self, session: AsyncSession) -> None:
        """Find what is `said`, and what is to be `withdrawn`."""

    async def ready(self, session: AsyncSession, picture: Picture) -> None:
        marks: dict[bytes, list[str]] = {}
        unmarked = self.collection.strictest
        for item, tlp in self.said:
            marks.setdefault(item.signal.key, []).append(tlp or unmarked)
        self._stood = standing(picture, self.partner, marks)
        known = await audiences.contents(session, {claim.audience for claim in self._stood.values()})
        so_far = {key: known[claim.audience] for key, claim in self._stood.items()}
        slugs = {group: slug for slug, group in self.member.items()}
        shared = {
            key: sharing.shared(self.collection, audiences.strictest(tlps), so_far.get(key), slugs)
            for key, tlps in marks.items()
        }
        self.items, self.narrowing = [], []
        for item, _ in self.said:
            with_whom = shared[item.signal.key]
            if with_whom is None:
                self.narrowing.append(item)
            else:
                self.items.append(msgspec.structs.replace(item, tlp=with_whom[0], groups=with_whom[1]))
        await super().ready(session, picture)

    def fold(self, picture: Picture, head: Head) -> None:
        for item in self.items:
            claim, stood = picture.standing.get((self.partner, item.signal.key)), self._stood.get(item.signal.key)
            if (claim.now.audience if claim and claim.now else None) != (stood and stood.audience):
                # A job before it in this transaction shared the claim with others. Tried again, it is alone.
                raise RuntimeError("the claim is shared with others than were found")
        for gone in self.withdrawn:
            picture.drop(self.partner, gone, "retracted")
        for item in self.items:
            name = item.external_id
            # Another observable in a version of the object: what it meant before is not claimed any more.
            if name and picture.names.get((self.partner, name)) not in (None, item.signal.key):
                picture.drop(self.partner, name, "retracted")
        super().fold(picture, head)
