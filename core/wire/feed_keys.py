"""What a program asks of the feed in a format of its own, and the static keys that it does so with."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Slug, Time
from core.wire.scopes import Scope
from core.wire.signals import KindName, Tlp


class FeedFormat(StrEnum):
    """The formats that feed keys are issued for."""

    STOPNCII = "stopncii"
    GRAPH = "graph"
    NCMEC = "ncmec"
    GSE = "gse"

    @property
    def path(self) -> str:
        """Below the hub's address, where its programs are pointed at. Without a slash at the end."""
        return _PATHS[self]


_PATHS = {
    FeedFormat.STOPNCII: "/compat/stopncii/v1",
    FeedFormat.GRAPH: "/compat/graph/v1",
    FeedFormat.NCMEC: "/compat/ncmec",
    FeedFormat.GSE: "/compat/gse",
}


class Selection(msgspec.Struct, frozen=True):
    """Which part of what it may see a reader asks for. What its walk brings is this part as if there were no other."""

    kinds: tuple[str, ...] = ()
    """Empty: all."""
    campaign: str | None = None
    min_score: int = 0
    leaving: bool = False
    """Only what may be re-exported: claims marked CLEAR, GREEN or AMBER."""
    community: bool = False
    """Only what everyone in the community sees: claims to no groups, marked CLEAR or GREEN."""
    group: int | None = None
    """Only claims to this group, by its id in the database."""


EVERYTHING = Selection()
LEAVING = Selection(leaving=True)


class Addressed(msgspec.Struct, frozen=True):
    """To whom one speaks whose format has no words for it. Neither: nobody else may read it."""

    tlp: Tlp | None = None
    groups: tuple[Slug, ...] = ()
    """Sharing groups that the speaker belongs to."""


OWNER_ALONE = Addressed()


class FeedKeyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A feed key to issue. It reads; with `writes`, it submits signals and opinions as well."""

    format: FeedFormat
    kinds: Annotated[tuple[KindName, ...], Meta(max_length=100)] = ()
    """Empty: all that the format can carry."""
    campaign: Slug | None = None
    min_score: Annotated[int, Meta(ge=0, le=100)] = 0
    writes: bool = False
    tlp: Tlp | None = None
    """What is submitted with it carries this mark; without one and without groups it is its partner's alone."""
    groups: Annotated[tuple[Slug, ...], Meta(max_length=100)] = ()
    """What is submitted with it goes to these groups, of which its partner is a member."""


class FeedKeyOut(FeedKeyIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A feed key, without its secrets."""

    id: str
    partner: Slug
    scopes: tuple[Scope, ...]
    created: Time
    revoked: Time | None


class FeedKeyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    feed_keys: tuple[FeedKeyOut, ...]


class IssuedFeedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new feed key, as the settings of a program ask for it. Shown this once."""

    id: str
    key: str
    """Of Graph the access token, of NCMEC the user name."""
    subscription_key: str
    """The second secret, of NCMEC the password; empty where the format has one only."""
    base_url: str
    """Without a slash at the end."""
