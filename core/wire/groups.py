"""Sharing groups: named sets of partners that share among themselves."""

from enum import StrEnum

import msgspec

from core.wire.common import Line, Slug, Time


class MembershipState(StrEnum):
    INVITED = "invited"
    """Sees the group and its members, nothing that is shared with it."""
    MEMBER = "member"


class GroupIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group to found; its founder is its first member."""

    slug: Slug
    name: Line


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    partner: Slug


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner's place in a group."""

    partner: Slug
    state: MembershipState
    since: Time


class GroupSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: Slug
    name: Line
    state: MembershipState
    """The caller's own."""
    created: Time


class GroupList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[GroupSummary, ...]
    next: str | None
    """Send it as `after` for the next page; null on the last."""


class GroupOut(GroupSummary, frozen=True, forbid_unknown_fields=True):
    """A group as its members and those invited see it."""

    members: tuple[Membership, ...]
