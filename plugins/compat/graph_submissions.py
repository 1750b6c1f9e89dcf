"""What programs say in the words of ThreatExchange: descriptors that they submit, and reactions to those of others.

Words: https://developers.facebook.com/docs/threat-exchange/reference/submitting and, below the same address, reacting.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from core.sdk import Category, FieldError, Invalid, OpinionIn, Severity, SignalIn, Stance, Time, Tlp, Withdrawal
from plugins.compat import words
from plugins.compat.graph_updates import KINDS, SEVERITIES, SHARING, ThreatStatus

T = TypeVar("T")

_KIND_OF = {word: kind for kind, word in KINDS.items()}
_TLP_OF = {word: tlp for tlp, word in SHARING.items()} | {"RED": Tlp.RED}
_SEVERITY_OF = {word: severity for severity, word in SEVERITIES.items()} | {"INFO": Severity.LOW}


_SAYS = {
    "SAW_THIS_TOO": Stance.AGREE,
    "HELPFUL": Stance.AGREE,
    "NOT_HELPFUL": Stance.DISAGREE,
    "DISAGREE_WITH_TAGS": Stance.DISAGREE,
    "NON_MALICIOUS": Stance.FALSE_POSITIVE,
}
_TELLS_NOBODY = {"OUTDATED", "WANT_MORE_INFO", "INGESTED", "ALREADY_KNOWN", "IN_REVIEW", "REVIEWED"}


class PrivacyType(StrEnum):
    VISIBLE = "VISIBLE"
    HAS_PRIVACY_GROUP = "HAS_PRIVACY_GROUP"


class Submission(msgspec.Struct, frozen=True):
    """A descriptor as it is submitted, in words of ours."""

    signal: SignalIn
    """Without its groups."""
    status: ThreatStatus
    groups: tuple[str, ...]
    """Numbers of the privacy groups that it is for."""


Word = Annotated[str, Meta(max_length=40)]


def submission(
    indicator: Annotated[str, Meta(min_length=1, max_length=8192)],
    type: Word,
    status: ThreatStatus,
    share_level: Word = "",
    privacy_type: PrivacyType = PrivacyType.VISIBLE,
    privacy_members: Annotated[str, Meta(max_length=1_000)] = "",
    tags: Annotated[str, Meta(max_length=1_000)] = "",
    description: Annotated[str, Meta(max_length=500)] = "",
    severity: Word = "UNKNOWN",
    confidence: Annotated[int, Meta(ge=0, le=100)] | None = None,
    first_active: Time | None = None,
    last_active: Time | None = None,
    expired_on: Time | None = None,
) -> Submission:
    """Reads the query. Raises `Invalid` for words of which the hub has none."""
    signal = SignalIn(
        kind=_ours(type, _KIND_OF, "type"),
        value=indicator,
        category=Category.tagged(tags.split(",")),
        confidence=confidence,
        severity=_ours(severity, _SEVERITY_OF, "severity"),
        tlp=_ours(share_level, _TLP_OF, "share_level") if share_level else None,
        external_id=words.external_id("graph", f"{type} {indicator}"),
        first_seen=first_active,
        last_seen=last_active,
        valid_until=expired_on,
        context={"description": description} if description else None,
    )
    named = privacy_members.split(",") if privacy_type is PrivacyType.HAS_PRIVACY_GROUP else ()
    return Submission(signal, status, tuple(named))


def meaning(submission: Submission, groups: Sequence[str]) -> SignalIn | Withdrawal:
    """The signal for these groups, by slug; or, where it is found harmless, that it is taken back."""
    signal = submission.signal
    if submission.status is ThreatStatus.NON_MALICIOUS:
        return Withdrawal(str(signal.external_id))
    return msgspec.structs.replace(signal, groups=tuple(groups) or None)


def reaction(signal: str, word: str) -> OpinionIn | None:
    """The opinion that a reaction stands for, if it does for any. Raises `Invalid` for a word of others."""
    if word in _TELLS_NOBODY:
        return None
    stance = _ours(word, _SAYS, "reactions")
    reason = "" if stance is Stance.AGREE else f"{word}, in the words of ThreatExchange."
    return OpinionIn(signal, stance, reason)


def _ours(word: str, known: Mapping[str, T], name: str) -> T:
    if word not in known:
        detail = f"Expected one of {', '.join(known)}."
        raise Invalid(
            f"{name} has a word that the hub does not know.", errors=[FieldError(f"/{name}", "unknown", detail)]
        )
    return known[word]
