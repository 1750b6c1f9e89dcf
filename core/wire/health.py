"""The answer of /health."""

from typing import Literal

import msgspec

from core.wire.common import Count


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: Literal["ok"]
    position: Count
    """Of the log."""
    quarantined: tuple[str, ...]
    """Plugins that failed and were shut away; `kmm plugins` says why."""
