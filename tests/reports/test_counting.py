"""The program of ad-hoc cuts: what it counts, and how little it tells."""

import csv
import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from core.reports import counting
from core.reports.counting import BASE, LEAST, answer, rounded
from core.reports.cuts import _LENGTHS

SECRET = bytes(range(32))
MONTHS, KINDS, CATEGORIES = ("2026-09", "2026-10"), ("url", "phone", ""), ("phishing", 'it\'s "odd", được')


def counts() -> dict[tuple[str, ...], tuple[int, int]]:
    """Of every size, among them none and few."""
    cells = product(MONTHS, KINDS, CATEGORIES)
    return {cell: (number * number * 3 % 97, number) for number, cell in enumerate(cells)}


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("month", "kind", "category", "new", "opened"))
        for cell, (new, opened) in counts().items():
            # In pieces: facts of one cell may come in several rows.
            out.writerow((*cell, new, opened))
            out.writerow((*cell, 0, 0))
    return path


def question(facts: Path, by: Sequence[str], where: Mapping[str, str] | None = None, **scope: Any) -> dict[str, Any]:
    return {
        "facts": str(facts),
        "parquet": str(facts.with_name("rows.parquet")),
        "by": by,
        "where": where or {},
        "measures": ["new", "opened"],
        "secret": SECRET.hex(),
        "scope": {"source": "signals", "eyes": "", "months": [MONTHS[0], MONTHS[-1]]} | scope,
    }


@pytest.mark.parametrize("by", [(), ("kind",), ("category", "month"), ("month", "kind", "category")])
@pytest.mark.parametrize("where", [{}, {"kind": ""}, {"category": CATEGORIES[1]}, {"category": "none such"}])
def test_every_figure_is_a_recount_that_was_moved_and_rounded(
    facts: Path, by: Sequence[str], where: Mapping[str, str]
) -> None:
    by = [name for name in by if name not in where]
    asked = question(facts, by, where)
    expected: Counter[tuple[str | None, ...]] = Counter()
    opened: Counter[tuple[str | None, ...]] = Counter()
    for cell, (new, more) in counts().items():
        named = dict(zip(("month", "kind", "category"), cell, strict=True))
        if all(named[name] == code for name, code in where.items()):
            for key in product(*[(named[name], None) for name in by]):
                expected[key] += new
                opened[key] += more
    shown = {tuple(row[: len(by)]): tuple(row[len(by) :]) for row in answer(asked)["rows"]}
    for key in expected:
        members = {**where, **{name: code for name, code in zip(by, key, strict=True) if code is not None}}
        month = members.pop("month", None)
        cell = asked["scope"] | {"members": members} | ({"months": [month, month]} if month else {})
        cells = tuple(
            rounded(count, SECRET, cell | {"measure": measure})
            for measure, count in (("new", expected[key]), ("opened", opened[key]))
        )
        assert shown.pop(key, (None, None)) == cells
    assert not shown


def test_a_cell_is_the_same_however_it_is_asked_for(facts: Path) -> None:
    """Else asking again in other words would average the noise away."""
    divided = {tuple(row[:2]): row[2:] for row in answer(question(facts, ["month", "kind"]))["rows"]}
    for month, kind in product(MONTHS, KINDS):
        ways = [
            answer(question(facts, [], {"month": month, "kind": kind})),
            answer(question(facts, [], {"kind": kind, "month": month}, months=["2026-10", "2026-12"])),
        ]
        for said in ways:
            assert said["rows"] == ([divided[month, kind]] if (month, kind) in divided else [])


def test_nothing_is_exact_nor_below_ten() -> None:
    names = [{"cell": number} for number in range(4_000)]
    for count in (1, 4, 9, 12, 100):
        shown = [rounded(count, SECRET, name) for name in names]
        assert all(one is None or (one >= LEAST and one % BASE == 0) for one in shown)
        assert [rounded(count, SECRET, name) for name in names] == shown, "asked again"
    assert {rounded(0, SECRET, name) for name in names} == {None}
    hundreds = [one for name in names if (one := rounded(100, SECRET, name)) is not None]
    assert abs(sum(hundreds) / len(hundreds) - 100) < 0.3, "moved in either direction alike"
    assert sum(rounded(3, SECRET, name) is not None for name in names) < 0.05 * len(names)


def test_a_figure_says_of_no_count_what_it_is_not() -> None:
    """Rounding alone puts 20 between 18 and 22: an exact total of 19 beside it would give a 1 away."""
    names = [{"cell": number} for number in range(20_000)]
    behind = {count for count in range(1, 40) if any(rounded(count, SECRET, name) == 20 for name in names)}
    assert behind >= set(range(10, 31))


def test_the_mean_over_every_cut_still_errs() -> None:
    """Were nothing left out as small, the best that can be made of a year's cuts by each way of dividing them."""
    shown = [rounded(1_000, SECRET, {"cell": number}) or 0 for number in range(20_000)]
    error = sum((one - 1_000) ** 2 for one in shown) / len(shown)
    spans = [range(at, at + length) for length in _LENGTHS for at in range(0, 12, length)]
    error *= _left([[month in span for month in range(12)] for span in spans])
    for source, sizes in (("signals", (8, 10, 11)), ("takedowns", (8, 6, 4, 11, 3, 10))):
        best = error * math.prod(_left([*np.eye(size), np.ones(size)]) for size in sizes)
        assert best**0.5 > 1.7, source


def _left(sums: Sequence[Any]) -> float:
    """What is left of the error of one number when so many sums of it and others are known (least squares)."""
    matrix = np.array(sums, dtype=float)
    return float(np.linalg.inv(matrix.T @ matrix)[0, 0])


def test_another_hub_moves_otherwise() -> None:
    names = [{"cell": number} for number in range(100)]
    other = SECRET[::-1]
    assert [rounded(50, SECRET, name) for name in names] != [rounded(50, other, name) for name in names]


def test_the_rows_are_to_be_had_as_parquet(facts: Path) -> None:
    asked = question(facts, ["kind", "category"])
    rows = answer(asked)["rows"]
    read = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [asked["parquet"]])
    assert [column[0] for column in read.description or ()] == ["kind", "category", "new", "opened"]
    assert [[*row] for row in read.fetchall()] == rows


def test_too_many_rows_are_refused(facts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ROWS", 3)
    assert "3 are the most" in answer(question(facts, ["kind", "category"]))["refused"]


def test_it_runs_apart_from_the_hub(facts: Path) -> None:
    """Isolated: neither the environment nor the working directory decides what it imports."""
    asked = question(facts, ["kind"])
    command = [sys.executable, "-I", str(Path(counting.__file__))]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == answer(asked)
    facts.unlink()
    assert subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False).returncode
