"""What parties do with a takedown case: platforms answer, requesters withdraw."""

from enum import StrEnum

import msgspec

from core.wire.common import Count, FieldError, Prose
from core.wire.outcomes import OutcomeIn
from core.wire.takedowns import TakedownId, TakedownState


class MoveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a case goes. To decide again is to correct, and needs a reason."""

    state: TakedownState
    reason: Prose = ""
    outcome: OutcomeIn | None = None
    """With a decision."""


class RequestWithdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """You ask no more. Others who ask go on doing so."""

    reason: Prose


class AnswerIn(MoveIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a platform says of a case."""

    takedown: TakedownId


class AnswerStatus(StrEnum):
    MOVED = "moved"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not_found"
    """No such case, or none of yours."""
    REJECTED = "rejected"


class AnswerResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one answer."""

    index: Count
    takedown: TakedownId | None
    status: AnswerStatus
    errors: tuple[FieldError, ...] = ()
    """Why it was rejected; the code `legal` names a state that the case may go to."""


class AnswersTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A result for every answer, in their order."""

    position: Count
    """Of the log after it."""
    results: tuple[AnswerResult, ...]
