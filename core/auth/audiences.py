"""Who may see what: the audience of a claim, and the rows of sight that follow from it.

Sight is written out, one row for each (partner, audience), so that `visible()` is a plain membership test.
Audiences never change; a partner's groups, kind and state do, and then `refresh_sight` mends its rows. Everything here
but `sees` runs in a `head.writing` transaction, whose lock keeps two writers from interning the same audience.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.auth.models import Audience, KindScope, Membership, Partner, Sight
from core.db import among, insert_rows, table_of
from core.driver import Driver
from core.log.events import record
from core.wire.events import SightChanged
from core.wire.scopes import PartnerKind, Scope
from core.wire.signals import COMMUNITY, Tlp

Mark = TypeVar("Mark", bound=str)

NONE = ""
"""The TLP of an audience that carries none: its owner alone, or its groups."""
_STRICTNESS = {mark: rank for rank, mark in enumerate((NONE, *Tlp))}

Key = tuple[int, str, tuple[int, ...]]
"""An audience by content: owner, TLP (or `NONE`), ids of groups in ascending order."""

# SQLite takes 32,766 variables a statement.
_AT_ONCE = 1_000


def strictest(marks: Iterable[Mark]) -> Mark:
    """Of some TLPs, or `NONE`, which is below all of them."""
    return max(marks, key=_STRICTNESS.__getitem__)


class Viewer(msgspec.Struct, frozen=True):
    """What of a partner decides what it may see."""

    id: int
    kind: PartnerKind
    active: bool
    reads: bool
    """Whether its kind may hold `signals:read`."""
    groups: frozenset[int] = frozenset()
    """Groups of which it is a member; invitations do not count."""


def sees(viewer: Viewer, owner: int, tlp: str, groups: Iterable[int]) -> bool:
    """Whether `viewer` belongs to the audience of (owner, TLP, groups)."""
    if not viewer.active:
        return False
    if viewer.id == owner or viewer.kind is PartnerKind.OPERATOR:
        return True
    named = frozenset(groups)
    if named:
        return not named.isdisjoint(viewer.groups)
    return tlp in COMMUNITY and viewer.reads


async def intern(session: AsyncSession, keys: Iterable[Key], most: int | None = None) -> dict[Key, int]:
    """The ids of these audiences; new ones are made with their rows of sight. Ids of groups are distinct in a key.

    No more than `most` are made, the first ones; the answer has no entry for those left out.
    """
    wanted = list(dict.fromkeys(keys))
    # Many small submissions that share a transaction name the same few.
    known: dict[Key, int] = session.info.setdefault("audiences", {})
    known |= await _find(session, [key for key in wanted if key not in known])
    found = {key: known[key] for key in wanted if key in known}
    new = [key for key in wanted if key not in found][:most]
    rows = [{"owner": owner, "tlp": tlp, "groups": _join(groups)} for owner, tlp, groups in new]
    await insert_rows(session, table_of(Audience), rows)
    made = await _find(session, new)
    known |= made
    await _give_sight(session, made)
    return found | made


async def _find(session: AsyncSession, keys: Sequence[Key]) -> dict[Key, int]:
    driver, found = await Driver.of(session), {}
    for owner, start in product({key[0] for key in keys}, range(0, len(keys), _AT_ONCE)):
        groups = {_join(key[2]) for key in keys[start : start + _AT_ONCE] if key[0] == owner}
        for made, tlp, joined in await driver.rows(_OF_OWNER, owner, among=list(groups)):
            found[owner, tlp, split(joined)] = made
    return {key: found[key] for key in keys if key in found}


async def contents(session: AsyncSession, ids: Collection[int]) -> dict[int, Key]:
    """What these audiences are. Only on a writer's session."""
    driver, found = await Driver.of(session), {}
    for start in range(0, len(ids), _AT_ONCE):
        for made, owner, tlp, joined in await driver.rows(_BY_ID, among=[*ids][start : start + _AT_ONCE]):
            found[made] = owner, tlp, split(joined)
    return found


_BY_ID = "SELECT id, owner, tlp, groups FROM audience WHERE id {among}"
_OF_OWNER = "SELECT id, tlp, groups FROM audience WHERE owner = $1 AND groups {among}"


async def _give_sight(session: AsyncSession, made: Mapping[Key, int]) -> None:
    """A new audience holds no claims yet, so nobody's view is raised."""
    if not made:
        return
    viewers = await _viewers(session, Partner.state == "active")
    rows = [
        {"partner": viewer.id, "audience": audience}
        for key, audience in made.items()
        for viewer in viewers
        if sees(viewer, *key)
    ]
    await insert_rows(session, table_of(Sight), rows)


async def refresh_sight(session: AsyncSession, partner: int, reason: str) -> None:
    """Bring a partner's rows of sight up to date with what it is now.

    When any row is taken or given, its view is raised to the position of a `SightChanged`: cursors from before
    answer 410.
    """
    (viewer,) = await _viewers(session, Partner.id == partner)
    audiences = await session.execute(select(Audience.id, Audience.owner, Audience.tlp, Audience.groups))
    due = {row.id for row in audiences if sees(viewer, row.owner, row.tlp, split(row.groups))}
    held = set(await session.scalars(select(Sight.audience).where(Sight.partner == partner)))
    if due == held:
        return
    lost = sorted(held - due)
    for start in range(0, len(lost), _AT_ONCE):
        gone = among(Sight.audience, lost[start : start + _AT_ONCE], session)
        await session.execute(delete(Sight).where(Sight.partner == partner, gone))
    rows = [{"partner": partner, "audience": audience} for audience in sorted(due - held)]
    await insert_rows(session, table_of(Sight), rows)
    slug = (await session.execute(select(Partner.slug).where(Partner.id == partner))).scalar_one()
    position = await record(session, SightChanged(partner=slug, reason=reason), to=(partner,))
    moved = {"view": position} | ({"lost": position} if lost else {})
    await session.execute(update(Partner).where(Partner.id == partner).values(moved))


async def _viewers(session: AsyncSession, which: ColumnElement[bool]) -> list[Viewer]:
    readers = set(await session.scalars(select(KindScope.kind).where(KindScope.scope == Scope.SIGNALS_READ)))
    partners = await session.execute(select(Partner.id, Partner.kind, Partner.state).where(which))
    memberships = await session.execute(
        select(Membership.partner, Membership.group)
        .join(Partner, Partner.id == Membership.partner)
        .where(Membership.state == "member", which)
    )
    groups: dict[int, set[int]] = {}
    for row in memberships:
        groups.setdefault(row.partner, set()).add(row.group)
    return [
        Viewer(
            id=row.id,
            kind=PartnerKind(row.kind),
            active=row.state == "active",
            reads=row.kind in readers,
            groups=frozenset(groups.get(row.id, ())),
        )
        for row in partners
    ]


def _join(groups: Sequence[int]) -> str:
    return ",".join(map(str, groups))


def split(groups: str) -> tuple[int, ...]:
    """The ids in `Audience.groups`."""
    return tuple(map(int, groups.split(","))) if groups else ()


async def memberships(session: AsyncSession, partner: int) -> dict[str, int]:
    """The groups of which a partner is a member, by slug."""
    return dict(await (await Driver.of(session)).rows(_MEMBERSHIPS, partner))


_MEMBERSHIPS = """
SELECT g.slug, g.id FROM sharing_group g JOIN membership m ON m."group" = g.id
WHERE m.partner = $1 AND m.state = 'member'"""
