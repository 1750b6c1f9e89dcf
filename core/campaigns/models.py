"""Tables of campaigns and activities."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class Campaign(Base):
    """A campaign. Every partner that may read campaigns sees it."""

    __tablename__ = "campaign"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    owner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    title_vi: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    starts: Mapped[str | None] = mapped_column(Text)
    """First day, YYYY-MM-DD."""
    ends: Mapped[str | None] = mapped_column(Text)
    """Last day, YYYY-MM-DD."""
    state: Mapped[str] = mapped_column(Text)
    parties: Mapped[list[Any]] = mapped_column(JSON)
    """As `Party` on the wire."""
    goals: Mapped[list[Any]] = mapped_column(JSON)
    """As `Goal` on the wire."""
    version: Mapped[int] = mapped_column(Micros)
    created: Mapped[int] = mapped_column(Micros)
    updated: Mapped[int] = mapped_column(Micros)


class Activity(Base):
    """Something done for a campaign, as one partner told it."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("campaign", "partner", "external_id"),
        Index("ix_activity_campaign_number", "campaign", "number"),
        Index("ix_activity_day", "day"),
        Index("ix_activity_campaign_commune", "campaign", "commune"),
    )

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order of arrival; the cursor of lists."""
    id: Mapped[str] = mapped_column(Text, unique=True)
    campaign: Mapped[str] = mapped_column(ForeignKey("campaign.slug"))
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    external_id: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    province: Mapped[str] = mapped_column(Text)
    commune: Mapped[str | None] = mapped_column(Text)
    venue: Mapped[str | None] = mapped_column(Text)
    day: Mapped[str] = mapped_column(Text)
    """YYYY-MM-DD; with the province code it says which unit was meant, whatever is merged later."""
    organiser: Mapped[str | None] = mapped_column(Text)
    sites: Mapped[int] = mapped_column(Micros)
    classes: Mapped[int] = mapped_column(Micros)
    participants: Mapped[int] = mapped_column(Micros)
    views: Mapped[int] = mapped_column(Micros)
    strand: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    """JSON, a list as `EvidenceLink` on the wire."""
    points: Mapped[int] = mapped_column(Micros)
    """Its rows of `connection_point`."""
    points_digest: Mapped[str | None] = mapped_column(Text)
    """Of them all, to see that they are told unchanged; null without any."""
    updated: Mapped[int] = mapped_column(Micros)


class ConnectionPoint(Base):
    """A place from which people took part in an activity."""

    __tablename__ = "connection_point"
    __table_args__ = (Index("ix_connection_point_activity", "activity", "number"),)

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order in which they were told."""
    activity: Mapped[str] = mapped_column(ForeignKey("activity.id"))
    name: Mapped[str] = mapped_column(Text)
    commune: Mapped[str] = mapped_column(Text)
    participants: Mapped[int] = mapped_column(Micros)


class CampaignGoals(Base):
    """What a campaign wanted to reach, since when: a report of an earlier time prints the targets of that time."""

    __tablename__ = "campaign_goals"

    campaign: Mapped[str] = mapped_column(ForeignKey("campaign.slug"), primary_key=True)
    since: Mapped[int] = mapped_column(Micros, primary_key=True, autoincrement=False)
    goals: Mapped[list[Any]] = mapped_column(JSON)
    """As `Goal` on the wire."""


class ReachCell(Base):
    """Rollup of activities, kept in the writing transaction: by how much the figures rose, or fell, on a day."""

    __tablename__ = "reach_cell"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day on which it was told."""
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    """YYYY-MM in which it took place."""
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    province: Mapped[str] = mapped_column(Text, primary_key=True)
    strand: Mapped[str] = mapped_column(Text, primary_key=True)
    """Empty: none was told."""
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    activities: Mapped[int] = mapped_column(Micros)
    points: Mapped[int] = mapped_column(Micros)
    sites: Mapped[int] = mapped_column(Micros)
    classes: Mapped[int] = mapped_column(Micros)
    participants: Mapped[int] = mapped_column(Micros)
    views: Mapped[int] = mapped_column(Micros)


class CommuneCell(Base):
    """The same by commune, for goals that count communes: connection points included, each of them a site."""

    __tablename__ = "commune_cell"

    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    commune: Mapped[str] = mapped_column(Text, primary_key=True)
    held: Mapped[str] = mapped_column(Text, primary_key=True)
    """YYYY-MM-DD on which it took place; with the code it says which unit was meant."""
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day on which it was told."""
    strand: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    told: Mapped[int] = mapped_column(Micros)
    """Activities and connection points."""
    sites: Mapped[int] = mapped_column(Micros)
