"""What the name of a place means, as people type it: with and without tones, with old names. A tie is never guessed."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple, TypeVar

from core.campaigns import provinces
from core.campaigns.places.communes import former, register
from core.errors import Conflict
from core.folding import fold
from core.wire.common import FieldError
from core.wire.places import Commune, CommuneMatch, NameMatch, Province

_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_PROVINCE_WORD = re.compile(r"^(?:thanh pho|tinh|tp\.?|t\.)\s+|\s+(?:city|province)$")
_KIND_WORDS = {
    "phuong": "ward",
    "p": "ward",
    "ward": "ward",
    "xa": "commune",
    "x": "commune",
    "commune": "commune",
    "dac khu": "special_zone",
    "thi tran": "township",
    "tt": "township",
}
_KIND = re.compile(rf"^({'|'.join(_KIND_WORDS)})(?:\.\s*|\s+)(.+)$")
_CLOSE = 5
"""Most spellings that are offered."""
T = TypeVar("T")


class ProvinceMeant(NamedTuple):
    """A province by name."""

    code: str
    former: str | None
    """The name that it had before July 2025, folded, when that was said: only a part of today's province is meant."""


def spelt(text: str) -> str:
    """The key under which two spellings of one name meet: oà and òa, ’ and ', capitals, spaces. Tones count."""
    words = unicodedata.normalize("NFD", text.replace("’", "'").casefold()).split()
    marked = (_TONES.sub("", word) + "".join(sorted(_TONES.findall(word))) for word in words)
    return unicodedata.normalize("NFC", " ".join(marked))


def folded(text: str) -> str:
    """The same without tones, and without hyphens."""
    return " ".join(fold(text.replace("’", "'")).replace("-", " ").split())


def _marked(name: str) -> bool:
    return fold(name) != name.casefold()


def province(name: str) -> ProvinceMeant | None:
    """The province that a name, code or old name means."""
    key = _bare_province(name)
    if key.isdecimal():
        key = key.zfill(2)
        return ProvinceMeant(key, None) if key in _province_codes().values() else None
    if code := _province_codes().get(key):
        return ProvinceMeant(code, None)
    if code := _former_provinces().get(key):
        return ProvinceMeant(code, key)
    return None


def like_province(name: str) -> list[Province]:
    """Provinces that are spelt like `name`."""
    keys = get_close_matches(_bare_province(name), list(_province_codes()), _CLOSE, 0.6)
    codes = dict.fromkeys(_province_codes()[key] for key in keys)
    return [next(unit for unit in reversed(provinces.ALL) if unit.code == code) for code in codes]


def commune(name: str, day: date, within: ProvinceMeant | None = None, *, spelling: bool = True) -> CommuneMatch:
    """What `name` means on `day`: by its tones, without them, as a former unit, or only what is spelt like it.

    To look for the last in the whole country takes 30 ms; `spelling` False leaves it out.
    """
    units = [unit for unit in _index().current.get(folded(name), ()) if _fits(unit, within, day)]
    kind, bare = _kind(name)
    if kind:
        units += [unit for unit in _index().current.get(folded(bare), ()) if _fits(unit, within, day)]
    exact = [unit for unit in units if spelt(unit.name) in (spelt(name), spelt(bare))]
    # Typed without any mark, Thanh An may be Thạnh An as well.
    if exact and (_marked(name) or len(exact) == len(units)):
        return _answer(NameMatch.EXACT, _of_kind(exact, kind))
    heirs, toned = _heirs(bare, kind, within, day)
    # With its tones an old name says more than today's name that is like it but for the tones.
    if units and not (heirs and toned):
        return _answer(NameMatch.FOLDED, _of_kind(units, kind))
    if heirs:
        return _answer(NameMatch.FORMER, heirs)
    close = _close(bare, within, day) if spelling else []
    return CommuneMatch(NameMatch.SPELLING if close else NameMatch.NONE, None, tuple(close))


def match(name: str, province_name: str | None, day: date) -> CommuneMatch:
    """The same for a province by its name. Raises `Conflict` for one that is not known."""
    within = province(province_name) if province_name else None
    if province_name and within is None:
        like = ", ".join(f"{unit.name.vi} ({unit.code})" for unit in like_province(province_name))
        detail = f"No province is called {province_name!r}." + (f" Like it: {like}." if like else "")
        raise Conflict("Name the province otherwise.", errors=[FieldError("/province", "unknown_province", detail)])
    return commune(name, day, within)


def _answer(match: NameMatch, found: Sequence[Commune]) -> CommuneMatch:
    units = tuple({unit.code: unit for unit in found}.values())
    return CommuneMatch(match, units[0].code if len(units) == 1 else None, units)


def _fits(unit: Commune, within: ProvinceMeant | None, day: date) -> bool:
    if register().at(unit.code, day) is not unit:
        return False
    if within is None:
        return True
    if within.former and within.former not in _index().came_from.get(unit.code, ()):
        return False
    return unit.province == within.code


def _of_kind(units: list[Commune], kind: str | None) -> list[Commune]:
    """Those of the kind that was said, if there are any: a commune may have become a ward since."""
    return [unit for unit in units if unit.kind == kind] or units


def _heirs(name: str, kind: str | None, within: ProvinceMeant | None, day: date) -> tuple[list[Commune], bool]:
    """Units in force that came out of former ones of this name, and whether its tones were theirs.

    Where most of a former one went comes first.
    """
    olds = _index().former.get(folded(name), [])
    if within is not None:
        olds = [old for old in olds if within.former in (None, _bare_province(old.province))]
    toned = [old for old in olds if _marked(name) and spelt(old.name) == spelt(name)]
    olds = toned or olds
    olds = [old for old in olds if old.kind == kind] or olds
    heirs = _in_turn(old.successors for old in olds)
    codes = (now for code in heirs for now in sorted(register().become(code, _FIRST, day)))
    units = (unit for code in codes if (unit := register().at(code, day)))
    return [unit for unit in units if within is None or unit.province == within.code], bool(toned)


def _close(name: str, within: ProvinceMeant | None, day: date) -> list[Commune]:
    keys = _index().names_in(within.code) if within else list(_index().current)
    found = get_close_matches(folded(name), keys, _CLOSE, 0.7)
    units = (unit for key in found for unit in _index().current[key])
    place = ProvinceMeant(within.code, None) if within else None
    return [unit for unit in units if _fits(unit, place, day)][:_CLOSE]


def _in_turn(lists: Iterable[Sequence[T]]) -> list[T]:
    """The first of each, then the second of each, without repetition."""
    ranked = sorted(((place, one) for many in lists for place, one in enumerate(many)), key=lambda pair: pair[0])
    return list(dict.fromkeys(one for _, one in ranked))


def _kind(name: str) -> tuple[str | None, str]:
    """The kind that stands before a name, and the name without it."""
    found = _KIND.match(folded(name))
    if not found:
        return None, name
    # Cut the typed text at the same word: folding keeps words and their order.
    words = name.replace(".", ". ").split()
    rest = words[len(found[1].split()) :]
    return _KIND_WORDS[found[1]], " ".join(rest)


def _bare_province(name: str) -> str:
    return _PROVINCE_WORD.sub("", folded(name)).strip()


class _Index:
    """Names by their folded spelling."""

    def __init__(self) -> None:
        self.current = _grouped(register(), lambda unit: folded(unit.name))
        self.former = _grouped(former(), lambda old: folded(old.name))
        self.came_from: defaultdict[str, set[str]] = defaultdict(set)
        """Former provinces, folded, by the code of today's commune."""
        self._names: defaultdict[str, list[str]] = defaultdict(list)
        for old in former():
            for code in old.successors:
                self.came_from[code].add(_bare_province(old.province))
        for unit in register():
            self._names[unit.province].append(folded(unit.name))

    def names_in(self, province: str) -> list[str]:
        return self._names.get(province, [])


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


@cache
def _index() -> _Index:
    return _Index()


_FIRST = date(2025, 7, 1)
"""The day on which the former units ended."""


@cache
def _province_codes() -> dict[str, str]:
    names = ((unit, name) for unit in provinces.ALL for name in (unit.name.vi, unit.name.en) if name)
    return {_bare_province(name): unit.code for unit, name in names} | _SHORT


_SHORT = {"hcm": "79", "hcmc": "79", "tphcm": "79", "tp.hcm": "79", "sai gon": "79", "thua thien hue": "46"}
"""Other names in use for the same unit."""


@cache
def _former_provinces() -> dict[str, str]:
    """Today's province by the folded name of one that was merged into it."""
    return {
        _bare_province(old.province): known[0].province
        for old in former()
        if (known := register().known(old.successors[0]))
    }
