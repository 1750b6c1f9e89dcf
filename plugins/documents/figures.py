"""Figures, days and times as people read them in Vietnamese and in English."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from core.sdk import Cell, Language, Unit, Words

TEMPLATES = Path(__file__).parent / "templates"


class Kind(StrEnum):
    """How a figure is set."""

    SHOWN = "shown"
    ZERO = "zero"
    HIDDEN = "hidden"
    NONE = "none"
    """There is nothing that it could be computed of."""


class Figure(msgspec.Struct, frozen=True):
    text: str
    kind: Kind = Kind.SHOWN


HIDDEN = Figure("…", Kind.HIDDEN)
NONE = Figure("–", Kind.NONE)
# Not of `calendar`, which speaks the machine's language.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@cache
def words(language: Language) -> dict[str, Any]:
    """What pages say besides the document's own words: text by name, and `notes`, a list."""
    said: dict[str, dict[str, Any]] = msgspec.json.decode((TEMPLATES / "words.json").read_bytes())
    return said[language]


def word(of: Words, language: Language) -> str:
    return of.vi if language is Language.VI else of.en


def told(of: Words, language: Language) -> str:
    """As it is printed: composed letters, nothing that is not seen or that turns its line around."""
    text = re.sub("\r\n?", "\n", unicodedata.normalize("NFC", word(of, language)))
    return "".join(one for one in text if one == "\n" or unicodedata.category(one)[0] != "C")


def figure(cell: Cell, unit: Unit, language: Language) -> Figure:
    """A cell of a document. Nothing is rounded: a document holds what is shown."""
    if cell is None:
        return HIDDEN
    if unit is Unit.SECONDS and isinstance(cell, int):
        return Figure(duration(cell, language))
    whole, _, part = str(cell).partition(".")
    # The sign of -0.5 is the text's, for that of its whole part is lost.
    sign = "−" if whole.startswith("-") else ""
    text = sign + grouped(abs(int(whole)), language)
    if part:
        text += ("," if language is Language.VI else ".") + part
    return Figure(text + ("%" if unit is Unit.PERCENT else ""), Kind.SHOWN if Decimal(cell) else Kind.ZERO)


def grouped(number: int, language: Language) -> str:
    """1391060 as 1.391.060 in Vietnamese, 1,391,060 in English."""
    text = f"{number:,}"
    return text.replace(",", ".") if language is Language.VI else text


def duration(seconds: int, language: Language) -> str:
    """Its two largest units: `2 d 4 h`."""
    said = words(language)
    parts: list[tuple[int, str]] = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append((number, said[name]))
    # A no-break space holds a number and its unit together.
    return " ".join(f"{number}\u00a0{name}" for number, name in parts[:2] if number) or f"0\u00a0{said['second']}"


def day(of: date, language: Language) -> str:
    return f"{of:%d/%m/%Y}" if language is Language.VI else f"{of.day} {_MONTHS[of.month - 1]} {of.year}"


def moment(of: datetime, zone: str, language: Language) -> str:
    """To the minute, by the clocks of `zone`."""
    there = of.astimezone(ZoneInfo(zone))
    return f"{there:%H:%M}, {day(there.date(), language)}"
