"""The negative list: values that are never passed on as abusive without a look at them."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, FieldError, Line, Time
from core.wire.signals import KindName


class Reach(StrEnum):
    """How far an entry goes."""

    EXACT = "exact"
    """This observable alone; of a domain also its root page."""
    SITE = "site"
    """Of a domain: the host, its subdomains, and every address and mailbox on them."""


class GuardEntryIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value to keep from being passed on."""

    kind: KindName
    value: Annotated[str, Meta(min_length=1, max_length=8192)]
    label: Line
    """Whose it is, or what."""
    source: Line
    """Where that can be read."""
    reach: Reach = Reach.EXACT
    valid_from: Time | None = None
    valid_until: Time | None = None


class GuardEntryOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kind: KindName
    value: str
    """Canonical form."""
    label: Line
    source: Line
    reach: Reach
    valid_from: Time | None
    valid_until: Time | None
    added: Time
    """When it was added or last changed."""
    added_by: str
    """Slug of the partner; `hub` for what the hub came with."""


class GuardList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entries: tuple[GuardEntryOut, ...]
    next: str | None
    """Send it as `after` for the next page; null on the last."""


class GuardStatus(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class GuardResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one entry."""

    index: Count
    id: str | None
    status: GuardStatus
    errors: tuple[FieldError, ...] = ()


class Guarded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    results: tuple[GuardResult, ...]
