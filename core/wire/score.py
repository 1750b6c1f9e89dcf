"""How far a signal may be believed, and why."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from core.wire.common import Count, Time


class TermKind(StrEnum):
    CLAIM = "claim"
    """An independent voice: the claims of one declared origin or, without one, of one partner."""
    ECHO = "echo"
    """Claims derived from other signals. Together one voice, and none beside a claim that is no echo."""
    AGREE = "agree"
    """A partner that agrees and has no claim of its own to be seen."""
    DISAGREE = "disagree"
    FALSE_POSITIVE = "false_positive"


Share = Annotated[float, Meta(ge=0, le=1)]
Points = Annotated[float, Meta(ge=-100, le=100)]
HalfLife = Annotated[float, Meta(gt=0)]


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One voice for or against, as it counts at any time.

    At time t a voice for has s = strength * 2^(-(t - since) / half-life), and one against takes the share `strength`
    of what the others leave: score = 100 * (1 - Π(1 - s)) * Π(1 - strength of those against).
    """

    kind: TermKind
    strength: Share
    since: Time | None
    """When it was last seen, first seen or said, whichever of them is known first. Null for a voice against."""
    half_life_days: HalfLife | None
    """Of the signal's kind. Null: does not decay."""


class ScoreTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term and what it adds to the score, or takes from it, at the score's time."""

    kind: TermKind
    strength: Share
    since: Time | None
    half_life_days: HalfLife | None
    points: Points


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """0 to 100: rises with independent voices only, falls with age and with those who doubt.

    The points of the terms add up to the value: all of them are whole numbers of thousandths.
    """

    value: Annotated[float, Meta(ge=0, le=100)]
    at: Time
    terms: tuple[ScoreTerm, ...]
    """The strongest voice for first; those against last."""


class OpinionCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Opinions on the claims that the caller may see, of partners without such a claim of their own."""

    agree: Count = 0
    disagree: Count = 0
    false_positive: Count = 0
