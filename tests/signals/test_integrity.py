"""Claims and names have no foreign keys: what they would refuse is found, and the hub never writes any of it."""

import pytest
from sqlalchemy import update

from core.signals import integrity
from core.signals.models import Claim, Reference
from core.wire.opinions import Stance
from tests.signals.conftest import Room

CLAIM = ("signal", "partner", "audience")
NAME = ("signal", "partner")
NONE = {f"claims without {one}": 0 for one in CLAIM} | {f"names without {one}": 0 for one in NAME}
GREEN = {"kind": "domain", "tlp": "GREEN"}


async def orphans(room: Room) -> dict[str, int]:
    async with room.db.survey() as session:
        return await integrity.orphans(session)


@pytest.fixture
async def lived_in(room: Room) -> Room:
    """Claims of two partners opened, moved, closed, in groups and for nobody else, with an opinion."""
    for slug in ("a", "b"):
        await room.admit(slug)
    await room.found("ring", "a", "b")
    first, *_ = (await room.submit("a", *(GREEN | {"value": f"{n}.example"} for n in "xyz"))).results
    await room.submit("b", GREEN | {"value": "x.example"}, {"kind": "phone", "value": "0912345678", "groups": ["ring"]})
    await room.submit("a", {"kind": "domain", "value": "x.example", "category": "phishing"})
    await room.submit("b", GREEN | {"value": "z.example", "external_id": "mine"})
    assert first.id
    await room.opine("a", first.id, Stance.AGREE)
    await room.retract("a", ids=[first.id])
    return room


async def test_what_the_hub_writes_has_no_orphans(lived_in: Room) -> None:
    assert await orphans(lived_in) == NONE


@pytest.mark.parametrize("column", CLAIM)
async def test_an_orphan_is_counted_by_what_it_lacks(lived_in: Room, column: str) -> None:
    async with lived_in.db.writer() as session:
        await session.execute(update(Claim).where(Claim.value == "y.example").values({column: 987_654}))
    assert await orphans(lived_in) == NONE | {f"claims without {column}": 1}


@pytest.mark.parametrize("column", NAME)
async def test_a_name_of_nothing_is_counted_as_well(lived_in: Room, column: str) -> None:
    async with lived_in.db.writer() as session:
        await session.execute(update(Reference).where(Reference.external_id == "mine").values({column: 987_654}))
    assert await orphans(lived_in) == NONE | {f"names without {column}": 1}
