"""Things that answer for themselves: the walk through what a plugin holds asks none of them, and finds all of it."""

from typing import Any

import msgspec

from core.plugin import bare
from core.plugin.reach import Fence, sizes

MB = 2**20


def _answer(*_: object) -> Any:
    raise SystemExit("a stranger was asked")


class Answer:
    __call__ = _answer


class Says(type):
    """Answers for its classes."""

    __getattribute__ = _answer
    __module__ = __flags__ = __mro__ = property(_answer)


class Lean(msgspec.Struct, gc=False):
    held: object
    unset: object = None

    __getattribute__ = _answer


ANSWERS: dict[str, Any] = dict.fromkeys(("__getattribute__", "__eq__", "__hash__", "__len__", "__iter__"), _answer)
ANSWERS |= {"__class__": property(_answer), "__sizeof__": Answer()}


def plain() -> object:
    kind: Any = type.__new__(Says, "Plain", (), ANSWERS)
    made: object = object.__new__(kind)
    object.__setattr__(made, "held", bytes(MB))
    return made


def lean() -> object:
    made = Lean(bytes(MB))
    del made.unset
    return made


def small() -> object:
    """Tells its size by another type's way."""
    return type("Small", (bytearray,), {"__sizeof__": object.__sizeof__})(MB)


def raw() -> object:
    return msgspec.Raw(bytes(MB))


def test_nobody_is_asked_and_all_is_found() -> None:
    def fence(kind: type[Any]) -> Fence | None:
        return None if bare.module(kind) else lambda _: True

    for made in (plain, lean, small, raw):
        *_, found = sizes([made()], [globals()], fence)
        assert MB <= found < MB + 16_384, (made.__name__, found)
