"""Communes by code: what a code meant on a day, and what became of it."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from core.campaigns import provinces
from core.wire.common import FieldError
from core.wire.places import Commune, CommuneCode, CommunePage

_DATA = files("core.campaigns").joinpath("data")


class Register:
    """Units by code and day."""

    def __init__(self, units: Iterable[Commune]) -> None:
        self._by_code: defaultdict[str, list[Commune]] = defaultdict(list)
        self._by_predecessor: defaultdict[str, list[Commune]] = defaultdict(list)
        for unit in units:
            self._by_code[unit.code].append(unit)
            for code in unit.predecessors:
                self._by_predecessor[code].append(unit)

    def __iter__(self) -> Iterator[Commune]:
        """Every unit that ever was in force, by code and then by time."""
        return (unit for code in sorted(self._by_code) for unit in self._by_code[code])

    def known(self, code: str) -> list[Commune]:
        """What the code ever stood for."""
        return self._by_code.get(code, [])

    def at(self, code: str, day: date) -> Commune | None:
        """What the code stands for on `day`."""
        return next((unit for unit in self.known(code) if provinces.holds(unit, day)), None)

    def standing(self, day: date, province: str | None = None) -> list[Commune]:
        """Every unit in force on `day`, ascending by code."""
        return [unit for unit in self if provinces.holds(unit, day) and province in (None, unit.province)]

    def become(self, code: str, then: date, now: date) -> frozenset[str]:
        """Codes in force on the later day `now` of what the code stood for on `then`; none when it was no unit."""
        unit = self.at(code, then)
        if unit is None or unit.valid_to is None or now < unit.valid_to:
            return frozenset([code] if unit else [])
        heirs = [heir for heir in self._by_predecessor[code] if heir.valid_from == unit.valid_to]
        return frozenset[str]().union(*(self.become(heir.code, heir.valid_from, now) for heir in heirs))


class Former(msgspec.Struct, frozen=True):
    """A unit of before July 2025."""

    code: str
    name: str
    kind: str
    district: str
    province: str
    successors: tuple[CommuneCode, ...]
    """What it went into; where most of it went comes first."""


@cache
def register() -> Register:
    """What data/communes.csv says. Read at first use: a hub without activities does not pay for it."""
    return Register(msgspec.convert(row, Commune, strict=False) for row in _rows("communes.csv", "predecessors"))


@cache
def former() -> tuple[Former, ...]:
    """What data/former.csv says."""
    return tuple(msgspec.convert(row, Former) for row in _rows("former.csv", "successors"))


def _rows(name: str, codes: str) -> Iterator[dict[str, Any]]:
    lines = _DATA.joinpath(name).read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        yield {key: value or None for key, value in row.items()} | {codes: tuple(row[codes].split())}


def page(day: date, province: str | None, after: str, limit: int) -> CommunePage:
    """Units in force on `day`, ascending by code, those behind `after`."""
    units = [unit for unit in register().standing(day, province) if unit.code > after]
    return CommunePage(communes=tuple(units[:limit]), next=units[limit - 1].code if len(units) > limit else None)


def fault(province: str, commune: str | None, day: date, pointer: str) -> FieldError | None:
    """What is wrong with a place on a day, `pointer` being that of the place; None when nothing is."""
    wrong = provinces.fault(province, day)
    if wrong:
        return FieldError(f"{pointer}/province", "unknown_province", wrong)
    if commune is None:
        return None
    unit = register().at(commune, day)
    if unit is None:
        return FieldError(f"{pointer}/commune", "unknown_commune", _unknown(commune, day))
    if unit.province != province:
        text = f"{commune} is {unit.name} in the province {unit.province}, not {province}."
        return FieldError(f"{pointer}/commune", "other_province", text)
    return None


def _unknown(code: str, day: date) -> str:
    units = register().known(code)
    if not units:
        return f"No commune has the code {code}; GET /v1/communes lists them."
    spans = ", ".join(f"from {one.valid_from}" + (f" to {one.valid_to}" if one.valid_to else "") for one in units)
    return f"On {day} the code {code} stood for no commune; it does {spans}."
