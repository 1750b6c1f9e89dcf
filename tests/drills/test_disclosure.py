"""Nothing small can be told from 1,000 series of reports, attacked by everybody; what hiding costs at full size."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random

import pytest

from core.reports.disclosure import circles
from core.reports.disclosure.audit import audit
from core.reports.disclosure.protect import protect
from core.reports.disclosure.witnesses import unproved
from tests.reports.disclosure.samples import TWO_WAY, drawn, held, random_cube
from tests.reports.disclosure.trials import attacked, freeze, reports

_SERIES = 1_000
SIZES = {"province": 34, "category": 11, "partner": 8}


def test_nobody_tells_a_small_count() -> None:
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = [seed for seed, told in enumerate(pool.map(_trial, range(_SERIES), chunksize=10)) if told]
    assert found == []


def _trial(seed: int) -> bool:
    frozen = freeze(reports(Random(seed)))
    return bool(audit(frozen) or attacked(frozen))


@pytest.mark.parametrize("mean", [0.5, 3.0, 20.0])
def test_three_two_way_tables_take_two_seconds(mean: float) -> None:
    assert _seconds(mean, TWO_WAY) <= 2


def test_a_sparse_three_way_table_takes_a_minute() -> None:
    """Fuller ones take minutes (3 an atom: 154 s beside much else), for all of 9 attackers; no section has one."""
    assert _seconds(0.5, [tuple(SIZES)]) <= 60


@pytest.mark.parametrize("mean", [0.5, 3.0, 20.0])
def test_what_is_behind_full_tables_tells_nothing_more(mean: float, monkeypatch: pytest.MonkeyPatch) -> None:
    report = drawn(random_cube(Random(1), SIZES, mean, TWO_WAY))
    frozen = held(report, protect(report).hidden["claims"])
    monkeypatch.setattr(circles, "MOST", 10_000)
    assert audit([frozen]) == []


def _seconds(mean: float, tables: Sequence[tuple[str, ...]]) -> float:
    report = drawn(random_cube(Random(1), SIZES, mean, tables))
    begun = time.perf_counter()
    made = protect(report)
    frozen = held(report, made.hidden["claims"])
    assert audit([frozen]) == []
    took = time.perf_counter() - begun
    begun = time.perf_counter()
    assert unproved([frozen], made.witnesses) == []
    checked = time.perf_counter() - begun
    assert checked <= 1
    return took
