"""Collections: what the whole community sees, and one for each sharing group that the caller hears."""

from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import groups
from core.sdk import NotFound, Principal, Scope, Selection, Tlp
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.writer import SignalWriter
from plugins.taxii.resources import TaxiiCollection
from plugins.taxii.stix.markings import NAMESPACE


class Collection(msgspec.Struct, frozen=True):
    """Of one audience: a group's slug is taken for good, so its id stays."""

    id: UUID
    slug: str
    """Of the group, or `community`: the alias, which is shown and not asked for by."""
    title: str
    group: int | None
    """In the database; null: the community."""

    @property
    def name(self) -> str:
        """The id as addresses and rows have it."""
        return str(self.id)

    @property
    def selection(self) -> Selection:
        return Selection(leaving=True, community=self.group is None, group=self.group)

    @property
    def strictest(self) -> Tlp:
        """The strictest marking of what it holds; what is posted without a marking is taken for that."""
        return Tlp.GREEN if self.group is None else Tlp.AMBER


class Eyes(msgspec.Struct, frozen=True):
    """Who looks at a collection, and what it takes to read signals."""

    session: AsyncSession
    """Read-only, with the reader's eyes."""
    principal: Principal
    kinds: Kinds
    keys: Keys
    writer: SignalWriter
    """For what has to be as new as the answer itself, or written down before it."""
    collection: Collection

    @property
    def namespace(self) -> UUID:
        """Of the ids of indicators that the hub makes here."""
        return self.keys.namespace(f"taxii {self.collection.name}")

    @property
    def parts(self) -> tuple[AsyncSession, Principal, Kinds, Keys, Selection]:
        """What functions of the feed take first."""
        return self.session, self.principal, self.kinds, self.keys, self.collection.selection


COMMUNITY = Collection(uuid5(NAMESPACE, "community"), "community", "Community", None)


async def every(session: AsyncSession, principal: Principal) -> list[Collection]:
    """Those that exist for the caller, by id."""
    heard = [_of_group(one.id, one.slug, one.name) for one in await groups.heard(session, principal)]
    return sorted([COMMUNITY, *heard], key=lambda one: one.id)


async def find(session: AsyncSession, principal: Principal, name: str) -> Collection:
    """The one of this id. Raises `NotFound`, also for that of a group to which the caller does not belong."""
    if name == COMMUNITY.name:
        return COMMUNITY
    for one in await every(session, principal):
        if name == one.name:
            return one
    raise NotFound


def shown(one: Collection, principal: Principal) -> TaxiiCollection:
    return TaxiiCollection(
        id=one.name,
        title=one.title,
        alias=one.slug,
        can_read=Scope.SIGNALS_READ in principal.scopes,
        can_write=Scope.SIGNALS_WRITE in principal.scopes,
    )


def _of_group(group: int, slug: str, title: str) -> Collection:
    return Collection(uuid5(NAMESPACE, f"group:{slug}"), slug, title, group)
