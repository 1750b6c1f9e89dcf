"""Who follows the feed, how far they have come, and who may still hold a claim."""

import msgspec

from core.wire.common import Count, Slug, Time
from core.wire.signals import SignalId


class ReaderOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A walk of the feed: one client under one filter."""

    client: str
    partner: Slug
    filter: str
    """As in the address (`kind=phone&kind=url`); empty: everything."""
    acknowledged: Count
    """The position up to which it has everything, as it said by asking for what comes after; 0: nothing yet."""
    behind: Count
    """Positions of the log after that one. Not all of them concern it."""
    lapsed: bool
    """Its cursor is older than what the hub keeps: it will be told to walk from zero (410 `resync`)."""
    seen: Time
    """When it last asked."""


class ReaderList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    readers: tuple[ReaderOut, ...]
    next: str | None
    """Send it as `after` for the next page; null on the last."""
    kept_days: Count
    """For how long the hub keeps tombstones. A reader that does not ask for longer has lapsed."""


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another partner that reads what your claim was for."""

    partner: Slug
    holds: bool
    """One of its readers may still hold it."""
    confirmed: bool
    """None does, and one has asked for what comes after the claim was closed or suspended."""
    lapsed: bool
    """One that holds it has not asked for so long that it will get no tombstone; it has to walk from zero."""


class Holders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By partner; those that never came so far are not listed."""

    signal: SignalId
    standing: bool
    """Whether your claim stands; else it was closed, and these are the receipts."""
    holders: tuple[Holder, ...]
