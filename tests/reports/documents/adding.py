"""Adds a report up again, from its file and the standard library alone: `python adding.py report.json`.

What it knows is what the file says: a total is a row that names no member; what is hidden is not known; what is not
there is zero.
"""

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

Key = tuple[str | None, ...]
Cells = tuple[int | None, ...]


class Added(NamedTuple):
    """Figures of one table that add up, by the members that they are of."""

    name: str
    rows: dict[Key, Cells]


def contradictions(table: Added) -> Iterator[tuple[str, Key, int]]:
    """Totals that are not what their parts come to: table, row, column."""
    for place in range(len(next(iter(table.rows), ()))):
        parts: dict[Key, list[Cells]] = {}
        for key, cells in table.rows.items():
            if key[place] is not None:
                parts.setdefault((*key[:place], None, *key[place + 1 :]), []).append(cells)
        for key, totals in table.rows.items():
            for column, total in enumerate(totals if key[place] is None else ()):
                known = [total, *(cells[column] for cells in parts.get(key, []))]
                if None not in known and sum(one or 0 for one in known[1:]) != total:
                    yield table.name, key, column


def of_json(content: bytes) -> Iterator[Added]:
    for section in json.loads(content)["sections"]:
        for table in section["tables"]:
            kept = [at for at, measure in enumerate(table["measures"]) if measure["additive"]]
            rows = {tuple(row["key"]): tuple(row["cells"][at] for at in kept) for row in table["rows"]}
            yield Added(f"{section['name']}/{table['name']}", rows)


def of_csv(content: bytes) -> Iterator[Added]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    for resource in json.loads(archive.read("datapackage.json"))["resources"]:
        fields = resource["schema"]["fields"]
        codes = [one["name"] for one in fields if "unit" not in one and one["name"][-3:] not in ("_vi", "_en")]
        figures = [one["name"] for one in fields if one.get("additive")]
        lines = csv.DictReader(io.StringIO(archive.read(resource["path"]).decode("utf-8-sig"), newline=""))
        rows = {
            tuple(line[code] or None for code in codes): tuple(
                None if line[name] == "…" else int(line[name]) for name in figures
            )
            for line in lines
        }
        if figures:
            yield Added(resource["path"].removesuffix(".csv"), rows)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    tables = (of_csv if path.suffix == ".zip" else of_json)(path.read_bytes())
    sys.exit("\n".join(str(one) for table in tables for one in contradictions(table)) or None)
