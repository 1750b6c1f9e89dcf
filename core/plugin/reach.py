"""How much memory can be reached from some things: added up piece by piece, so that others get their turn between."""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from core.plugin import bare

Fence = Callable[[Any], bool]
"""Whether a thing is others': not counted, and not gone through."""

_PIECE = 1024
"""Things that are looked at in one go."""
_TOGETHER = 64 * 1024
"""Bytes of things that are opened in one go: they refer to an eighth as many others at most."""


def sizes(
    roots: Sequence[object], closed: Iterable[object], fence: Callable[[type[Any]], Fence | None]
) -> Iterator[int]:
    """The bytes found so far, after each piece of about a millisecond: each thing once, buffers included.

    Nothing that is in `closed` is gone through, nor what the fence that `fence` gives for its type keeps out.
    """
    seen, looks, size = _Seen(), dict[int, _Look](), 0
    seen.fresh(closed)
    # From their ends, for a list may grow meanwhile, and faster than we go through it.
    rows: list[tuple[Sequence[Any], int]] = [(roots, len(roots))]
    unopened: list[list[Any]] = []
    while rows or unopened:
        things, end = rows.pop() if rows else _opened(unopened.pop(), looks)
        begin = max(end - _PIECE, 0)
        if begin:
            rows.append((things, begin))
        together, load = list[Any](), 0
        for thing in seen.fresh(things[begin:end]):
            kind = type(thing)
            look = looks.get(id(kind)) or looks.setdefault(id(kind), _look(kind, fence))
            if look.is_others and look.is_others(thing):
                continue
            own = look.measure(thing)
            size += own
            if not look.is_full:
                continue
            if own > _TOGETHER and kind in (list, tuple):
                rows.append((thing, len(thing)))
                continue
            together.append(thing)
            load += own
            if load > _TOGETHER:
                unopened.append(together)
                together, load = [], 0
        if together:
            unopened.append(together)
        yield size


class _Look(NamedTuple):
    """How things of a type are looked at."""

    kind: type[Any]
    """That no other may have its id meanwhile."""
    is_others: Fence | None
    measure: Callable[[Any], int]
    fields: Sequence[Callable[[Any], Any]]
    """What the collector does not know of."""
    is_full: bool
    """Whether there may be anything inside."""


def _look(kind: type[Any], fence: Callable[[type[Any]], Fence | None]) -> _Look:
    fields = bare.fields(kind)
    return _Look(kind, fence(kind), bare.measure(kind), fields, bare.is_collected(kind) or bool(fields))


def _opened(things: Sequence[Any], looks: dict[int, _Look]) -> tuple[Sequence[Any], int]:
    """What they refer to."""
    found = gc.get_referents(*things)
    for thing in things:
        # Not by another type that it has got since.
        look = looks.get(id(type(thing)))
        for field in look.fields if look else ():
            with suppress(AttributeError):
                found.append(field(thing))
    return found, len(found)


class _Seen:
    """Marks by address, in a sixteenth of the memory that is marked: a set of ids would take as much again."""

    def __init__(self) -> None:
        # Of 64 kB each: objects lie at multiples of 16.
        self._pages: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(4096))

    def fresh(self, things: Iterable[Any]) -> list[Any]:
        """Those that were not there before."""
        pages, found = self._pages, []
        for thing in things:
            address = id(thing) >> 4
            page = pages[address >> 12]
            at = address & 4095
            if not page[at]:
                page[at] = 1
                found.append(thing)
        return found
