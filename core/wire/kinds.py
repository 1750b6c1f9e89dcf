"""Signal kinds: how the spelling a partner sends becomes the one value that everybody shares."""

from collections.abc import Callable, Mapping

import msgspec

Fact = str | bool | tuple[str, ...]


class Note(msgspec.Struct, frozen=True):
    """What the submitter should know of a value that was taken."""

    code: str
    detail: str


class Canonical(msgspec.Struct, frozen=True):
    """What a kind makes of a value.

    `identity` is compared and never shown: two values with equal identity are the same observable.
    `display` is the spelling readers get; parsing it again gives the same `Canonical`.
    """

    identity: str
    display: str
    notes: tuple[Note, ...] = ()


def _no_facts(display: str) -> Mapping[str, Fact]:
    return {}


class SignalKind(msgspec.Struct, frozen=True):
    """One kind of observable, built in or added by a plugin.

    `parse` is pure and raises ValueError, and nothing else, for text that is not of this kind. The message of
    that error is shown to the partner who sent the value: one sentence on what is expected, without the value.
    `version` rises whenever `parse` gives any value another identity than before.
    `facts` says what follows from a `display` alone, such as a registrable domain. It is asked when one signal is
    read, so it may take longer than `parse`, and what it says may change with the data it rests on.
    """

    name: str
    title: str
    parse: Callable[[str], Canonical]
    version: int = 1
    facts: Callable[[str], Mapping[str, Fact]] = _no_facts
    half_life_days: float | None = None
    """Days after which a claim on it counts half in the score; None: it does not decay."""
    is_hash: bool = False
    """Of the content of a file: the only kinds that material of abuse may be named by."""
