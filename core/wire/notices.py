"""What is pushed to people and machines outside the hub, whatever the channel."""

import msgspec

from core.wire.common import Prose, Title


class Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people read below the title."""

    vi: Prose
    en: Prose | None = None


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One notice. Thin, as events are: who receives it looks the thing up with its own rights."""

    id: str
    """The same when it is sent again, also through another channel."""
    type: str
    """The event that it tells of, such as `emergency.declared`."""
    subject: str
    """Id of the thing it is about."""
    title: Title
    detail: Detail
    url: str
    """Where to look it up."""
