"""What partners posted, as a reader may see it: rows of `taxii_object`, each of them through `visible()`."""

from collections import defaultdict
from collections.abc import Collection as Some
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, false, or_, select, true
from sqlalchemy.sql import Select

from core.auth.access import visible
from core.sdk import AMONG, Principal, Query
from plugins.taxii.collections import Eyes
from plugins.taxii.models import Micros, TaxiiObject
from plugins.taxii.reading.query import Filters


class Row(NamedTuple):
    """A version of an object that is not deleted."""

    position: int
    added: int
    id: str
    version: str
    type: str
    spec_version: str
    body: bytes
    partner: int
    signal: int | None
    covers: int | None
    revoked: bool


_COLUMNS: tuple[Any, ...] = (
    *(TaxiiObject.position, TaxiiObject.date_added, TaxiiObject.id, TaxiiObject.version, TaxiiObject.type),
    *(TaxiiObject.spec_version, TaxiiObject.bytes, TaxiiObject.partner, TaxiiObject.signal, TaxiiObject.covers),
    TaxiiObject.revoked,
)


async def window(eyes: Eyes, chosen: Filters, *, start: int, after: int, last: int, most: int) -> list[Row]:
    """The first `most` rows between two positions; of those that say themselves that they are revoked, such as came
    after `start`."""
    query = _window(eyes.principal, eyes.collection.name, chosen)
    found = await query.rows(eyes.session, start=start, after=after, last=last, most=most)
    return [*map(Row._make, found)]


@lru_cache(maxsize=256)
def _window(principal: Principal, collection: str, chosen: Filters) -> Query:
    start, after, last = (bindparam(name, type_=Micros) for name in ("start", "after", "last"))
    between = (TaxiiObject.position > after, TaxiiObject.position <= last, *_fitting(chosen))
    wanted = _seen(principal, collection).where(~TaxiiObject.revoked | (TaxiiObject.position > start), *between)
    return Query(wanted.order_by(TaxiiObject.position).limit(bindparam("most", type_=Micros)))


async def named(eyes: Eyes, chosen: Filters, ids: Some[str]) -> list[Row]:
    """Every row of these objects that fits; none that says itself that it is revoked."""
    wanted = _seen(eyes.principal, eyes.collection.name).where(
        ~TaxiiObject.revoked, *_fitting(chosen), TaxiiObject.id.in_(AMONG)
    )
    return [*map(Row._make, await Query(wanted).every(eyes.session, ids))]


async def newest(eyes: Eyes, ids: Some[str]) -> list[Row]:
    """The last version of each of these objects, for each of its posters."""
    found = await _newest(eyes.principal, eyes.collection.name).every(eyes.session, ids)
    return [*map(Row._make, found)]


@lru_cache(maxsize=256)
def _newest(principal: Principal, collection: str) -> Query:
    return Query(_seen(principal, collection).where(TaxiiObject.is_last, TaxiiObject.id.in_(AMONG)))


async def at(eyes: Eyes, positions: Some[int]) -> list[Row]:
    """The rows at these positions."""
    query = Query(_seen(eyes.principal, eyes.collection.name).where(TaxiiObject.position.in_(AMONG)))
    return [*map(Row._make, await query.every(eyes.session, positions))]


async def versions(eyes: Eyes, positions: Some[int]) -> dict[int, str]:
    """What the versions at these positions are called, deleted ones too."""
    return dict(await _versions(eyes.principal).every(eyes.session, positions))


@lru_cache(maxsize=256)
def _versions(principal: Principal) -> Query:
    named = select(TaxiiObject.position, TaxiiObject.version).where(visible(TaxiiObject, principal))
    return Query(named.where(TaxiiObject.position.in_(AMONG)))


class Posted(NamedTuple):
    """Whose a version is."""

    position: int
    id: str
    version: str
    spec_version: str
    partner: int
    signal: int | None


async def posted(eyes: Eyes, ids: Some[str]) -> list[Posted]:
    """Every version of these objects, in the order in which they came."""
    found = await _posted(eyes.principal, eyes.collection.name).every(eyes.session, ids)
    return sorted(map(Posted._make, found))


@lru_cache(maxsize=256)
def _posted(principal: Principal, collection: str) -> Query:
    columns = (
        *(TaxiiObject.position, TaxiiObject.id, TaxiiObject.version, TaxiiObject.spec_version),
        *(TaxiiObject.partner, TaxiiObject.signal),
    )
    there = (TaxiiObject.collection == collection, TaxiiObject.removed.is_(None), TaxiiObject.id.in_(AMONG))
    return Query(select(*columns).where(visible(TaxiiObject, principal), *there))


class Carried(NamedTuple):
    """That a partner posted an object for its claim on a signal."""

    position: int
    id: str
    covers: int | None
    is_last: bool
    """It is the newest version of its object."""
    revoked: bool
    removed: int | None

    @property
    def speaks(self) -> bool:
        return self.is_last and not self.revoked


Pair = tuple[int, int]
"""Of a claim: partner, row of its signal."""


async def carried(eyes: Eyes, signals: Some[int]) -> dict[Pair, list[Carried]]:
    """The objects, deleted ones too, that mean these signals, by the claims that they stand for."""
    found: dict[Pair, list[Carried]] = defaultdict(list)
    for partner, signal, *row in await _carried(eyes.principal, eyes.collection.name).every(eyes.session, signals):
        found[partner, signal].append(Carried(*row))
    return found


@lru_cache(maxsize=256)
def _carried(principal: Principal, collection: str) -> Query:
    flags = (TaxiiObject.is_last, TaxiiObject.revoked, TaxiiObject.removed)
    columns = (TaxiiObject.position, TaxiiObject.id, TaxiiObject.covers, *flags)
    of_these = (TaxiiObject.collection == collection, TaxiiObject.signal.in_(AMONG))
    wanted = select(TaxiiObject.partner, TaxiiObject.signal, *columns)
    return Query(wanted.where(visible(TaxiiObject, principal), *of_these))


def _seen(principal: Principal, collection: str) -> Select[Any]:
    there = (TaxiiObject.collection == collection, TaxiiObject.removed.is_(None))
    rows: Select[Any] = select(*_COLUMNS)
    return rows.where(visible(TaxiiObject, principal), *there)


def _fitting(chosen: Filters) -> list[ColumnElement[bool]]:
    """Without IN, which prepared queries keep for their own."""
    of_types = or_(false(), *[TaxiiObject.type == one for one in chosen.types or ()])
    of_specs = or_(false(), *[TaxiiObject.spec_version == one for one in chosen.spec_versions or ()])
    of_versions = or_(
        TaxiiObject.is_first if "first" in chosen.versions else false(),
        TaxiiObject.is_last if "last" in chosen.versions else false(),
        *[TaxiiObject.version == one for one in chosen.versions],
    )
    return [
        true() if chosen.types is None else of_types,
        true() if chosen.spec_versions is None else of_specs,
        true() if "all" in chosen.versions else of_versions,
    ]
