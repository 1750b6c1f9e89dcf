"""Privacy groups of ThreatExchange: the community, and the sharing groups of a partner."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth import audiences, groups
from core.sdk import NotFound, Principal, Time, from_micros
from core.signals.keys import Keys

COMMUNITY = "1"
_MOST = 1_000
"""Groups that are listed. Clients know no second page of them."""


class ThreatPrivacyGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose signals an address serves."""

    id: str
    name: str
    added_on: Time
    last_updated: Time
    description: str = ""
    members_can_see: bool = False
    members_can_use: bool = True
    threat_updates_enabled: bool = True


class ThreatPrivacyGroups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: tuple[ThreatPrivacyGroup, ...]


async def listing(session: AsyncSession, principal: Principal, keys: Keys) -> tuple[ThreatPrivacyGroup, ...]:
    """The community, then the groups that the principal is a member of."""
    since = from_micros(0)
    mine = await audiences.memberships(session, principal.partner)
    found = (await groups.listing(session, principal, None, _MOST)).groups
    return (
        ThreatPrivacyGroup(COMMUNITY, "Community", since, since),
        *[
            ThreatPrivacyGroup(_number(keys, one.slug), one.name, one.created, one.created)
            for one in found
            if one.slug in mine
        ],
    )


async def find(session: AsyncSession, principal: Principal, keys: Keys, numbers: Collection[str]) -> Mapping[str, int]:
    """The sharing groups of these numbers, id by slug; the community is none. Raises `NotFound` where one is not in."""
    mine = await audiences.memberships(session, principal.partner)
    by_number = {COMMUNITY: None} | {_number(keys, slug): slug for slug in mine}
    if not by_number.keys() >= set(numbers):
        raise NotFound
    return {slug: mine[slug] for number in numbers if (slug := by_number[number])}


def _number(keys: Keys, slug: str) -> str:
    """63 bits of a keyed digest: that of a row would tell how many groups there are."""
    return str(int.from_bytes(keys.signal("sharing group", slug)[:8]) >> 1)
