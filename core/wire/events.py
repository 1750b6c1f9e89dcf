"""Low-volume events, one Struct each; the tag is the name in the log and in openapi/events.md.

They are recorded beside each change; delivery to partners comes later.
"""

import msgspec


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """What happened, by ids only. Readers fetch the thing itself with their own rights."""


class SightChanged(Event, frozen=True, tag="sight.changed"):
    """A partner's sight of the log widened or narrowed: membership, kind, admission or suspension.

    Its cursors from before answer 410 and it walks anew.
    """

    partner: str
    reason: str


class PartnerAdmitted(Event, frozen=True, tag="partner.admitted"):
    """A partner may now hold clients."""

    partner: str


class CampaignChanged(Event, frozen=True, tag="campaign.changed"):
    """A campaign was created or changed."""

    campaign: str


class MaterialPublished(Event, frozen=True, tag="material.published"):
    """A version of a material may be fetched."""

    material: str
    version: int


class MaterialWithdrawn(Event, frozen=True, tag="material.withdrawn"):
    """A material answers 410 from now on; those who fetched it take it down."""

    material: str


class ReportFrozen(Event, frozen=True, tag="report.frozen"):
    """A consolidated report was frozen."""

    report: str


class GuardChanged(Event, frozen=True, tag="guard.changed"):
    """Entries of the negative list were added, changed or removed."""

    entries: int


class ReviewDecided(Event, frozen=True, tag="review.decided"):
    """Reviewers decided about signals that were disputed or quarantined."""

    decisions: int
