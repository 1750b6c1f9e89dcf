"""A sheet of activities as offices write them, with mistakes of 15 kinds whose places and meanings are known."""

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import xlsxwriter

from core.campaigns import provinces
from core.campaigns.places.communes import former, register
from core.folding import fold
from core.wire.places import Commune

NOW = date(2026, 11, 1)
HEADERS = (
    "Mã hoạt động", "Tên hoạt động", "Loại hình", "Ngày tổ chức", "Tỉnh/Thành phố", "Xã/Phường", "Địa điểm",
    "Số lớp", "Số người tham gia", "Lượt xem", "Mảng", "Minh chứng",
)  # fmt: skip
HEADER_ROW = 3
UNITS = register().standing(NOW)
WORDS = {"commune": "Xã", "ward": "Phường", "special_zone": "Đặc khu"}
PROVINCES = {unit.code: unit.name.vi for unit in provinces.ALL}
_NAMED = Counter((unit.province, fold(unit.name)) for unit in UNITS)
CLEAR = [unit for unit in UNITS if _NAMED[unit.province, fold(unit.name)] == 1]
"""Communes whose name says enough within their province."""


class Mistake(NamedTuple):
    row: int
    column: str
    code: str
    meant: str
    """The code of the commune or the name of the province that was meant; else empty."""


class Seeded(NamedTuple):
    rows: list[list[Any]]
    fixed: list[list[Any]]
    """The same without the mistakes."""
    mistakes: list[Mistake]

    @staticmethod
    def xlsx(rows: list[list[Any]]) -> bytes:
        out = io.BytesIO()
        with xlsxwriter.Workbook(out) as book:
            page, day = book.add_worksheet("Hoạt động"), book.add_format({"num_format": "dd/mm/yyyy"})
            page.write(0, 0, "Tổng hợp hoạt động")
            page.write_row(HEADER_ROW - 1, 0, HEADERS)
            for at, row in enumerate(rows, HEADER_ROW):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(at, column, cell)
                    else:
                        page.write(at, column, cell, day if isinstance(cell, datetime) else None)
        return out.getvalue()


def seeded(count: int, mistakes: int, seed: int = 7) -> Seeded:
    """`count` rows, of which `mistakes` have one each, as many of each kind."""
    dice = random.Random(seed)
    fixed = [_good(dice, number) for number in range(count)]
    rows = [list(row) for row in fixed]
    made, breaks = [], [*_of_places(dice), *_OF_CELLS]
    # Not the first: a repeated key has to have one to repeat.
    for place, at in enumerate(sorted(dice.sample(range(1, count), mistakes))):
        column, code, meant = breaks[place % len(breaks)](rows[at], fixed[at], fixed[0])
        made.append(Mistake(at + HEADER_ROW + 1, column, code, meant))
    return Seeded(rows, fixed, made)


def _good(dice: random.Random, number: int) -> list[Any]:
    unit = dice.choice(CLEAR)
    day = date(2025, 9, 1) + timedelta(days=dice.randrange(400))
    place: Any = dice.choice([f"{WORDS[unit.kind]} {unit.name}", unit.name, int(unit.code), unit.code])
    province: Any = dice.choice([PROVINCES[unit.province], int(unit.province), f"Tỉnh {PROVINCES[unit.province]}"])
    if number % 10 == 0:
        old, unit = dice.choice(_OLD)
        province, place = old.province, f"{_OLD_WORDS[old.kind]} {old.name}"
    return [
        f"HD-{number:05}",
        f"Tập huấn số {number}",
        dice.choice(["Tập huấn", "training", "TẬP  HUẤN", "Hội thảo"]),
        dice.choice([datetime(day.year, day.month, day.day), f"{day:%d/%m/%Y}", day.isoformat()]),  # noqa: DTZ001
        province,
        place,
        f"Trường số {number}",
        dice.randrange(40),
        dice.choice([1_200, "1.200", "1,200", "", 350.0]),
        0,
        dice.choice(["", "Tập huấn trường học", "media"]),
        dice.choice(["", "https://news.example/a", "https://news.example/a; https://news.example/b"]),
    ]


_OLD_WORDS = {"commune": "Xã", "ward": "Phường", "township": "Thị trấn"}


def _former() -> Iterator[tuple[Any, Commune]]:
    """Former communes under names that are no others in today's province, and what most of each went into."""
    heirs = [(old, register().at(old.successors[0], NOW)) for old in former()]
    met = Counter((heir.province, fold(old.name)) for old, heir in heirs if heir)
    for old, heir in heirs:
        if heir and met[heir.province, fold(old.name)] == 1 and not _NAMED[heir.province, fold(old.name)]:
            yield old, heir


_OLD = [(old, heir) for old, heir in _former() if len(old.successors) == 1]
_DIVIDED = [(old, heir) for old, heir in _former() if len(old.successors) > 1]


Break = Callable[[list[Any], list[Any], list[Any]], tuple[str, str, str]]


def _of_places(dice: random.Random) -> list[Break]:
    """Each spoils a row in one cell, and puts what was meant into the fixed one."""
    often = Counter(fold(unit.name) for unit in UNITS)
    known = Counter(fold(old.name) for old in former())
    rare = [unit for unit in CLEAR if often[fold(unit.name)] == 1 and not known[fold(unit.name)] and len(unit.name) > 7]
    ties = [unit for unit in UNITS if _NAMED[unit.province, fold(unit.name)] == 2]

    def place(row: list[Any], fixed: list[Any], unit: Commune, province: Any, name: Any) -> None:
        fixed[4:6] = [PROVINCES[unit.province], unit.code]
        row[4:6] = [province, name]

    def misspelt(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        unit = dice.choice(rare)
        place(row, fixed, unit, PROVINCES[unit.province], f"{unit.name[:-2]}zx")
        return "F", "unknown_commune", unit.code

    def toneless(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        unit = dice.choice(ties)
        place(row, fixed, unit, PROVINCES[unit.province], fold(unit.name))
        return "F", "several_communes", unit.code

    def elsewhere(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        unit = dice.choice(rare)
        place(row, fixed, unit, "Hà Nội" if unit.province != "01" else "Huế", f"{WORDS[unit.kind]} {unit.name}")
        return "F", "other_province", unit.code

    def code_elsewhere(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        unit = dice.choice(UNITS)
        place(row, fixed, unit, "Hà Nội" if unit.province != "01" else "Huế", int(unit.code))
        return "F", "other_province", unit.code

    def parted(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        old, unit = dice.choice(_DIVIDED)
        place(row, fixed, unit, old.province, f"{_OLD_WORDS[old.kind]} {old.name}")
        return "F", "several_successors", unit.code

    def province(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        unit = dice.choice([one for one in CLEAR if len(PROVINCES[one.province]) > 6])
        place(row, fixed, unit, PROVINCES[unit.province][:-1] + "z", unit.name)
        return "E", "unknown_province", PROVINCES[unit.province]

    return [misspelt, toneless, elsewhere, code_elsewhere, parted, province]


def _cell(at: int, value: Any, column: str, code: str) -> Break:
    def spoil(row: list[Any], fixed: list[Any], _: list[Any]) -> tuple[str, str, str]:
        row[at] = value
        return column, code, ""

    return spoil


def _repeated(row: list[Any], _: list[Any], first: list[Any]) -> tuple[str, str, str]:
    row[0] = first[0]
    return "A", "repeated", ""


_OF_CELLS = [
    _repeated,
    _cell(3, "31/02/2026", "D", "not_a_date"),
    _cell(3, "12/25/2025", "D", "not_a_date"),
    _cell(3, "30/06/2025", "D", "before_units"),
    _cell(1, "", "B", "missing"),
    _cell(2, "Liên hoan phim", "C", "unknown_kind"),
    _cell(8, "nhiều", "I", "not_a_count"),
    _cell(7, 1.5, "H", "not_a_count"),
    _cell(11, "xem trên báo", "L", "not_a_link"),
]
