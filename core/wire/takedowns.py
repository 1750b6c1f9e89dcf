"""Takedowns: what platforms are asked to act on, how far they are, what they decided."""

from enum import StrEnum


class TakedownState(StrEnum):
    """How far a case is."""

    REQUESTED = "requested"
    NOTIFIED = "notified"
    """The platform was shown it: its queue was read, or the event was delivered."""
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    REMOVED = "removed"
    RESTRICTED = "restricted"
    NO_ACTION = "no_action"
    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    APPEALED = "appealed"
    UPHELD = "upheld"
    """Appealed, and the decision stands."""
    REVERSED = "reversed"
    """Appealed, and the decision was undone."""
    CLOSED = "closed"
