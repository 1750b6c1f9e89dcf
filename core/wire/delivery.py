"""How an event arrives: in the list, in the stream and at an endpoint alike."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from core.wire.common import Time
from core.wire.events import catalogue

if TYPE_CHECKING:
    EventName = str
else:
    EventName = Literal[tuple(catalogue())]
"""The name of an event in the catalogue."""

StreamId = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,15})?$")]
"""The `id` of an item of the stream: a position, with another after a dot while signals are told of later."""


class EventOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened, with ids, counts and states only: read the thing itself with your own rights."""

    id: str
    """The same whenever and however the event is delivered: apply each once."""
    type: str
    """Its name in openapi/events.md, which says what `data` holds."""
    timestamp: Time
    """When it happened, to the microsecond."""
    position: int
    """Its place in the log."""
    data: dict[str, Any]


class EventPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events in the order in which they happened."""

    events: tuple[EventOut, ...]
    next: int
    """The position to go on `after`; always given."""
    more: bool
    """Whether there is more already."""
