"""What types are, asked past whatever they say themselves: not a line of a stranger's runs on the server's thread.

A metaclass may answer for its classes, a class for its objects, and either may wait, lie or fail.
"""

import sys
from collections.abc import Callable, Sequence
from types import MemberDescriptorType, MethodDescriptorType
from typing import Any

import msgspec

_HEAP = 1 << 9
"""Flag of types that can be changed, as all are that a class statement makes."""
_COLLECTED = 1 << 14
"""Flag of types that Python's collector goes through."""

_flags, _module, _bases, _names = (
    vars(type)[name].__get__ for name in ("__flags__", "__module__", "__mro__", "__dict__")
)


def module(kind: type[Any]) -> str:
    """The name of the module that it was made in; empty where there is none."""
    try:
        found = _module(kind)
    except AttributeError:
        return ""
    return found if type(found) is str else ""


def is_collected(kind: type[Any]) -> bool:
    """Whether Python's collector knows what its objects refer to."""
    return bool(_flags(kind) & _COLLECTED)


def measure(kind: type[Any]) -> Callable[[Any], int]:
    """What tells the bytes of its objects: written in C, for the very layout that they have."""
    if kind is msgspec.Raw:
        return _of_raw
    if not _flags(kind) & _HEAP:
        return sys.getsizeof
    own = ((base, _names(base).get("__sizeof__")) for base in _bases(kind))
    return next(one for base, one in own if type(one) is MethodDescriptorType and one.__objclass__ is base)


def _of_raw(raw: msgspec.Raw) -> int:
    """Its own answer is 140 TB (msgspec 0.22). Of a slice, what is in it."""
    return msgspec.Raw.__basicsize__ + memoryview(raw).nbytes


def fields(kind: type[Any]) -> Sequence[Callable[[Any], Any]]:
    """What gets the fields of its objects where the collector knows of none; each raises `AttributeError` if unset."""
    if is_collected(kind) or not issubclass(kind, msgspec.Struct):
        return ()
    slots = (one for base in _bases(kind) for one in _names(base).values() if type(one) is MemberDescriptorType)
    return [slot.__get__ for slot in slots]
