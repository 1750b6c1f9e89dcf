"""Communes and their names: what the files hold, what a code means on a day, what a name means as people type it."""

from collections import Counter, defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.campaigns import provinces
from core.campaigns.places import communes, names
from core.campaigns.places.communes import Register, former, register
from core.wire.places import Commune, NameMatch, UnitKind

FIRST, BEFORE_2026, NOW = date(2025, 7, 1), date(2026, 1, 1), date(2026, 11, 1)
UNITS = list(register())


def kinds(day: date) -> Counter[UnitKind]:
    return Counter(unit.kind for unit in register().standing(day))


def test_34_provinces_and_3321_communes_then_and_now() -> None:
    assert kinds(FIRST) == kinds(BEFORE_2026) == {"commune": 2_621, "ward": 687, "special_zone": 13}
    assert kinds(NOW) == {"commune": 2_599, "ward": 709, "special_zone": 13}
    cities = {
        day: Counter(unit.kind for unit in provinces.ALL if provinces.holds(unit, day)) for day in (BEFORE_2026, NOW)
    }
    assert cities == {BEFORE_2026: {"city": 6, "province": 28}, NOW: {"city": 9, "province": 25}}


def test_on_each_day_a_code_is_one_unit_in_a_province_of_that_day() -> None:
    for day in (FIRST, BEFORE_2026, date(2026, 6, 1), NOW):
        standing = register().standing(day)
        assert len({unit.code for unit in standing}) == len(standing) == 3_321
        assert not [unit for unit in standing if communes.fault(unit.province, unit.code, day, "")]


def test_what_was_before_went_somewhere_and_both_files_say_so() -> None:
    told = {(old.code, successor) for old in former() for successor in old.successors}
    founded = [unit for unit in UNITS if unit.valid_from == FIRST]
    assert {(code, unit.code) for unit in founded for code in unit.predecessors} == told
    # Five island districts had no communes.
    assert {unit.kind for unit in founded if not unit.predecessors} == {UnitKind.SPECIAL_ZONE}
    assert sum(not unit.predecessors for unit in founded) == 5
    assert all(old.successors for old in former())
    assert len(former()) == 10_035


def test_a_commune_that_became_a_ward_is_the_same_place() -> None:
    for unit in register().standing(BEFORE_2026):
        assert register().become(unit.code, BEFORE_2026, NOW) == {unit.code}
    (before, after) = register().known("07294")
    assert (before.kind, after.kind, before.valid_to) == ("commune", "ward", after.valid_from)


def test_a_code_is_followed_through_mergers_and_divisions() -> None:
    then, later, now = date(2027, 1, 1), date(2028, 1, 1), date(2029, 1, 1)

    def unit(code: str, since: date, until: date | None = None, *before: str) -> Commune:
        return Commune(code, code, UnitKind.COMMUNE, "01", since, until, "made up", before)

    made_up = Register([
        unit("00001", then, later),
        unit("00002", then, later),
        unit("00003", later, now, "00001", "00002"),
        unit("00004", now, None, "00003"),
        unit("00001", now, None, "00003"),
    ])  # fmt: skip
    assert made_up.become("00002", then, then) == {"00002"}
    assert made_up.become("00002", then, later) == {"00003"}
    assert made_up.become("00002", then, now) == {"00004", "00001"}
    assert made_up.become("00004", then, now) == frozenset()


PAIRS = defaultdict(list)
for one in register().standing(NOW):
    PAIRS[one.province, one.kind, names.folded(one.name)].append(one)
COLLIDING = [(key, units) for key, units in PAIRS.items() if len(units) > 1]


def test_the_8_pairs_that_collide_without_tones_are_offered_and_not_guessed() -> None:
    assert len(COLLIDING) == 8
    for (province, kind, plain), units in COLLIDING:
        within = names.ProvinceMeant(province, None)
        word = {"commune": "Xa", "ward": "Phuong"}[kind]
        for typed in (f"{word} {plain}", f"{word[0]}. {plain.title()}"):
            found = names.commune(typed, NOW, within)
            assert (found.meant, found.match) == (None, NameMatch.FOLDED)
            assert {unit.code for unit in found.candidates} == {unit.code for unit in units}
        for unit in units:
            # Thanh An has no mark: whoever types it may mean Thạnh An.
            marked = names.folded(unit.name) != unit.name.casefold()
            assert names.commune(unit.name, NOW, within).meant == (unit.code if marked else None)


@given(
    st.sampled_from([unit for unit in UNITS if unit.valid_to is None]), st.sampled_from(["", "xã ", "Phường ", "P. "])
)
def test_every_name_with_its_tones_finds_its_unit_and_only_ties_are_left(unit: Commune, word: str) -> None:
    within = names.ProvinceMeant(unit.province, None)
    for typed in (unit.name, word + unit.name, names.folded(unit.name)):
        found = names.commune(typed, NOW, within)
        assert unit.code in [one.code for one in found.candidates]
        assert found.meant in (unit.code, None)
        assert (found.meant is None) == (len(found.candidates) > 1)


@pytest.mark.parametrize(
    ("name", "province", "match", "meant"),
    [
        ("Hoà An", "Cao Bằng", "exact", "01654"),
        ("Hòa  An", "tỉnh cao bằng", "exact", "01654"),
        ("B’Lao", "Lâm Đồng", "exact", "24829"),
        ("B'LAO", "lam dong", "exact", "24829"),
        ("phuong ba dinh", "TP. Ha Noi", "folded", "00004"),
        ("Ba Đình", "1", "exact", "00004"),
        ("Phường Trúc Bạch", "Hà Nội", "former", "00004"),
        ("Phường Thủ Dầu Một", "Bình Dương", "exact", "25747"),
        ("Xã Lộc Ninh", "Đồng Nai", "exact", "25270"),
        ("Tân Tiến", "", "exact", None),
        ("Ba Dinhh", "Hà Nội", "spelling", None),
        ("zzzz", "Hà Nội", "none", None),
        ("", "Hà Nội", "none", None),
    ],
)
def test_a_name_as_it_is_typed(name: str, province: str, match: str, meant: str | None) -> None:
    within = names.province(province) if province else None
    found = names.commune(name, NOW, within)
    assert (found.match, found.meant) == (match, meant)
    assert (found.match == "none") == (found.candidates == ())


def test_all_63_provinces_of_before_are_understood() -> None:
    olds = {old.province for old in former()}
    assert len(olds) == 63
    for old in olds:
        meant = names.province(old)
        assert meant is not None
        assert meant.code in {
            register().known(one.successors[0])[0].province for one in former() if one.province == old
        }
    assert names.province("Thừa Thiên Huế") == ("46", None)
    assert names.province("Atlantis") is None
    assert names.like_province("Ha Nọii")[0].code == "01"
