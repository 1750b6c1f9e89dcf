"""The program that counts an ad-hoc cut: it reads a question in JSON on standard input, and says rounded rows.

A process of its own with little to spend, for questions that nobody has tried before. Exact counts stay in it: what it
says has been moved at random and rounded. Nothing of the hub is imported here.

2026-11-22: rounding alone, to 5 and nothing below 10, would take the cover off reports: a cell that a report hides to
protect another is known to within 2 by a cut, and 19 less somewhere between 18 and 22 is 1. So each cell is first moved
by a whole number that only the hub's secret knows, of either sign, 2 on average and without a bound to speak of: no
cut says of any cell what it is not. The same cell is moved by the same number whenever it is asked for, and whoever
takes the mean over every cut that there is still errs by 1.8 in either direction. We gave up columns that add up. Held
by tests/reports/test_counting.py.
"""

import csv
import hashlib
import hmac
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

try:
    import resource
except ImportError:  # Windows knows no such limits; time is limited from outside as well.
    resource = None  # type: ignore[assignment]

BASE = 5
LEAST = 10
"""Less is not shown."""
MOST_ROWS = 10_000
_MEMORY = 2_000_000_000
"""Bytes of addresses, of which DuckDB reserves more than it uses."""
_SECONDS = 20
_NICE = 10
_NULL = r"\N"
"""In files, so that an empty member stays one: NULL means all of them together."""
_FORM = f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n', nullstr = '{_NULL}'"
"""As the module `csv` writes; what DuckDB makes out for itself depends on what stands in the first rows."""
_GOES_ON = 171
"""Of 256: with a chance of two thirds a cell is moved by one more."""

Row = list[str | int | None]


def main() -> None:
    with suppress(AttributeError, OSError):
        os.nice(_NICE)
    if resource is not None:
        for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(limit, (most, most))
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """`rows`: members of `by` (None: all of them together), then a number for each measure (None: below 10).

    Rows without a number are left out: nobody learns from what is missing whether there was none or few. The rows are
    also written to the file `parquet`.
    """
    import duckdb  # noqa: PLC0415  (for those who import this module to test what is below)

    by, measures = question["by"], question["measures"]
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as session:
        _load(session, question["facts"])
        rows = [
            row
            for found in session.execute(*_query(question)).fetchall()
            if (row := _shown(found, question)) is not None
        ]
        if len(rows) > MOST_ROWS:
            return {"refused": f"The cut has {len(rows)} rows; {MOST_ROWS} are the most. Ask for fewer dimensions."}
        _write(session, by, measures, rows, question["parquet"])
    return {"rows": rows}


def _load(session: Any, path: str) -> None:
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123  (nothing is imported but what it needs)
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in next(csv.reader(file)))
    read = f"read_csv(?, header = true, columns = {{{columns}}}, {_FORM})"
    session.execute(f"CREATE TABLE fact AS SELECT * FROM {read}", [path])  # noqa: S608  (the hub's own names)


def _query(question: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Names are the hub's own, from a closed list; values are bound."""
    by, where = question["by"], question["where"]
    sums = ", ".join(f'sum("{measure}"::BIGINT)::BIGINT' for measure in question["measures"])
    keys = "".join(f'"{name}", ' for name in by)
    held = " AND ".join(f'"{name}" = ?' for name in where) or "true"
    grouped = f" GROUP BY CUBE ({keys.rstrip(', ')})" if by else ""
    # The order of members, totals last, whatever the order of facts.
    order = f" ORDER BY {', '.join(f'{n} NULLS LAST' for n in range(1, len(by) + 1))}" if by else ""
    return f"SELECT {keys}{sums} FROM fact WHERE {held}{grouped}{order}", list(where.values())  # noqa: S608


def _shown(found: Sequence[Any], question: Mapping[str, Any]) -> Row | None:
    by, measures = question["by"], question["measures"]
    key, counts = found[: len(by)], found[len(by) :]
    members = question["where"] | {name: code for name, code in zip(by, key, strict=True) if code is not None}
    # One month of several is the same cell as that month asked for alone.
    month = members.pop("month", None)
    cell = question["scope"] | {"members": members} | ({"months": [month, month]} if month else {})
    secret = bytes.fromhex(question["secret"])
    cells = [
        rounded(count or 0, secret, cell | {"measure": measure})
        for measure, count in zip(measures, counts, strict=True)
    ]
    return None if all(cell is None for cell in cells) else [*key, *cells]


def rounded(count: int, secret: bytes, cell: Mapping[str, Any]) -> int | None:
    """What is shown of `count`; `cell` names what is counted, whichever way it was asked for."""
    moved = count + _shift(secret, cell)
    return None if count <= 0 or moved < LEAST else (moved + BASE // 2) // BASE * BASE


def _shift(secret: bytes, cell: Mapping[str, Any]) -> int:
    """Two-sided geometric, from a keyed digest of the cell's name."""
    name = json.dumps(cell, sort_keys=True).encode()
    sign, *dice = hmac.digest(secret, name, hashlib.sha256)
    size = next((at for at, die in enumerate(dice) if die >= _GOES_ON), len(dice))
    return size if sign % 2 else -size


def _write(session: Any, by: Sequence[str], measures: Sequence[str], rows: Sequence[Row], path: str) -> None:
    # By way of a file: row by row DuckDB takes three milliseconds for each.
    listed = f"{path}.csv"
    with open(listed, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        csv.writer(file).writerows([_NULL if cell is None else cell for cell in row] for row in rows)
    columns = ", ".join([*(f"'{name}': 'VARCHAR'" for name in by), *(f"'{name}': 'BIGINT'" for name in measures)])
    read = f"read_csv(?, header = false, columns = {{{columns}}}, {_FORM})"
    quoted = path.replace("'", "''")
    session.execute(f"COPY (SELECT * FROM {read}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)", [listed])  # noqa: S608


if __name__ == "__main__":
    main()
