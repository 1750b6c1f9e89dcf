"""What is remembered of those who read pages of the feed in the formats of others."""

import msgspec

from core.auth.access import Principal
from core.signals import selection
from core.signals.cursors import Place
from core.signals.readers import Readers
from core.wire.feed_keys import Selection


class Pages(msgspec.Struct, frozen=True):
    """What a handler tells of its caller, without being handed the readers.

    Who asks for what comes after a place has said that it holds everything up to it, so that it is named among the
    holders of what is retracted, as readers of the feed itself are.
    """

    readers: Readers
    principal: Principal
    form: str
    """The format, by which readers of one client are told apart."""

    def note(self, chosen: Selection, place: Place, reached: int) -> None:
        """Remember that the caller stood at a place, and was brought up to `reached` by `feed.changes`."""
        self.readers.note(self.principal, selection.name(chosen, self.form), place.cursor, reached)
