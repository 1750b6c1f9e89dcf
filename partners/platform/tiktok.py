"""TikTok: verdicts of its moderation, signed as its webhooks are; those on a takedown request answer it.

Signature: https://developers.tiktok.com/doc/webhooks-verification
"""

import hmac
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from core.sdk import (
    AnswerIn,
    AutomatedDecision,
    AutomatedDetection,
    BadSignature,
    Category,
    Connector,
    Context,
    DecisionAccount,
    DecisionGround,
    DecisionVisibility,
    ExternalId,
    NonAction,
    OutcomeIn,
    PartnerKind,
    PluginInfo,
    Refused,
    Sharing,
    SignalIn,
    StatementCategory,
    TakedownState,
    Translated,
    Withdrawal,
    hookimpl,
    translate_items,
)

_TOLERANCE = 300
"""Seconds by which a signature may be old, or our clocks apart."""


class Settings(Sharing, frozen=True, forbid_unknown_fields=True):
    client_secret: str | None = None
    """With it, every payload must be signed; without, the access token is the only proof."""


class Verdict(StrEnum):
    REMOVED = "REMOVED"
    RESTRICTED = "RESTRICTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    NO_VIOLATION = "NO_VIOLATION"


STATES = {
    Verdict.REMOVED: TakedownState.REMOVED,
    Verdict.RESTRICTED: TakedownState.RESTRICTED,
    Verdict.UNDER_REVIEW: TakedownState.IN_REVIEW,
    Verdict.NO_VIOLATION: TakedownState.NO_ACTION,
}
CONFIDENCE = {Verdict.REMOVED: 95, Verdict.RESTRICTED: 80, Verdict.UNDER_REVIEW: 40}


class Policy(StrEnum):
    FRAUDS_AND_SCAMS = "FRAUDS_AND_SCAMS"
    IMPERSONATION = "IMPERSONATION"
    SEXTORTION = "SEXTORTION"
    YOUTH_EXPLOITATION = "YOUTH_EXPLOITATION"
    OTHER = "OTHER"


CATEGORIES = {
    Policy.FRAUDS_AND_SCAMS: Category.PHISHING,
    Policy.IMPERSONATION: Category.IMPERSONATION,
    Policy.SEXTORTION: Category.SEXTORTION,
    Policy.YOUTH_EXPLOITATION: Category.GROOMING,
    Policy.OTHER: Category.OTHER,
}


STATEMENTS = {
    Policy.FRAUDS_AND_SCAMS: StatementCategory.SCAMS_AND_FRAUD,
    Policy.IMPERSONATION: StatementCategory.SCAMS_AND_FRAUD,
    Policy.SEXTORTION: StatementCategory.CYBER_VIOLENCE,
    Policy.YOUTH_EXPLOITATION: StatementCategory.PROTECTION_OF_MINORS,
    Policy.OTHER: StatementCategory.OTHER_VIOLATION_TC,
}


class Notice(msgspec.Struct):
    """One line of its callback. Fields that it adds are let through, words that it adds are not."""

    report_id: ExternalId
    verdict: Verdict
    policy: Policy
    decided_at: Annotated[int, Meta(ge=0, le=4_102_444_800)]
    """Seconds since 1970."""
    username: str | None = None
    """The account, or else `link`."""
    link: str | None = None
    takedown_id: str | None = None
    """The hub's id of the case that it answers, when it was asked."""
    automated: bool = False
    """Whether a machine alone decided."""


class Payload(msgspec.Struct):
    notices: list[msgspec.Raw]


_payload = msgspec.json.Decoder(Payload)
_notice = msgspec.json.Decoder(Notice)


class TikTok(Connector):
    kind = PartnerKind.PLATFORM
    partner = "tiktok"
    items = "/notices"
    statuses = frozenset(Verdict)
    recorded = Path(__file__).with_name("recorded") / "tiktok"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        if self._settings.client_secret is None:
            return
        parts = dict(part.partition("=")[::2] for part in headers.get("tiktok-signature", "").split(","))
        at, signature = parts.get("t", ""), parts.get("s", "")
        expected = hmac.new(self._settings.client_secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise BadSignature("TikTok-Signature does not fit the body.")
        # What was signed need not be a time.
        if not re.fullmatch(r"[0-9]{1,12}", at):
            raise BadSignature("TikTok-Signature carries no time.")
        if abs(time.time() - int(at)) > _TOLERANCE:
            raise BadSignature("TikTok-Signature is too old; sign again and send.")

    def translate(self, body: bytes) -> Sequence[Translated]:
        return translate_items(_payload.decode(body).notices, _notice, self._to_said, self.items)

    def _to_said(self, notice: Notice) -> SignalIn | Withdrawal | AnswerIn:
        if notice.takedown_id is not None:
            return _to_answer(notice, notice.takedown_id)
        if notice.verdict is Verdict.NO_VIOLATION:
            return Withdrawal(notice.report_id)
        if bool(notice.username) == bool(notice.link):
            raise Refused("A notice names either a username or a link.", code="no_object")
        return SignalIn(
            kind="url" if notice.link else "social_account",
            value=notice.link or f"tiktok:{notice.username}",
            category=CATEGORIES[notice.policy],
            confidence=CONFIDENCE[notice.verdict],
            tlp=self._settings.tlp,
            groups=self._settings.groups or None,
            external_id=notice.report_id,
            last_seen=datetime.fromtimestamp(notice.decided_at, UTC),
        )


def _to_answer(notice: Notice, case: str) -> AnswerIn:
    return AnswerIn(takedown=case, state=STATES[notice.verdict], outcome=_outcome(notice))


def _outcome(notice: Notice) -> OutcomeIn | None:
    if notice.verdict is Verdict.UNDER_REVIEW:
        return None
    if notice.verdict is Verdict.NO_VIOLATION:
        return OutcomeIn(non_action=NonAction.NOT_VIOLATING)
    removed = notice.verdict is Verdict.REMOVED
    # It judges by its own guidelines, after somebody told it where to look.
    statement = OutcomeIn(
        decision_ground=DecisionGround.INCOMPATIBLE_CONTENT,
        category=STATEMENTS[notice.policy],
        automated_detection=AutomatedDetection.NO,
        automated_decision=AutomatedDecision.FULLY if notice.automated else AutomatedDecision.NOT_AUTOMATED,
    )
    if notice.username:
        account = DecisionAccount.TERMINATED if removed else DecisionAccount.SUSPENDED
        return replace(statement, decision_account=account)
    seen = DecisionVisibility.CONTENT_REMOVED if removed else DecisionVisibility.CONTENT_DEMOTED
    return replace(statement, decision_visibility=(seen,))


@hookimpl
def plugin_info() -> PluginInfo:
    return PluginInfo(name="tiktok", title="TikTok", settings=Settings)


@hookimpl
def connectors(ctx: Context) -> Sequence[Connector]:
    return [TikTok(ctx.settings)]
