"""Provinces and centrally run cities: which code meant which unit, and when."""

from datetime import date
from importlib.resources import files

import msgspec

from core.errors import InvalidQuery
from core.wire.common import FieldError
from core.wire.places import Commune, Province


class _File(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    units: tuple[Province, ...]


ALL = msgspec.json.decode(files("core.campaigns").joinpath("data/provinces.json").read_bytes(), type=_File).units
_BY_CODE = {code: [unit for unit in ALL if unit.code == code] for code in {unit.code for unit in ALL}}


def fault(code: str, day: date) -> str | None:
    """Why `code` names no unit on `day`, as a sentence for the submitter; None when it names one."""
    units = _BY_CODE.get(code, [])
    if not units:
        return f"No province has the code {code}; GET /v1/provinces lists them."
    if any(holds(unit, day) for unit in units):
        return None
    spans = ", ".join(f"from {unit.valid_from}" + (f" to {unit.valid_to}" if unit.valid_to else "") for unit in units)
    return f"On {day} the code {code} did not stand for this unit; it does {spans}."


def require(code: str | None, day: date | None = None) -> None:
    """Raises `InvalidQuery` for a filter by a code that names no unit: on `day`, or never did."""
    if code is None:
        return
    if wrong := fault(code, day) if day else (None if code in _BY_CODE else fault(code, date.max)):
        raise InvalidQuery([FieldError("/province", "unknown_province", wrong)])


def holds(unit: Province | Commune, day: date) -> bool:
    """Whether a unit is in force on `day`."""
    return unit.valid_from <= day and (unit.valid_to is None or day < unit.valid_to)


def name(code: str) -> str:
    """The Vietnamese name of a known province."""
    return _BY_CODE[code][-1].name.vi
