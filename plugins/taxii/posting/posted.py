"""An object that a partner posts, between being read and being stored."""

import msgspec

from core.signals.items import Item
from plugins.taxii.posting.statuses import TaxiiStatusDetails
from plugins.taxii.stix.meaning import Meant


class Posted(msgspec.Struct, frozen=True, gc=False):
    """An object that may be kept."""

    number: int
    """In the envelope."""
    raw: bytes
    meant: Meant
    item: Item | None
    """The signal that it means."""
    note: str = ""
    """For its poster, in the status."""

    @property
    def name(self) -> tuple[str, str]:
        return self.meant.id, self.meant.version

    def told(self, message: str) -> TaxiiStatusDetails:
        return TaxiiStatusDetails(*self.name, message)
