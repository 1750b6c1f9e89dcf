"""Numbers that the hub decides by, and what they leave a partner."""

import msgspec

from core.wire.common import Count, Line, Time
from core.wire.partners import Percent


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number, and why it is that one."""

    value: Count
    source: Line


class SignalPolicies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What decides which signals are suspended or held, and how much one partner may ask of the others."""

    suspend_below: Figure
    """A dispute suspends a signal whose score, over all claims, is lower."""
    stated_quality: Figure
    """A partner of this quality or better disputes with the weight of an agency."""
    unjudged_suspensions: Figure
    """Disputes of one partner that may suspend before any of them is judged; more of them wait without suspending."""
    burst_per_hour: Figure
    """Claims that a partner may open, share with others than before or change, and opinions that it may give, all
    together in an hour of UTC, unless its own limit is another. Claims above it are held, other changes refused."""
    private_lookups_per_day: Figure
    """Private lookups of a partner in a day of the hub."""
    appeal_look_hours: Figure
    """Within so many hours somebody looks at an appeal that did not suspend its signal at once."""
    quality_prior: Figure
    """How often a partner is taken to be right, of 100, before anything of it was judged."""
    quality_prior_weight: Figure
    """How many judgements that is worth: with fewer of its own, a partner is measured close to it."""
    quality_days: Figure
    """How far back judgements count."""
    takedowns_per_hour: Figure
    """Takedowns that a partner may ask for, join or ask for otherwise in an hour of UTC; what is above is rejected."""
    open_alarms: Figure
    """Takedowns of priority `emergency` that a partner may wait for at the same time."""
    emergencies_per_hour: Figure
    """Emergencies that a partner may declare in an hour of UTC."""
    open_appeals: Figure
    """Appeals of a partner that may wait for their decision at the same time."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the caller's partner may send before more of it is held or refused."""

    burst_per_hour: Count
    opened: Count
    """Claims opened, shared with others than before or changed, and opinions given, in this hour of UTC."""
    held: Count
    """Claims that wait for their release."""
    bulk_until: Time | None
    """Until then nothing is held or refused for being much."""
    quality: Percent | None
    """How often the partner was right, of 100; null while nobody has stated it."""
