"""The private lookup as partners see it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Time, Title
from core.wire.signals import NOT_KNOWN, Category, Confidence, SignalId, State

Bits = Annotated[int, Meta(ge=1, le=64)]
Prefix = Annotated[str, Meta(pattern="^[0-9a-f]{1,16}$", max_length=16)]
Entry = Annotated[str, Meta(min_length=200, max_length=200, pattern="^[A-Za-z0-9_-]{200}$")]


class LookupKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller needs to ask privately: the same for every partner, until the epoch changes."""

    epoch: Count
    key: Annotated[str, Meta(min_length=43, max_length=43, pattern="^[A-Za-z0-9_-]{43}$")]
    """32 bytes in base64url. With it the whole list can be searched by trial: keep it as you keep the feed."""
    prefix_bits: Bits
    """How many bits of a digest to show. Grows with the number of signals."""
    since: Time
    digest: str
    """How a digest is made."""
    entry: str
    """How an entry is opened."""
    prefixes_per_day: Count
    """Prefixes that your organisation may send in a day of the hub (Asia/Ho_Chi_Minh)."""
    prefixes_left: Count
    """Of today's."""


class PrivateLookup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which buckets to see."""

    epoch: Count
    prefix_bits: Bits
    prefixes: Annotated[tuple[Prefix, ...], Meta(min_length=1, max_length=100)]
    """The first `prefix_bits` bits of each digest as a number, in lower-case hex of ceil(prefix_bits / 4) digits."""


class Bucket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prefix: Prefix
    entries: Annotated[tuple[Entry, ...], Meta(min_length=64, max_length=64)]
    """In base64url: 16 bytes that begin a digest, then 134 sealed bytes. Most are dummies."""


class Buckets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket for each prefix, in the order in which they were asked; each of the same length."""

    epoch: Count
    buckets: tuple[Bucket, ...]
    note: Title = NOT_KNOWN
    """To be shown wherever an unknown value is shown."""


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry says to who can open it."""

    id: SignalId
    state: State
    category: Category
    confidence: Confidence | None
    """Rounded down to tens."""
