"""What sections count, for tests that ask them directly."""

from collections import defaultdict
from datetime import date

from core.auth.access import Principal
from core.db import Database
from core.reports.asked import midnight, over
from core.reports.sections import SECTIONS
from core.wire.documents import Period, Positions, ReaderClass
from core.wire.sections import Cube, Draft


async def drawn(db: Database, name: str, since: str, until: str, reader: Principal | ReaderClass) -> Draft:
    """A section of a period that is over; for a partner, or for all of a class."""
    period = Period(date.fromisoformat(since), date.fromisoformat(until))
    one = reader if isinstance(reader, Principal) else None
    readers = reader if isinstance(reader, ReaderClass) else ReaderClass.PARTNER
    ends = midnight(period.until)
    whose = (one.partner, one.slug) if one else (None, None)
    asked = over(period, Positions(0, 0), ends, readers, *whose)
    async with db.snapshot(one.partner) if one else db.survey() as session:
        return await SECTIONS[name](session, asked)


def cube(draft: Draft, name: str) -> Cube:
    (found,) = [one for one in draft.cubes if one.name == name]
    return found


def sums(cube: Cube, *by: str) -> dict[tuple[str, ...], dict[str, int]]:
    """By members of these dimensions, the counts that are not zero; by none, under the empty key."""
    found: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for atom, numbers in cube.atoms.items():
        key = tuple(atom[cube.place(name)] for name in by)
        for count, number in zip(cube.counts, numbers, strict=True):
            if number:
                found[key][count.name] += number
    return {key: dict(counts) for key, counts in found.items()}


def assert_members_are_known(draft: Draft) -> None:
    """Each atom is made of members of its dimensions: others would be in totals and in no row."""
    for cube in draft.cubes:
        codes = [{member.code for member in dimension.members} for dimension in cube.dimensions]
        assert all(len(one.members) == len(each) for one, each in zip(cube.dimensions, codes, strict=True))
        for atom in cube.atoms:
            assert all(member in each for member, each in zip(atom, codes, strict=True)), atom
