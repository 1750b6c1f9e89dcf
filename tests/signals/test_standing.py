"""A job may write beside its claims, in their transaction, and is told how they stand when they are written."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.log.head import Head
from core.signals import items
from core.signals.items import Item
from core.signals.keys import public_id
from core.signals.models import Claim
from core.signals.standing import Stood
from core.signals.submission import Submit
from core.wire.signals import SignalIn, Tlp
from tests.signals.conftest import KEYS, KINDS, Room


class Bug(Exception):
    pass


class Beside(Submit):
    """Takes a position more, and remembers what it was told; or fails when all is written."""

    told: Mapping[bytes, Stood]
    position: int
    fails = False

    async def store(self, session: AsyncSession, head: Head, stood: Mapping[bytes, Stood]) -> None:
        self.told, self.position = stood, head.take()
        if self.fails:
            raise Bug


@pytest.fixture
async def job(room: Room) -> Beside:
    principal = await room.admit("one")
    await room.admit("two")
    await room.found("ring", "one", "two")
    sent = SignalIn("url", "https://a.example/gift", tlp=Tlp.AMBER, groups=("ring",))
    item = items.accept(sent, 0, "", KINDS, KEYS, room.guard)
    assert isinstance(item, Item)
    return Beside(principal.partner, [item])


async def test_it_is_told_of_its_partners_claims_alone(room: Room, job: Beside) -> None:
    await room.submit("two", {"kind": "url", "value": "https://a.example/gift", "tlp": "GREEN"})
    assert await room.writer.write(job, "cli_one", "test") == job.position
    ((key, stood),) = job.told.items()
    (seen,) = (await room.page("one")).signals
    assert (public_id(key), stood.position, stood.held) == (seen.id, job.position - 1, "")
    async with room.db.survey() as session:
        claim = (await session.scalars(select(Claim).where(Claim.position == stood.position))).one()
    assert (claim.signal, claim.audience) == (stood.signal, stood.audience)


async def test_when_it_fails_its_claims_are_not_there(room: Room, job: Beside) -> None:
    job.fails = True
    with pytest.raises(Bug):
        await room.writer.write(job, "cli_one", "test")
    async with room.db.survey() as session:
        assert not (await session.scalars(select(Claim.position))).all()
    job.fails = False
    await room.writer.write(job, "cli_one", "test")
    assert len(job.told) == 1
