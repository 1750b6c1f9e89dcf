"""Tables of materials: versions, assets, reviews, and who fetched what."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Micros


class Material(Base):
    """What a partner offers to be published by others; all that can change hangs on its versions."""

    __tablename__ = "material"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order of creation; the cursor of lists."""
    id: Mapped[str] = mapped_column(Text, unique=True)
    author: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    revision: Mapped[int] = mapped_column(Micros)
    """Raised by every change to it, its versions and their assets: its ETag."""
    created: Mapped[int] = mapped_column(Micros)
    withdrawn: Mapped[int | None] = mapped_column(Micros)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was withdrawn."""
    replacement: Mapped[str | None] = mapped_column(Text)
    """Id of the material to use instead."""


class Version(Base):
    """One state of a material's words and assets, on its way from draft to withdrawn."""

    __tablename__ = "material_version"
    __table_args__ = (UniqueConstraint("material", "version"), Index("ix_material_version_state", "state"))

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    material: Mapped[int] = mapped_column(ForeignKey("material.number"))
    version: Mapped[int] = mapped_column()
    """1, 2, 3… within the material."""
    state: Mapped[str] = mapped_column(Text)
    title_vi: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    languages: Mapped[list[Any]] = mapped_column(JSON)
    audiences: Mapped[list[Any]] = mapped_column(JSON)
    categories: Mapped[list[Any]] = mapped_column(JSON)
    licence: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(ForeignKey("campaign.slug"))
    opens: Mapped[int | None] = mapped_column(Micros)
    closes: Mapped[int | None] = mapped_column(Micros)
    digest: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of the manifest of words and assets, while it is submitted or further; what a review names."""
    published: Mapped[int | None] = mapped_column(Micros)


class Asset(Base):
    """A file of a version. Its bytes lie under their own digest and never change."""

    __tablename__ = "asset"

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Micros)
    sha256: Mapped[str] = mapped_column(Text, index=True)


class Review(Base):
    """A decision of another partner over a digest."""

    __tablename__ = "review"

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), index=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    client: Mapped[str] = mapped_column(Text)
    """Whose decision it was, should it have to be traced."""
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(Micros)


class Fetch(Base):
    """That a partner downloaded an asset on a day: one row, however often and in however many pieces."""

    __tablename__ = "fetch"
    __table_args__ = (Index("ix_fetch_day", "day"),)

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    asset: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day, YYYY-MM-DD."""
