"""Everything that sections divide figures by is named in both languages."""

from collections.abc import Iterable

import pytest

from core.reports import labels
from core.wire.campaigns import ActivityKind
from core.wire.content import MaterialKind
from core.wire.signals import Category
from core.wire.takedowns import AuthorityOrder, ProtectionNotice, UserComplaint

BASES = [str(one.__struct_config__.tag) for one in (AuthorityOrder, UserComplaint, ProtectionNotice)]


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("category", Category),
        ("basis", [*BASES, "joined"]),
        ("material_kind", MaterialKind),
        ("activity_kind", ActivityKind),
    ],
)
def test_every_member_has_a_name(name: str, members: Iterable[str]) -> None:
    found = labels.dimension(name)
    assert [member.code for member in found.members] == list(map(str, members))
    assert len({member.label.vi for member in found.members}) == len(found.members)
    assert len({member.label.en for member in found.members}) == len(found.members)


def test_provinces_are_the_34_of_today() -> None:
    assert len(labels.province_dimension().members) == 34


def test_months_are_named_in_their_order() -> None:
    members = labels.month_dimension(["2026-10", "2025-02", "2026-10"]).members
    assert [(one.code, one.label.vi, one.label.en) for one in members] == [
        ("2025-02", "02/2025", "Feb 2025"),
        ("2026-10", "10/2026", "Oct 2026"),
    ]
