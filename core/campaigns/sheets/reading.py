"""From the rows of a sheet to activities, with a note on every cell that cannot be read or had to be understood."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from core.campaigns import provinces, strands
from core.campaigns.places import names
from core.campaigns.places.communes import register
from core.campaigns.sheets import cellwise
from core.campaigns.sheets.columns import FAULTS, KINDS, Layout, letter, plain
from core.campaigns.sheets.opening import Cell
from core.edge import field_error
from core.wire.campaigns import ActivityIn, ActivityKind
from core.wire.places import Commune, NameMatch
from core.wire.sheets import CellNote, Suggestion

_FIRST = date(2025, 7, 1)
"""The first day of today's units."""
_MOST = 100_000_000_000
_COUNTS = ("sites", "classes", "participants", "views")
_STRANDS = {
    plain(word): slug for slug, strand in strands.ALL.items() for word in (slug, strand.name.vi, strand.name.en or slug)
}


class ReadRow(NamedTuple):
    number: int
    activity: ActivityIn | None
    """None when the row has faults."""
    faults: tuple[CellNote, ...]
    notes: tuple[CellNote, ...]


class Reader:
    """Reads the rows of one sheet, in their order: a row may repeat one above."""

    def __init__(self, layout: Layout, kind: ActivityKind | None) -> None:
        self._layout = layout
        self._kind = kind
        self._keys: set[str] = set()

    def read(self, number: int, cells: Sequence[Cell]) -> ReadRow:
        reading = _Row(self._layout, number, cells)
        activity = reading.activity(self._kind)
        if activity is not None and activity.external_id in self._keys:
            reading.fault("external_id" if "external_id" in self._layout.fields else "title", "repeated")
        if activity is not None and activity.external_id is not None:
            self._keys.add(activity.external_id)
        faults = tuple(reading.faults)
        return ReadRow(number, None if faults else activity, faults, () if faults else tuple(reading.notes))


class _Row:
    def __init__(self, layout: Layout, number: int, cells: Sequence[Cell]) -> None:
        self._layout = layout
        self._number = number
        self._cells = cells
        self.faults: list[CellNote] = []
        self.notes: list[CellNote] = []

    def cell(self, field: str) -> Cell:
        at = self._layout.fields.get(field)
        return self._cells[at] if at is not None and at < len(self._cells) else ""

    def text(self, field: str) -> str:
        return cellwise.text(self.cell(field))

    def fault(self, field: str, code: str, *suggestions: Suggestion) -> None:
        self.faults.append(self._note(field, code, suggestions))

    def _note(self, field: str, code: str, suggestions: Sequence[Suggestion]) -> CellNote:
        at = self._layout.fields.get(field)
        return CellNote(
            row=self._number,
            column="" if at is None else letter(at),
            header="" if at is None else self._layout.headers[at][:300],
            code=code,
            value=self.text(field)[:300],
            text=FAULTS[code],
            suggestions=tuple(suggestions),
        )

    def activity(self, kind: ActivityKind | None) -> ActivityIn | None:
        """The activity, or None after noting at least one fault."""
        day = self._day()
        found: dict[str, Any] = {
            "kind": self._kind(kind),
            "date": day,
            "place": self._place(day) | {"venue": self.text("venue") or None},
            "audience": {field: self._count(field) for field in _COUNTS},
            "strand": self._strand(),
            "evidence": self._evidence(),
            "title": self.text("title"),
            "organiser": self.text("organiser") or None,
        }
        if not found["title"]:
            self.fault("title", "missing")
        if self.faults:
            return None
        found["external_id"] = self.text("external_id") or _key(found)
        try:
            return msgspec.convert(found, ActivityIn)
        except msgspec.ValidationError as exc:
            field = field_error(exc).pointer.rpartition("/")[2]
            self.fault(field if field in self._layout.fields else "title", "too_long")
            return None

    def _day(self) -> date | None:
        cell = self.cell("date")
        day = cellwise.day(cell)
        if self.text("date") == "":
            self.fault("date", "missing")
        elif day is None:
            other = cellwise.other_day(cell)
            shown = (_suggested(f"{other:%d/%m/%Y}", other.isoformat()),) if other else ()
            self.fault("date", "not_a_date", *shown)
        elif day < _FIRST:
            self.fault("date", "before_units")
            return None
        return day

    def _kind(self, default: ActivityKind | None) -> ActivityKind | None:
        written = self.text("kind")
        if not written:
            if default is None:
                self.fault("kind", "missing")
            return default
        found = KINDS.get(plain(written))
        if found is None:
            self.fault("kind", "unknown_kind", *(_suggested(kind.value, kind.value) for kind in ActivityKind))
        return found

    def _strand(self) -> str | None:
        written = plain(self.text("strand"))
        slug = _STRANDS.get(written)
        if written and slug is None:
            every = (_suggested(slug, strand.name.vi) for slug, strand in strands.ALL.items())
            self.fault("strand", "unknown_strand", *every)
        return slug

    def _evidence(self) -> list[dict[str, str]]:
        found = cellwise.links(self.cell("evidence"))
        if any(not link.startswith(("http://", "https://")) or len(link) > 2_000 for link in found):
            self.fault("evidence", "not_a_link")
        return [{"url": link} for link in found]

    def _count(self, field: str) -> int:
        found = cellwise.count(self.cell(field))
        if found is None:
            self.fault(field, "not_a_count")
        elif found > _MOST:
            self.fault(field, "too_many")
        return found or 0

    def _place(self, day: date | None) -> dict[str, str | None]:
        # What is wrong with the day is said already; the place can be read as of now.
        when, said = day or date.max, len(self.faults)
        province = self._province()
        unit = self._by_code(when, province) if self.text("commune_code") else self._by_name(when, province)
        if unit is not None:
            return {"province": unit.province, "commune": unit.code}
        if province is None and len(self.faults) == said:
            self.fault("province", "missing")
        return {"province": province.code if province else "", "commune": None}

    def _province(self) -> names.ProvinceMeant | None:
        written = self.text("province")
        found = names.province(written) if written else None
        if written and found is None:
            like = (_suggested(unit.name.vi, unit.code) for unit in names.like_province(written))
            self.fault("province", "unknown_province", *like)
        return found

    def _by_code(self, day: date, province: names.ProvinceMeant | None) -> Commune | None:
        code = cellwise.code(self.cell("commune_code"))
        unit = register().at(code, day) if code else None
        name = self.text("commune")
        named = names.commune(name, day, province, spelling=province is not None) if name else None
        if unit is None:
            self.fault("commune_code", "unknown_commune", *_units(named.candidates if named else ()))
        elif self._elsewhere(unit, province):
            self.fault("commune_code", "other_province", *_units((*(named.candidates if named else ()), unit)))
        elif (
            named and named.match is not NameMatch.SPELLING and unit.code not in {one.code for one in named.candidates}
        ):
            self.fault("commune_code", "code_and_name", *_units((*named.candidates, unit)))
        return unit

    def _by_name(self, day: date, province: names.ProvinceMeant | None) -> Commune | None:
        written = self.text("commune")
        if not written:
            return None
        if code := cellwise.code(self.cell("commune")):
            unit = register().at(code, day)
            if unit is None:
                self.fault("commune", "unknown_commune")
            elif self._elsewhere(unit, province):
                self.fault("commune", "other_province", *_units((unit,)))
            return unit
        if province is None and self.text("province"):
            # Said already of the province; any commune of the name would be a guess.
            return None
        found = names.commune(written, day, province, spelling=province is not None)
        unit = register().at(found.meant, day) if found.meant else None
        if unit is None:
            self._unclear(written, found.match, found.candidates, province, day)
        elif found.match is not NameMatch.EXACT:
            code = "former_name" if found.match is NameMatch.FORMER else "without_tones"
            self.notes.append(self._note("commune", code, list(_units((unit,)))))
        return unit

    def _unclear(
        self,
        written: str,
        match: NameMatch,
        candidates: Sequence[Commune],
        province: names.ProvinceMeant | None,
        day: date,
    ) -> None:
        if match in (NameMatch.EXACT, NameMatch.FOLDED):
            self.fault("commune", "several_communes", *_units(candidates))
            return
        if match is NameMatch.FORMER:
            self.fault("commune", "several_successors", *_units(candidates))
            return
        elsewhere = names.commune(written, day, spelling=False) if province else None
        if elsewhere and elsewhere.match is NameMatch.EXACT:
            self.fault("commune", "other_province", *_units(elsewhere.candidates))
            return
        self.fault("commune", "unknown_commune", *_units(candidates))

    @staticmethod
    def _elsewhere(unit: Commune, province: names.ProvinceMeant | None) -> bool:
        return province is not None and unit.province != province.code


def _key(found: dict[str, Any]) -> str:
    """The name of an activity in a sheet that gives none: the same for what is told again with other numbers."""
    place = found["place"]
    told = (found["kind"], found["title"], found["date"], place["province"], place["commune"], place["venue"])
    return "sheet:" + hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def _suggested(value: str, text: str) -> Suggestion:
    return Suggestion(value=value, text=text)


def _units(units: Sequence[Commune]) -> list[Suggestion]:
    """Communes to choose from, by their codes."""
    return [
        _suggested(unit.code, f"{_WORD[unit.kind]} {unit.name} ({provinces.name(unit.province)}), {unit.decree}")
        for unit in dict.fromkeys(units)
    ][:10]


_WORD = {"commune": "Xã", "ward": "Phường", "special_zone": "Đặc khu"}
