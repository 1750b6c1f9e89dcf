"""The answer of /health, and what plugins say of their own."""

from typing import Literal

import msgspec

from core.wire.common import Count, Line


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that an operator wants to know of a part: whether its other end answers, how much waits."""

    name: Line
    says: Line
    ok: bool = True


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: Literal["ok"]
    position: Count
    """Of the log."""
    quarantined: tuple[str, ...]
    """Plugins that failed and were shut away; `kmm plugins` says why."""
    unwell: tuple[str, ...] = ()
    """Plugins that run and say that something of theirs is not right; `kmm plugins` says what."""
