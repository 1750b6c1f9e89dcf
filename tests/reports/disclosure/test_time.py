"""Reports of periods that touch, hold each other, or run."""

import pytest

from core.reports.disclosure import Drawn, Held, Unsettled
from core.reports.disclosure.audit import audit
from core.reports.disclosure.protect import protect
from core.times import HOUR
from tests.reports.disclosure.attacker import publish, told
from tests.reports.disclosure.samples import FIRST, cube, drawn, held

TABLE = [("category",)]


def _month(first: int, count: int, report: str, **counts: int) -> Drawn:
    one = cube({"category": ["phishing", "gambling"]}, {(name,): n for name, n in counts.items()}, TABLE)
    return drawn(one, first, count, report)


def _freeze(report: Drawn, *before: Held) -> Held:
    return held(report, protect(report, before).hidden["claims"])


def test_successive_periods_share_nothing() -> None:
    first = _freeze(_month(0, 31, "october", phishing=20, gambling=30))
    second = _freeze(_month(31, 30, "november", phishing=23, gambling=31), first)
    assert not second.hidden["claims"]
    assert audit([first, second]) == []


def test_a_quarter_does_not_tell_what_came_after_the_month() -> None:
    october = _freeze(_month(0, 31, "october", phishing=20, gambling=30))
    quarter = _month(0, 92, "quarter", phishing=23, gambling=80)
    assert not protect(quarter).hidden["claims"]
    both = _freeze(quarter, october)
    assert (("phishing",), "claims") in both.hidden["claims"]
    assert audit([october, both]) == []
    assert audit([october, held(quarter, frozenset())])


def test_a_report_of_a_running_period_is_held_when_the_final_one_is_made() -> None:
    running = drawn(cube({"category": ["phishing", "gambling"]}, {("phishing",): 20, ("gambling",): 9}, TABLE), 0, 3)
    running = Drawn("running", running.begins, running.ends + 14 * HOUR, running.cubes)
    final = _month(0, 31, "final", phishing=22, gambling=90)
    assert not protect(final).hidden["claims"]
    assert (("phishing",), "claims") in _freeze(final, _freeze(running)).hidden["claims"]


def test_what_a_report_does_not_list_is_zero_in_it() -> None:
    """Members of a dimension are all that there are."""
    october = _freeze(_month(0, 31, "october", gambling=30))
    members = {"category": ["phishing", "gambling", "sextortion"]}
    counts: dict[tuple[str, ...], int] = {("phishing",): 20, ("gambling",): 33, ("sextortion",): 3}
    quarter = _freeze(drawn(cube(members, counts, TABLE), 0, 92, "quarter"), october)
    assert audit([october, quarter]) == []
    published = [publish(one.begins, one.ends, one.cubes[0], one.hidden["claims"]) for one in (october, quarter)]
    assert told(published) == []


def test_what_a_report_has_hidden_another_of_the_same_period_hides() -> None:
    first = _freeze(_month(0, 31, "first", phishing=3, gambling=30))
    second = _freeze(_month(0, 31, "second", phishing=3, gambling=30), first)
    assert second.hidden == first.hidden


def test_days_of_one_report_and_the_weeks_of_another_are_one_problem() -> None:
    days = [FIRST.replace(day=n).isoformat() for n in (1, 2, 3)]
    atoms: dict[tuple[str, ...], int] = {
        (days[0], "phishing"): 6,
        (days[1], "phishing"): 7,
        (days[2], "phishing"): 8,
        (days[2], "gambling"): 50,
    }
    fine = cube({"time": days, "category": ["phishing", "gambling"]}, atoms, [("time", "category")])
    daily = _freeze(drawn(fine, 0, 3, "daily"))
    week = _month(0, 7, "week", phishing=21 + 4, gambling=80)
    weekly = _freeze(week, daily)
    published = [publish(one.begins, one.ends, one.cubes[0], one.hidden["claims"]) for one in (daily,)]
    assert told(published) == []
    assert (("phishing",), "claims") in weekly.hidden["claims"]
    assert audit([daily, weekly]) == []


def test_reports_that_count_the_same_time_differently_are_not_put_together() -> None:
    first = _freeze(_month(0, 31, "first", phishing=20))
    with pytest.raises(Unsettled):
        protect(_month(0, 31, "second", phishing=21), [first])
    with pytest.raises(Unsettled):
        protect(_month(0, 92, "quarter", phishing=19), [first])
