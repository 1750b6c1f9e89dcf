"""The dimensions that several sections have, with what their members are called in both languages."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from core.campaigns import provinces, strands
from core.reports.asked import MONTHS
from core.wire.common import Title
from core.wire.documents import Dimension, Member, ReaderClass, Words
from core.wire.sections import Asked

OTHERS = "others"
"""Of partners, in a report for one of them: all but itself."""
NONE = "none"
"""What belongs to no strand."""
_PARTNER = Words("Đối tác", "Partner")


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Words
    members: dict[str, Words]


@cache
def _all() -> dict[str, _Named]:
    data = files("core.reports").joinpath("data/labels.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, _Named])


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


def whose(asked: Asked, slug: str) -> tuple[str, ...]:
    """The member of the partner dimension that a partner's figures go to; none where readers know of no partners."""
    if asked.readers is ReaderClass.PUBLIC:
        return ()
    return (slug if asked.readers is ReaderClass.NATIONAL or slug == asked.slug else OTHERS,)


def known(asked: Asked) -> frozenset[str]:
    """Members of the partner dimension that the reader is."""
    return frozenset([asked.slug] if asked.readers is ReaderClass.PARTNER and asked.slug else [])


def month_dimension(months: Iterable[str]) -> Dimension:
    """Months of any time, as `2026-10`."""
    named = {month: (month[:4], month[5:]) for month in sorted(set(months))}
    members = tuple(
        Member(month, Words(f"{number}/{year}", f"{MONTHS[int(number) - 1]} {year}"))
        for month, (year, number) in named.items()
    )
    return Dimension("month", Words("Tháng", "Month"), members)


def province_dimension() -> Dimension:
    """By official code: units that ever were in force under one have one name."""
    named = {unit.code: _words(unit.name) for unit in provinces.ALL}
    members = tuple(Member(code, words) for code, words in sorted(named.items()))
    return Dimension("province", Words("Tỉnh, thành phố", "Province"), members)


def strand_dimension() -> Dimension:
    """The strands of the campaign, and what belongs to none."""
    members = tuple(Member(one.slug, _words(one.name)) for one in strands.ALL.values())
    return Dimension(
        "strand", Words("Mảng", "Strand"), (*members, Member(NONE, Words("Không thuộc mảng nào", "No strand")))
    )


def _words(title: Title) -> Words:
    return Words(title.vi, title.en or title.vi)
