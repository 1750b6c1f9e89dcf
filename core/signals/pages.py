"""Pages of the feed for the formats of others: read, and remembered of whoever reads them."""

import msgspec

from core.auth.access import Principal
from core.db import Database
from core.signals import feed, selection
from core.signals.cursors import Place
from core.signals.feed import Changes
from core.signals.keys import Keys
from core.signals.kinds import Kinds
from core.signals.readers import Readers
from core.wire.feed_keys import Selection


class Pages(msgspec.Struct, frozen=True):
    """What a handler reads by as its caller, without being handed the database or the readers.

    Who asks for what comes after a place has said that it holds everything up to it, so that it is named among the
    holders of what is retracted, as readers of the feed itself are.
    """

    db: Database
    readers: Readers
    kinds: Kinds
    keys: Keys
    principal: Principal
    form: str
    """The format, by which readers of one client are told apart."""

    async def read(self, chosen: Selection, place: Place, limit: int) -> Changes:
        """The changes after a place, from a snapshot of its own."""
        async with self.db.snapshot(self.principal.partner) as session:
            found = await feed.changes(session, self.principal, self.kinds, self.keys, chosen, place.cursor, limit)
        self.note(chosen, place, found.reached)
        return found

    def note(self, chosen: Selection, place: Place, reached: int) -> None:
        """Remember what was read by `feed.changes` in a snapshot of the handler's."""
        self.readers.note(self.principal, selection.name(chosen, self.form), place.cursor, reached)
