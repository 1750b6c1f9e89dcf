"""A signal that was merged into another leads there those who may see it there, and nobody else."""

import pytest

from core.errors import Fault, NotFound
from core.signals import lookup
from core.signals.lookup import Moved
from tests.signals.conftest import KEYS, Room
from tests.signals.test_remap import NEW, bring, log, nick, submit

__all__ = ["log"]


async def asked(room: Room, slug: str, signal: str) -> Fault:
    principal = room.partners[slug]
    async with room.db.snapshot(principal.partner) as session:
        with pytest.raises(Fault) as fault:
            await lookup.detail(session, principal, NEW, KEYS, signal)
    return fault.value


async def test_the_old_id_leads_to_the_new_one(log: Room) -> None:
    await submit(log, "a", "Bait")
    await submit(log, "b", "Inner", tlp="AMBER", groups=("gg",))
    await bring(log)
    for slug in ("a", "b", "c"):
        moved = await asked(log, slug, nick("Bait"))
        assert isinstance(moved, Moved)
        assert (moved.status, moved.headers["Location"]) == (308, f"/v1/signals/{nick('bait')}")
    assert isinstance(await asked(log, "a", nick("Inner")), Moved)
    assert isinstance(await asked(log, "c", nick("Inner")), NotFound)
    assert isinstance(await asked(log, "c", nick("Nobody")), NotFound)


async def test_it_leads_nowhere_when_nothing_is_left_there(log: Room) -> None:
    await submit(log, "a", "Bait")
    await bring(log)
    await log.retract("a", ids=[nick("bait")])
    assert isinstance(await asked(log, "c", nick("Bait")), NotFound)
