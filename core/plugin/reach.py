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
_OPENED = 64 * 1024
"""Bytes of containers that are opened in one go: each refers to an eighth as many things at most."""
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
    pending: list[tuple[Sequence[Any], int]] = [(roots, 0)]
    while pending:
        things, at = pending.pop()
        if at + _PIECE < len(things):
            pending.append((things, at + _PIECE))
        opened, load = list[Any](), 0
        for thing in seen.fresh(things[at : at + _PIECE]):
            kind = type(thing)
            _, is_others, measure, inside = looks.get(id(kind)) or looks.setdefault(id(kind), _look(kind, fence))
            if is_others and is_others(thing):
                continue
            own = measure(thing)
            size += own
            if own > _OPENED and kind in (list, tuple):
                pending.append((thing, 0))
            elif inside is gc.get_referents:
                opened.append(thing)
                load += own
                if load > _OPENED:
                    pending.append((gc.get_referents(*opened), 0))
                    opened, load = [], 0
            elif inside:
                pending.append((inside(thing), 0))
        if opened:
            pending.append((gc.get_referents(*opened), 0))
        yield size


_Look = tuple[type[Any], Fence | None, Callable[[Any], int], Callable[[Any], Sequence[Any]] | None]
"""How things of a type are looked at: the type, that no other may have its id meanwhile; the fence; the size; what is
inside, if there may be anything."""


def _look(kind: type[Any], fence: Callable[[type[Any]], Fence | None]) -> _Look:
    # A size that is written in Python is code of a stranger's, and may say anything.
    measure = object.__sizeof__ if isinstance(kind.__sizeof__, FunctionType) else sys.getsizeof
    inside: Callable[[Any], Sequence[Any]] | None = None
    if kind.__flags__ & _COLLECTED:
        inside = gc.get_referents
    elif issubclass(kind, msgspec.Struct):
        inside = _fields
    return kind, fence(kind), measure, inside


def _fields(struct: msgspec.Struct) -> Sequence[Any]:
    return [object.__getattribute__(struct, name) for name in struct.__struct_fields__]


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
