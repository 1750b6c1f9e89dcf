"""What is hidden of one report, in cases that fit on a page."""

import subprocess
import sys

import msgspec
import pytest

from core.reports.cube import Cube, Share
from core.reports.disclosure import Drawn, Held, Weakens
from core.reports.disclosure.audit import audit
from core.reports.disclosure.protect import protect
from core.wire.documents import Unit
from core.wire.sections import Count
from tests.reports.disclosure.samples import cube, drawn, held, words

ALL = (None, None)
TABLES = [("category",), ("partner",)]


def _hidden(one: Cube) -> set[tuple[str | None, ...]]:
    return {key for key, _ in protect(drawn(one)).hidden["claims"]}


def _by_category(counts: dict[str, int]) -> Cube:
    return cube({"category": list(counts)}, {(name,): n for name, n in counts.items() if n}, [("category",)])


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert _hidden(_by_category({"phishing": 5, "gambling": 60})) == set()


def test_a_small_cell_takes_another_along_so_that_the_total_does_not_tell_it() -> None:
    assert _hidden(_by_category({"phishing": 3, "gambling": 60, "sextortion": 7})) == {("phishing",), ("sextortion",)}


def test_two_small_cells_that_come_to_4_together_need_a_third() -> None:
    counts = {"phishing": 2, "gambling": 60, "sextortion": 2, "trafficking": 9}
    assert _hidden(_by_category(counts)) == {("phishing",), ("sextortion",), ("trafficking",)}


def test_a_small_cell_beside_zeros_hides_the_total() -> None:
    assert _hidden(_by_category({"phishing": 3, "gambling": 0})) == {("phishing",), (None,)}


def test_one_that_cannot_be_less_than_one_does_not_cover_another() -> None:
    # 3 + 1: the reader knows that neither is zero, so that the first would be at most 3.
    counts = {"phishing": 3, "gambling": 1, "sextortion": 80}
    assert ("sextortion",) in _hidden(_by_category(counts)) or (None,) in _hidden(_by_category(counts))


def test_a_cell_that_two_tables_share_is_hidden_in_both() -> None:
    one = cube(
        {"province": ["01", "79"], "category": ["phishing", "gambling"]},
        {("01", "phishing"): 3, ("79", "phishing"): 20, ("79", "gambling"): 20},
        [("province",), ("category",)],
    )
    hidden = _hidden(one)
    assert {("01", None), ("79", None)} <= hidden or {("01", None), ALL} <= hidden
    assert ALL not in hidden or hidden & {(None, "phishing"), (None, "gambling")}


def test_what_is_not_of_people_or_cases_is_never_hidden() -> None:
    one = _by_category({"phishing": 3, "gambling": 2})
    reach = msgspec.structs.replace(one, counts=(Count("claims", words("Views"), Unit.VIEWS, protected=False),))
    assert _hidden(reach) == set()


def test_a_share_gives_its_part_and_its_whole_away_and_so_hides_with_them() -> None:
    counts = tuple(Count(name, words(name), Unit.CASES) for name in ("in_time", "acted"))
    one = msgspec.structs.replace(
        _by_category({"phishing": 3, "gambling": 40, "sextortion": 30}),
        counts=counts,
        atoms={("phishing",): (3, 11), ("gambling",): (40, 50), ("sextortion",): (30, 30)},
        shares=(Share("share", words("Share"), "in_time", "acted"),),
    )
    table = msgspec.structs.replace(one.tables[0], measures=("share",))
    hidden = protect(drawn(msgspec.structs.replace(one, tables=(table,)))).hidden["claims"]
    assert (("phishing",), "in_time") in hidden
    assert len(hidden) == 2


def test_what_is_never_more_than_something_shown_is_hidden_together_with_it() -> None:
    counts = tuple(Count(name, words(name), Unit.CASES) for name in ("in_time", "acted"))
    one = msgspec.structs.replace(
        _by_category({"phishing": 3, "gambling": 40, "sextortion": 30}),
        counts=counts,
        atoms={("phishing",): (3, 4), ("gambling",): (40, 50), ("sextortion",): (30, 30)},
        least=(("in_time", "acted"),),
    )
    table = msgspec.structs.replace(one.tables[0], measures=("in_time", "acted"))
    one = msgspec.structs.replace(one, tables=(table,))
    hidden = protect(drawn(one)).hidden
    assert audit([Held("this", *_period(one), (one,), hidden)]) == []
    without = {"claims": hidden["claims"] - {(("phishing",), "acted")}}
    assert audit([Held("this", *_period(one), (one,), without)])


def _period(one: Cube) -> tuple[int, int]:
    report = drawn(one)
    return report.begins, report.ends


def _by_partner(tables: list[tuple[str, ...]], known: tuple[str, ...] = ()) -> Cube:
    return cube(
        {"partner": ["zalo", "others"], "category": ["phishing", "gambling"]},
        {("zalo", "phishing"): 20, ("others", "phishing"): 3, ("zalo", "gambling"): 30, ("others", "gambling"): 40},
        tables,
        known,
    )


def test_a_partner_does_not_find_what_is_left_without_its_own() -> None:
    # 23 is not small, but zalo knows that 20 of them are its own.
    assert (None, "phishing") in _hidden(_by_partner([("category",)]))


def test_the_partner_that_a_report_is_made_for_keeps_its_own_figures() -> None:
    one = _by_partner([("partner", "category")], known=("zalo",))
    hidden = _hidden(one)
    assert ("others", "phishing") in hidden
    assert not {key for key in hidden if key[0] == "zalo"}
    assert audit([held(drawn(one), frozenset((key, "claims") for key in hidden))]) == []


def test_what_is_all_the_readers_own_is_shown_to_it() -> None:
    one = cube({"partner": ["zalo", "others"], "category": ["phishing"]}, {("zalo", "phishing"): 3}, TABLES, ["zalo"])
    assert _hidden(one) == set()


def test_of_one_day_the_day_and_the_period_are_one_cell() -> None:
    one = cube(
        {"time": ["2026-10-01"], "category": ["phishing", "gambling"]},
        {("2026-10-01", "phishing"): 3, ("2026-10-01", "gambling"): 40},
        [("time", "category")],
    )
    hidden = {key for key, _ in protect(drawn(one, 0, 1)).hidden["claims"]}
    assert hidden == {(time, name) for time in ("2026-10-01", None) for name in ("phishing", "gambling")}


def test_zeros_of_a_finer_table_may_give_a_held_one_away_and_then_it_is_refused() -> None:
    members = {"category": ["a", "b", "c"], "kind": ["phone", "url"]}
    atoms: dict[tuple[str, ...], int] = {("a", "phone"): 3, ("b", "url"): 7, ("c", "phone"): 50}
    wide = drawn(cube(members, atoms, [("category",), ("kind",)]), report="held")
    pattern = protect(wide).hidden["claims"]
    assert ((None, "url"), "claims") not in pattern
    fine = drawn(cube(members, atoms, [("category", "kind")]), report="new")
    assert audit([held(fine, protect(fine).hidden["claims"])]) == []
    with pytest.raises(Weakens) as refused:
        protect(fine, [held(wide, pattern)])
    named = {(one.report, one.table) for one in refused.value.tables}
    # Had the held one not shown c, the new one could be made.
    assert named == {("held", "claims_by_category"), ("new", "claims_by_category_by_kind")}


def test_the_same_report_hides_the_same_whatever_the_hash_seed() -> None:
    found = {_in_a_process_of_its_own(seed) for seed in ("1", "2")}
    assert len(found) == 1


def _in_a_process_of_its_own(seed: str) -> str:
    program = (
        "from random import Random\n"
        "from core.reports.disclosure.protect import protect\n"
        "from tests.reports.disclosure.samples import *\n"
        "one = random_cube(Random(4), {'province': 6, 'category': 4, 'partner': 3}, 1.0, TWO_WAY)\n"
        "made = protect(drawn(one))\n"
        "print(sorted(map(repr, made.hidden['claims'])), made.witnesses)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    ).stdout


def test_an_empty_report_hides_nothing() -> None:
    assert protect(Drawn("this", 0, 1, ())).hidden == {}
