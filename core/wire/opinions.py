"""What partners think of each other's signals."""

from enum import StrEnum

import msgspec

from core.wire.common import Count, FieldError, Prose, Slug, Time
from core.wire.signals import SignalId


class Stance(StrEnum):
    AGREE = "agree"
    """We see the same, and have no claim of our own to make."""
    DISAGREE = "disagree"
    """We doubt it."""
    FALSE_POSITIVE = "false_positive"
    """We know that it is not so."""


class Outcome(StrEnum):
    """What a partner did about the thing itself."""

    REMOVED = "removed"
    RESTRICTED = "restricted"
    NO_ACTION = "no_action"
    """It was looked into and left as it is."""
    NOT_FOUND = "not_found"
    """It is not there, or not any more."""


class OpinionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An opinion on what others claim of a signal. The same again changes nothing."""

    id: SignalId
    stance: Stance | None
    """Null withdraws the opinion."""
    reason: Prose = ""
    """Needed with `disagree` and `false_positive`; read by the submitters concerned and by the operator."""
    outcome: Outcome | None = None
    """What you did about it. A deed weighs more than a word: it strengthens the opinion that it bears out."""


class OpinionStatus(StrEnum):
    GIVEN = "given"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    NOT_FOUND = "not_found"
    """No such signal, or none that you may see; or nothing to withdraw."""
    OWN_CLAIM = "own_claim"
    """You have a claim on it: change or retract that one."""
    REJECTED = "rejected"


class OpinionResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one opinion."""

    index: Count
    id: SignalId | None
    status: OpinionStatus
    errors: tuple[FieldError, ...] = ()
    """Why it was rejected."""


class OpinionsTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome for every opinion that was sent."""

    position: Count
    """Of the log after it."""
    results: tuple[OpinionResult, ...]


class OpinionOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who said what."""

    partner: Slug
    stance: Stance
    reason: Prose
    outcome: Outcome | None
    at: Time


class Opinions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The opinions whose authors the caller may know."""

    opinions: tuple[OpinionOut, ...]
