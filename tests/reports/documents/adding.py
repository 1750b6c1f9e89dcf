"""Adds a report up again, from its file and the standard library alone: `python adding.py report.json`.

What it knows is what the file says: a total is a row that names no member; what is hidden is not known; what is not
there is zero.
"""

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

_TOTALS = ("Tổng số", "Total")
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


class _Page(HTMLParser):
    """Tables as lists of lines: texts as they stand in columns, behind whether it is a line of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[tuple[bool, list[str]]]] = []
        self._head, self._span = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag in ("thead", "tbody"):
            self._head = tag == "thead"
        elif tag == "tr":
            self.tables[-1].append((self._head, []))
        elif tag in ("th", "td"):
            self._span = int(dict(attrs).get("colspan") or 1)
            self.tables[-1][-1][1].extend([""] * self._span)

    def handle_endtag(self, tag: str) -> None:
        self._span = 0

    def handle_data(self, data: str) -> None:
        if self._span:
            self.tables[-1][-1][1][-self._span :] = [data] * self._span


def of_html(content: bytes) -> Iterator[Added]:
    """Figures by what stands beside and above them. What is no whole number is not known here."""
    page = _Page()
    page.feed(content.decode())
    for number, lines in enumerate(page.tables, 1):
        heads = [line for is_head, line in lines if is_head]
        # Of two lines of headings the one that is the same all over names the measure, and the other one members.
        across = heads[len(set(heads[0][1:])) == 1] if len(heads) == 2 else None
        rows: dict[Key, Cells] = {}
        for line in (line for is_head, line in lines if not is_head):
            for column, text in enumerate(line[1:], 1):
                labels = (line[0], across[column]) if across else (line[0],)
                key = tuple(None if label in _TOTALS else label for label in labels)
                figure = int(re.sub("[.,]", "", text)) if re.fullmatch("[0-9.,]+", text) else None
                rows[key] = (*rows.get(key, ()), figure)
        yield Added(f"table {number}", rows)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    tables = {".zip": of_csv, ".html": of_html}.get(path.suffix, of_json)(path.read_bytes())
    sys.exit("\n".join(str(one) for table in tables for one in contradictions(table)) or None)
