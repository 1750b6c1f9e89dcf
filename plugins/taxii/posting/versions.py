"""The versions of a partner's objects in a collection, and which of them are the first and the last."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import TypeVar

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.sdk import AMONG, Query
from plugins.taxii.models import TaxiiObject

T = TypeVar("T")

MOST = 1_000
"""Versions of one object, deleted ones included."""
_AT_ONCE = 1_000


class Version(msgspec.Struct):
    """A row but for its bytes."""

    position: int
    id: str
    version: str
    spec_version: str
    is_first: bool
    is_last: bool
    signal: int | None
    removed: int | None = None

    @property
    def name(self) -> tuple[str, str]:
        return self.id, self.version


_OWN = Query(
    select(
        *(TaxiiObject.position, TaxiiObject.id, TaxiiObject.version, TaxiiObject.spec_version),
        *(TaxiiObject.is_first, TaxiiObject.is_last, TaxiiObject.signal, TaxiiObject.removed),
    ).where(
        TaxiiObject.collection == bindparam("collection"),
        TaxiiObject.partner == bindparam("partner"),
        TaxiiObject.id.in_(AMONG),
    )
)
_CONTENTS = Query(select(TaxiiObject.position, TaxiiObject.bytes).where(TaxiiObject.position.in_(AMONG)))


class History:
    """Every version that the partner has of some objects, in ascending order for each."""

    def __init__(self, versions: Iterable[Version]) -> None:
        self._live: dict[str, list[Version]] = defaultdict(list)
        self._ever: Counter[str] = Counter()
        self.removed: dict[tuple[str, str], int] = {}
        """Positions of those that were deleted."""
        for one in versions:
            self._ever[one.id] += 1
            if one.removed is None:
                self._live[one.id].append(one)
            else:
                self.removed[one.name] = one.position

    def of(self, name: str) -> Sequence[Version]:
        return self._live.get(name, ())

    def live(self) -> Iterable[Version]:
        return chain.from_iterable(self._live.values())

    def last(self, name: str) -> Version | None:
        return self._live[name][-1] if self._live.get(name) else None

    def room(self, name: str) -> bool:
        """Whether there is any for one more, which is counted: each post of an object reads what there is of it."""
        self._ever[name] += 1
        return self._ever[name] <= MOST

    def add(self, new: Version) -> None:
        insort(self._live[new.id], new, key=lambda one: one.version)

    def take(self, name: str, fits: Callable[[Version], bool]) -> list[Version]:
        """Drop those that fit, and return them."""
        gone = [one for one in self.of(name) if fits(one)]
        self._live[name] = [one for one in self.of(name) if not fits(one)]
        return gone

    def flagged(self) -> list[Version]:
        """Set who is first and last; returns whose flags changed."""
        changed = []
        for one, is_first, is_last in chain.from_iterable(map(_flags, self._live.values())):
            if (one.is_first, one.is_last) != (is_first, is_last):
                one.is_first, one.is_last = is_first, is_last
                changed.append(one)
        return changed


def _flags(versions: Sequence[Version]) -> Iterable[tuple[Version, bool, bool]]:
    return ((one, one is versions[0], one is versions[-1]) for one in versions)


async def own(session: AsyncSession, collection: str, partner: int, names: Collection[str]) -> History:
    """What the partner has posted of these ids. Only on a writer's session."""
    rows = await _OWN.every(session, names, collection=collection, partner=partner)
    return History(sorted([Version(*row) for row in rows], key=lambda one: one.version))


async def contents(session: AsyncSession, positions: Collection[int]) -> dict[int, bytes]:
    """The bytes of rows, by position. Only on a writer's session."""
    return dict(await _CONTENTS.every(session, positions))


async def write_flags(session: AsyncSession, changed: Iterable[Version]) -> None:
    """Write down what `History.flagged` changed. Only on a writer's session."""
    alike: dict[tuple[bool, bool], list[int]] = defaultdict(list)
    for one in changed:
        alike[one.is_first, one.is_last].append(one.position)
    for (is_first, is_last), positions in alike.items():
        for some in _pieces(positions):
            row = update(TaxiiObject).where(TaxiiObject.position.in_(some))
            await session.execute(row.values(is_first=is_first, is_last=is_last))


async def forget(session: AsyncSession, positions: Collection[int]) -> None:
    """Make room for versions that were deleted and are posted again. Only on a writer's session."""
    for some in _pieces(positions):
        await session.execute(delete(TaxiiObject).where(TaxiiObject.position.in_(some)))


def _pieces(values: Collection[T]) -> Iterable[list[T]]:
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))
