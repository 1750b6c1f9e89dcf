"""How much memory can be reached from some things: added up piece by piece, so that others get their turn between."""

import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType
from typing import Any

import msgspec

Fence = Callable[[Any], bool]
"""Whether a thing is others': not counted, and not gone through."""

_PIECE = 1024
"""Things that are looked at in one go."""
_TOGETHER = 64 * 1024
"""Bytes of things that are opened in one go: they refer to an eighth as many others at most."""
_COLLECTED = 1 << 14
"""Flag of types that Python's collector goes through."""


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
        things, end = rows.pop() if rows else _opened(unopened.pop())
        begin = max(end - _PIECE, 0)
        if begin:
            rows.append((things, begin))
        together, load = list[Any](), 0
        for thing in seen.fresh(things[begin:end]):
            kind = type(thing)
            _, is_others, measure, is_full = looks.get(id(kind)) or looks.setdefault(id(kind), _look(kind, fence))
            if is_others and is_others(thing):
                continue
            own = measure(thing)
            size += own
            if not is_full:
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


def _opened(things: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """What they refer to."""
    found = gc.get_referents(*things)
    for thing in things:
        # A Struct that the collector is told not to mind.
        if not type(thing).__flags__ & _COLLECTED:
            found += [object.__getattribute__(thing, name) for name in thing.__struct_fields__]
    return found, len(found)


_Look = tuple[type[Any], Fence | None, Callable[[Any], int], bool]
"""How things of a type are looked at: the type, that no other may have its id meanwhile; the fence; the size; whether
there may be anything inside."""


def _look(kind: type[Any], fence: Callable[[type[Any]], Fence | None]) -> _Look:
    # A size that is written in Python is code of a stranger's, and may say anything.
    measure = object.__sizeof__ if isinstance(kind.__sizeof__, FunctionType) else sys.getsizeof
    is_full = bool(kind.__flags__ & _COLLECTED) or issubclass(kind, msgspec.Struct)
    return kind, fence(kind), measure, is_full


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
