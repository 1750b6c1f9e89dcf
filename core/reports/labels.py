"""The dimensions that several sections have, with what their members are called in both languages."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from core.campaigns import provinces, strands
from core.reports.asked import Asked
from core.wire.common import Title
from core.wire.documents import Dimension, Member, ReaderClass, Words

OTHERS = "others"
"""Of partners, in a report for one of them: all but itself."""
_PARTNER = Words("Đối tác", "Partner")


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Words
    members: dict[str, Words]


@cache
def _all() -> dict[str, _Named]:
    data = files("core.reports").joinpath("data/labels.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, _Named])


def words_of(name: str) -> dict[str, Words]:
    """What data/labels.json calls the members of a dimension."""
    return _all()[name].members


def dimension(name: str) -> Dimension:
    """A dimension whose members are all in data/labels.json."""
    known = _all()[name]
    return Dimension(name, known.title, tuple(Member(code, words) for code, words in known.members.items()))


def partner_dimension(asked: Asked, slugs: Iterable[str]) -> Dimension:
    """Partners by slug, which unlike their names never change; for one partner: itself and all others."""
    if asked.readers is ReaderClass.PARTNER and asked.slug is not None:
        others = Member(OTHERS, Words("Các đối tác khác", "All other partners"))
        return Dimension("partner", _PARTNER, (Member(asked.slug, Words(asked.slug, asked.slug)), others))
    return Dimension("partner", _PARTNER, members_of(slugs))


def members_of(slugs: Iterable[str]) -> tuple[Member, ...]:
    """One for each slug, in their order by letters, whatever the engine's collation."""
    return tuple(Member(slug, Words(slug, slug)) for slug in sorted(set(slugs)))


def province_dimension() -> Dimension:
    """By official code: units that ever were in force under one have one name."""
    named = {unit.code: _words(unit.name) for unit in provinces.ALL}
    members = tuple(Member(code, words) for code, words in sorted(named.items()))
    return Dimension("province", Words("Tỉnh, thành phố", "Province"), members)


def strand_dimension() -> Dimension:
    """The strands of the campaign, and what belongs to none."""
    members = tuple(Member(one.slug, _words(one.name)) for one in strands.ALL.values())
    return Dimension("strand", Words("Mảng", "Strand"), (*members, Member("none", Words("Không thuộc mảng", "None"))))


def _words(title: Title) -> Words:
    return Words(title.vi, title.en or title.vi)
