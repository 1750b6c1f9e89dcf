"""Low-volume events, one Struct each; the tag is the name in the log and in openapi/events.md."""

import msgspec

from core.wire.common import Time
from core.wire.signals import Held
from core.wire.takedowns import TakedownState


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """What happened, by ids only. Readers fetch the thing itself with their own rights."""


def catalogue() -> dict[str, type[Event]]:
    """Every event by its name, in the order of the names."""
    return {str(kind.__struct_config__.tag): kind for kind in sorted(Event.__subclasses__(), key=_name)}


def _name(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


class SightChanged(Event, frozen=True, tag="sight.changed"):
    """A partner's sight of the log widened or narrowed: membership, kind, admission or suspension.

    Its cursors from before answer 410 and it walks anew. For that partner, unless it is suspended.
    """

    partner: str
    reason: str


class PartnerAdmitted(Event, frozen=True, tag="partner.admitted"):
    """A partner may now hold clients. For itself and for who may list partners."""

    partner: str


class CampaignChanged(Event, frozen=True, tag="campaign.changed"):
    """A campaign was created or changed, or activities of it were submitted. For who may read campaigns."""

    campaign: str


class MaterialPublished(Event, frozen=True, tag="material.published"):
    """A version of a material may be fetched. For who may read material."""

    material: str
    version: int


class MaterialWithdrawn(Event, frozen=True, tag="material.withdrawn"):
    """A material answers 410 from now on; those who fetched it take it down. For who may read material."""

    material: str


class MaterialRecalled(Event, frozen=True, tag="material.recalled"):
    """A version that your partner fetched was withdrawn: take it down, then acknowledge.

    For each partner that fetched it and the operators.
    """

    material: str
    version: int


class ReportFrozen(Event, frozen=True, tag="report.frozen"):
    """A consolidated report was frozen: its document has this SHA-256 for good. For the partner that ordered it."""

    report: str
    sha256: str


class ReportMade(Event, frozen=True, tag="report.made"):
    """All files of a report are there. For the partner that ordered it; of a public one, for who may read reports."""

    report: str


class ReportRefused(Event, frozen=True, tag="report.refused"):
    """There will be no report: it was refused, or it failed. For the partner that ordered it."""

    report: str
    state: str


class GuardChanged(Event, frozen=True, tag="guard.changed"):
    """Entries of the negative list were added, changed or removed. For the operator."""

    entries: int


class QuarantineOpened(Event, frozen=True, tag="quarantine.opened"):
    """Claims of a partner are held until they are reviewed: so many at once, for one reason.

    For the partner and the operator.
    """

    partner: str
    reason: Held
    claims: int


class ReviewDecided(Event, frozen=True, tag="review.decided"):
    """Reviewers decided about signals that were disputed or quarantined. For the operator."""

    decisions: int


class TakedownRequested(Event, frozen=True, tag="takedown.requested"):
    """A platform is asked to act on something. For the parties: the platform, those who asked, the operators."""

    takedown: str
    target: str
    platform: str


class TakedownJoined(Event, frozen=True, tag="takedown.joined"):
    """Another partner asks for the same, or one that asked changed its request.

    For the platform, that partner and the operators: those who ask do not learn of each other.
    """

    takedown: str
    partner: str


class TakedownWithdrawn(Event, frozen=True, tag="takedown.withdrawn"):
    """A partner asks no more; others may still. For the platform, that partner and the operators."""

    takedown: str
    partner: str


class TakedownMoved(Event, frozen=True, tag="takedown.moved"):
    """A case is in another state. For the parties."""

    takedown: str
    state: TakedownState


class TakedownAnswered(Event, frozen=True, tag="takedown.answered"):
    """The platform says what it decided, or corrects it: that version of its outcome. For the parties."""

    takedown: str
    version: int


class TakedownDueSoon(Event, frozen=True, tag="takedown.due_soon"):
    """The deadline of a case comes near. For the parties."""

    takedown: str
    due: Time


class TakedownBreached(Event, frozen=True, tag="takedown.breached"):
    """The deadline passed unanswered; told once for each case. For the parties."""

    takedown: str
    due: Time


class TakedownEscalated(Event, frozen=True, tag="takedown.escalated"):
    """The platform's contact of that level is told of a breach. For the parties."""

    takedown: str
    level: int


class TakedownPaused(Event, frozen=True, tag="takedown.paused"):
    """The clock of a partner's request stands still; the operator's stop that of every request.

    For the platform, that partner and the operators; for the parties when the operator did it.
    """

    takedown: str


class TakedownResumed(Event, frozen=True, tag="takedown.resumed"):
    """The clock runs again. For those who were told that it stood."""

    takedown: str


class PushFailed(Event, frozen=True, tag="push.failed"):
    """Something that had to reach a partner at once reached none of its contacts. For the operators."""

    push: str


class AppealOpened(Event, frozen=True, tag="appeal.opened"):
    """A signal is appealed against. For the partner that brings the appeal and for reviewers."""

    appeal: str
    signal: str


class AppealAsked(Event, frozen=True, tag="appeal.asked"):
    """A platform that acted on the signal is asked to look at its decision again. For the platform."""

    appeal: str
    takedown: str


class AppealOverdue(Event, frozen=True, tag="appeal.overdue"):
    """Nobody looked at an appeal within the time that was stated; told once. For reviewers."""

    appeal: str


class AppealDecided(Event, frozen=True, tag="appeal.decided"):
    """An appeal was upheld (the signal stands), reversed or withdrawn. For reviewers, the partner that brought it, and
    the platforms that were asked."""

    appeal: str
    decision: str


class EmergencyDeclared(Event, frozen=True, tag="emergency.declared"):
    """A young person is at risk now. For the partner that says so and those who answer, who are pushed as well."""

    emergency: str


class EmergencyAcknowledged(Event, frozen=True, tag="emergency.acknowledged"):
    """One of those who answer has it. For the parties."""

    emergency: str


class EmergencyLowered(Event, frozen=True, tag="emergency.lowered"):
    """Two people said that it is over. For the parties."""

    emergency: str


class PreservationRequested(Event, frozen=True, tag="preservation.requested"):
    """A platform is asked to keep data. For it and for the partner that asked."""

    preservation: str


class PreservationRenewed(Event, frozen=True, tag="preservation.renewed"):
    """Data is to be kept for one more term. For the platform and the partner that asked."""

    preservation: str


class PreservationMoved(Event, frozen=True, tag="preservation.moved"):
    """A preservation request is in another state. For the platform and the partner that asked."""

    preservation: str
    state: str


class ReferralOffered(Event, frozen=True, tag="referral.offered"):
    """A person was referred to a partner that helps. For the sender and the receiver."""

    referral: str


class ReferralMoved(Event, frozen=True, tag="referral.moved"):
    """A referral was acknowledged, accepted, carried out, declined or withdrawn. For the sender and the receiver."""

    referral: str
    state: str


class SignalsChanged(Event, frozen=True, tag="signals.changed"):
    """Signals that you may see changed: pull the feed from your own cursor.

    For readers of signals. It is never stored, but made for each reader, once for whatever changed in between.
    """

    after: int
    """Position up to which you knew."""
    position: int
    """Position of the last change."""


class WebhookDisabled(Event, frozen=True, tag="webhook.disabled"):
    """Nothing more is delivered to an endpoint until its partner enables it again. For the partner and the operator.

    It answered 410 (`gone`), or did not accept an event by the last attempt (`exhausted`).
    """

    endpoint: str
    reason: str


class WebhookLapsed(Event, frozen=True, tag="webhook.lapsed"):
    """An endpoint stood still for so long that events it had not been given are no longer kept.

    It goes on after `position`; read the things themselves anew. For the partner and the operator.
    """

    endpoint: str
    position: int


class WebhookPing(Event, frozen=True, tag="webhook.ping"):
    """A partner tries out its endpoint. It is never stored, and delivered to that endpoint alone."""

    endpoint: str
