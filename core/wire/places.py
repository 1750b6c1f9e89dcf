"""Provinces and communes: what a code meant, and when."""

import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Title

ProvinceCode = Annotated[str, Meta(pattern="^[0-9]{2}$", min_length=2, max_length=2)]
"""Official code of a province or centrally run city, with its leading zero; `GET /v1/provinces` lists them."""
CommuneCode = Annotated[str, Meta(pattern="^[0-9]{5}$", min_length=5, max_length=5)]


class UnitKind(StrEnum):
    """What a unit is: city and province of the first level; commune (xã), ward (phường), special zone of the second."""

    CITY = "city"
    PROVINCE = "province"
    COMMUNE = "commune"
    WARD = "ward"
    SPECIAL_ZONE = "special_zone"


class Province(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit of the first level, while it is or was in force under this code, name and kind."""

    code: ProvinceCode
    name: Title
    kind: UnitKind
    valid_from: datetime.date
    valid_to: datetime.date | None
    """The first day on which it no longer holds; null while it does."""
    source: str
    """The decision that says so."""


class Provinces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provinces: tuple[Province, ...]


class Commune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit of the second level, while it is or was in force under this code, name and kind."""

    code: CommuneCode
    name: str
    """Vietnamese, without the word for its kind."""
    kind: UnitKind
    province: ProvinceCode
    valid_from: datetime.date
    valid_to: datetime.date | None
    """The first day on which it no longer holds; null while it does."""
    decree: str
    """The decision that says so."""
    predecessors: tuple[CommuneCode, ...]
    """Codes of the units that went into it, wholly or in part, in force until `valid_from`."""


class CommunePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    communes: tuple[Commune, ...]
    next: str | None
    """The `after` of the next page; null on the last."""


class NameMatch(StrEnum):
    """How a name was understood."""

    EXACT = "exact"
    """With its tone marks."""
    FOLDED = "folded"
    """Without them."""
    FORMER = "former"
    """As a unit of before July 2025, which went into the one that is meant."""
    SPELLING = "spelling"
    """Not at all; these are spelt most like it."""
    NONE = "none"


class CommuneMatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a name means."""

    match: NameMatch
    meant: CommuneCode | None
    """Null when several fit equally well, or none does: nothing is guessed."""
    candidates: tuple[Commune, ...]
    """The likeliest first."""
