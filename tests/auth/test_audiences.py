"""Who sees what: the table of audiences word by word, and the rows of sight that follow from it."""

import pytest
from sqlalchemy import select

from core.auth.audiences import NONE, Viewer, intern, sees, split
from core.auth.models import Audience, Partner, Sight
from core.log import head
from core.log.models import EventRow
from core.wire.partners import PartnerState
from core.wire.scopes import PartnerKind
from core.wire.signals import Tlp
from tests.auth.conftest import Room, audience

OWNER = 1
GROUP, OTHER_GROUP = 7, 8
CLOSE = (NONE, Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER)
COMMUNITY = (Tlp.GREEN, Tlp.CLEAR)


def viewer(
    kind: PartnerKind = PartnerKind.PLATFORM,
    *,
    partner: int = 2,
    active: bool = True,
    reads: bool = True,
    groups: tuple[int, ...] = (),
) -> Viewer:
    return Viewer(id=partner, kind=kind, active=active, reads=reads, groups=frozenset(groups))


@pytest.mark.parametrize(
    ("who", "close", "community", "group"),
    [
        (viewer(partner=OWNER), True, True, True),
        (viewer(partner=OWNER, reads=False), True, True, True),
        (viewer(PartnerKind.OPERATOR), True, True, True),
        (viewer(), False, True, False),
        (viewer(groups=(OTHER_GROUP,)), False, True, False),
        (viewer(groups=(GROUP,)), False, True, True),
        (viewer(reads=False), False, False, False),
        (viewer(reads=False, groups=(GROUP,)), False, False, True),
        (viewer(active=False, groups=(GROUP,)), False, False, False),
        (viewer(partner=OWNER, active=False), False, False, False),
        (viewer(PartnerKind.OPERATOR, active=False), False, False, False),
    ],
)
def test_the_table_of_audiences(who: Viewer, close: bool, community: bool, group: bool) -> None:
    assert {sees(who, OWNER, tlp, ()) for tlp in CLOSE} == {close}
    assert {sees(who, OWNER, tlp, ()) for tlp in COMMUNITY} == {community}
    assert {sees(who, OWNER, tlp, (GROUP, 9)) for tlp in (*CLOSE, *COMMUNITY)} == {group}


async def holders(room: Room, audience: int) -> set[str]:
    async with room.db.writer() as session:
        found = select(Partner.slug).join(Sight, Sight.partner == Partner.id).where(Sight.audience == audience)
        return set(await session.scalars(found))


async def events(room: Room) -> list[str]:
    async with room.db.writer() as session:
        return list(await session.scalars(select(EventRow.type).order_by(EventRow.position)))


async def test_a_new_audience_gives_sight_and_raises_no_view(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    before = [await room.view(slug) for slug in room.clients], await events(room)
    async with head.writing(room.db, "test", "Intern") as session:
        alone = await audience(session, owner, NONE)
        everyone = await audience(session, owner, Tlp.GREEN)
    assert await holders(room, alone) == {"platform-a", "secretariat"}
    assert await holders(room, everyone) == room.clients.keys() - {"creator-a"}
    assert ([await room.view(slug) for slug in room.clients], await events(room)) == before


async def test_an_audience_is_made_once(room: Room) -> None:
    first, second = [(await room.acting(slug)).partner for slug in ("platform-a", "platform-b")]
    async with head.writing(room.db, "test", "Intern") as session:
        one = await audience(session, first, Tlp.AMBER, 3, 4)
    async with head.writing(room.db, "test", "Intern") as session:
        keys = [(first, Tlp.AMBER.value, (3, 4)), (first, Tlp.AMBER.value, ()), (second, Tlp.AMBER.value, (3, 4))]
        made = await intern(session, keys * 2)
        assert made[keys[0]] == one
        assert len(set(made.values())) == 3
        stored = (await session.execute(select(Audience.groups).where(Audience.id == one))).scalar_one()
    assert split(stored) == (3, 4)


async def test_thousands_of_audiences_are_interned_at_once(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    keys = [(owner, Tlp.RED.value, (group,)) for group in range(1, 2_501)]
    async with head.writing(room.db, "test", "Intern") as session:
        made = await intern(session, keys)
        assert made.keys() == set(keys)
        assert await intern(session, keys) == made
    await room.set_state("platform-a", PartnerState.SUSPENDED)
    assert await holders(room, made[keys[0]]) == {"secretariat"}


async def test_no_more_audiences_are_made_than_may_be(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    keys = [(owner, Tlp.RED.value, (group,)) for group in range(9, 0, -1)]
    async with head.writing(room.db, "test", "Intern") as session:
        assert (await intern(session, keys, most=4)).keys() == set(keys[:4])
        assert (await intern(session, keys, most=4)).keys() == set(keys[:8])


async def test_suspension_takes_sight_and_reinstatement_gives_it_back(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    async with head.writing(room.db, "test", "Intern") as session:
        shared = await audience(session, owner, Tlp.GREEN)
    everyone = await holders(room, shared)
    other = await room.view("platform-b")
    views = [await room.view("platform-a")]
    for state in (PartnerState.SUSPENDED, PartnerState.ACTIVE):
        await room.set_state("platform-a", state)
        views.append(await room.view("platform-a"))
        assert ("platform-a" in await holders(room, shared)) is (state is PartnerState.ACTIVE)
    assert views == sorted(set(views))
    assert await holders(room, shared) == everyone
    assert (await events(room)).count("sight.changed") == 2
    assert await room.view("platform-b") == other


async def test_a_partner_admitted_later_sees_what_the_community_shares(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    async with head.writing(room.db, "test", "Intern") as session:
        shared = await audience(session, owner, Tlp.CLEAR)
        closed = await audience(session, owner, Tlp.RED)
    operator = await room.client_as("secretariat")
    body = {"slug": "bank-a", "name": "Bank A", "kind": "platform"}
    assert (await operator.post("/v1/partners", json=body)).status_code == 201
    assert "bank-a" in await holders(room, shared)
    assert "bank-a" not in await holders(room, closed)
    assert await room.view("bank-a") > 0


async def test_a_kind_that_loses_signals_loses_the_community(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    async with head.writing(room.db, "test", "Intern") as session:
        shared = await audience(session, owner, Tlp.GREEN)
    operator = await room.client_as("secretariat")
    assert (await operator.put("/v1/kinds/agency", json={"scopes": ["reports:read"]})).status_code == 200
    assert "agency-a" not in await holders(room, shared)
    lost = await room.view("agency-a")
    answer = await operator.put("/v1/kinds/agency", json={"scopes": ["reports:read", "signals:read"]})
    assert answer.status_code == 200
    assert "agency-a" in await holders(room, shared)
    assert await room.view("agency-a") > lost
    # A change that leaves signals:read alone moves nobody's view.
    before = await room.view("agency-a")
    assert (await operator.put("/v1/kinds/agency", json={"scopes": ["signals:read"]})).status_code == 200
    assert await room.view("agency-a") == before


async def test_a_change_of_kind_changes_sight(room: Room) -> None:
    owner = (await room.acting("platform-a")).partner
    async with head.writing(room.db, "test", "Intern") as session:
        shared = await audience(session, owner, Tlp.GREEN)
    operator = await room.client_as("secretariat")
    assert (await operator.patch("/v1/partners/platform-b", json={"kind": "creator"})).status_code == 200
    assert "platform-b" not in await holders(room, shared)
