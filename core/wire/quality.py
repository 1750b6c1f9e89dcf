"""The mirror that the hub holds up to a partner: how it did, and what that makes of its word."""

import msgspec

from core.wire.common import Count, Time
from core.wire.partners import Percent


class Took(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds that something took; null where nothing was to be measured."""

    median: Count | None
    p90: Count | None


class ClaimQuality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of the partner's claims."""

    claims: Count
    """That stand now."""
    upheld: Count
    """Signals of its claims on which others acted, or of which a review dismissed every doubt."""
    reversed: Count
    """Signals of its claims that a review or an appeal found wrong. Such a one is not among `upheld`."""
    disputed: Count
    """Signals of its claims that others doubt, and nobody has judged yet."""


class RequestQuality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of the takedowns that it asked for."""

    cases: Count
    acted_on: Count
    refused: Count
    """AnswerQuality with no action."""


class AnswerQuality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it answered as a platform. Pauses of the clock are part of the times, and count for the deadline."""

    cases: Count
    to_acknowledge: Took
    to_act: Took
    in_time: Count
    breached: Count
    appealed: Count
    reversed: Count
    """Decisions that it took back on appeal."""


class Quality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a partner did between two times."""

    since: Time
    until: Time
    submitted: ClaimQuality
    requested: RequestQuality
    answered: AnswerQuality
    measured: Percent
    """Share of what was judged that was upheld. The fewer judgements, the closer to the prior of the signal policy."""
    stated: Percent | None
    """What the operator stated; it counts instead of what was measured."""
