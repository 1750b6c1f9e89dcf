"""Signal kinds: how the spelling a partner sends becomes the one value that everybody shares."""

from collections.abc import Callable

import msgspec


class Canonical(msgspec.Struct, frozen=True):
    """What a kind makes of a value.

    `identity` is compared and never shown: two values with equal identity are the same observable.
    `display` is the spelling readers get; parsing it again gives the same `Canonical`.
    """

    identity: str
    display: str


class SignalKind(msgspec.Struct, frozen=True):
    """One kind of observable, built in or added by a plugin.

    `parse` is pure and raises ValueError, and nothing else, for text that is not of this kind. The message of
    that error is shown to the partner who sent the value: one sentence on what is expected, without the value.
    `version` rises whenever `parse` gives any value another identity than before.
    """

    name: str
    title: str
    parse: Callable[[str], Canonical]
    version: int = 1
