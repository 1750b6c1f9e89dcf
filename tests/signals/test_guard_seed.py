"""The negative list that a hub starts with is one that its kinds read."""

import importlib
from collections import Counter

from sqlalchemy import select

from core.db import Database
from core.signals.kinds import Kinds
from core.signals.models import GuardEntry

rows = importlib.import_module("migrations.versions.0005_guard").rows


def test_every_entry_is_what_its_kind_makes_of_it_today() -> None:
    kinds = Kinds()
    for row in rows():
        canonical = kinds.parse(row["kind"], row["value"])
        assert (canonical.identity, canonical.display) == (row["identity"], row["value"]), row


def test_every_entry_says_whose_it_is_and_where_that_is_written() -> None:
    assert len(rows()) >= 80
    assert all(row["label"] and row["source"] for row in rows())
    assert max(Counter((row["kind"], row["identity"]) for row in rows()).values()) == 1


async def test_a_fresh_hub_has_it_and_nothing_to_sweep(database_url: str) -> None:
    db = Database(database_url)
    async with db.survey() as session:
        found = list(await session.scalars(select(GuardEntry)))
    await db.close()
    assert {(one.kind, one.identity, one.reach) for one in found} == {
        (row["kind"], row["identity"], row["reach"]) for row in rows()
    }
    assert all(one.reached is None and one.added and one.valid_from for one in found)
