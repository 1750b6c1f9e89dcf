"""Tables of materials: versions, assets, reviews and what they need, licences, and who fetched what."""

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
    territory: Mapped[str] = mapped_column(Text, default="")
    """Codes of countries, separated by spaces; empty: everywhere."""
    asset_texts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    posts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    brief: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    withdrawn: Mapped[int | None] = mapped_column(Micros)
    """When it was recalled; null for what a newer version merely replaced."""
    reason: Mapped[str | None] = mapped_column(Text)
    replacement: Mapped[str | None] = mapped_column(Text)
    """Id of the material to use instead."""


class Asset(Base):
    """A file of a version. Its bytes lie under their own digest and never change."""

    __tablename__ = "asset"

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Micros)
    sha256: Mapped[str] = mapped_column(Text, index=True)
    scan: Mapped[str] = mapped_column(Text, default="not_scanned")
    """What scanners of malware said when it came in."""


class Rendition(Base):
    """What the hub made of the bytes of an asset. It is named by them, and once made it stands."""

    __tablename__ = "rendition"

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    """SHA-256 of the bytes that it was made of."""
    recipe: Mapped[str] = mapped_column(Text, primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    size: Mapped[int] = mapped_column(Micros)
    sha256: Mapped[str] = mapped_column(Text, index=True)


class PackRow(Base):
    """The questions of a quiz or the steps of a scenario."""

    __tablename__ = "pack"

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    """JSON with sorted keys, as it was digested: what was approved is read again letter by letter."""
    sha256: Mapped[str] = mapped_column(Text)


class Upload(Base):
    """A file that comes in pieces, over as many connections as it takes. How far it has come, its file knows."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    material: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(Micros)
    sha256: Mapped[str | None] = mapped_column(Text)
    """What the sender says that it will be."""
    expires: Mapped[int] = mapped_column(Micros, index=True)
    finished: Mapped[bool] = mapped_column()
    """Whether it has become an asset."""


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
    role: Mapped[str] = mapped_column(Text)
    """Kind of the partner when it decided."""
    lapsed: Mapped[int | None] = mapped_column(Micros)
    """When a rejection sent the version back: the same words handed in again are looked at again."""


class ApprovalPolicy(Base):
    """So many partners of a kind must approve materials of a kind and a category; null: of all."""

    __tablename__ = "approval_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    approvals: Mapped[int] = mapped_column()
    material_kind: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[str] = mapped_column(Text)
    """Day in Viet Nam, YYYY-MM-DD."""
    valid_until: Mapped[str | None] = mapped_column(Text)
    added: Mapped[int] = mapped_column(Micros)
    added_by: Mapped[str] = mapped_column(Text)


class Requirement(Base):
    """A policy that held for a version when it was published, and holds for it for good."""

    __tablename__ = "requirement"

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    policy: Mapped[int] = mapped_column(ForeignKey("approval_policy.id"), primary_key=True)


class LicenceText(Base):
    """The terms behind a reference, in one of their versions."""

    __tablename__ = "licence_text"

    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    vi: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    since: Mapped[int] = mapped_column(Micros)
    until: Mapped[int | None] = mapped_column(Micros)
    """When the next version took its place; null for the one that holds."""


class Acceptance(Base):
    """That a client accepted a licence text on behalf of its partner."""

    __tablename__ = "licence_acceptance"

    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    client: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[int] = mapped_column(Micros)


class Acknowledgement(Base):
    """What a partner says that it did with a version that it had fetched and that was recalled."""

    __tablename__ = "recall_acknowledgement"

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    client: Mapped[str] = mapped_column(Text)
    first: Mapped[int] = mapped_column(Micros)
    """When it said so for the first time; it may say more later."""
    at: Mapped[int] = mapped_column(Micros)
    done: Mapped[str] = mapped_column(Text)
    posts: Mapped[list[Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text)


class Fetch(Base):
    """That a partner downloaded an asset on a day: one row, however often and in however many pieces."""

    __tablename__ = "fetch"
    __table_args__ = (Index("ix_fetch_day", "day"),)

    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True)
    asset: Mapped[str] = mapped_column(Text, primary_key=True)
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day, YYYY-MM-DD."""


class SearchText(Base):
    """The words of a version as people look for them; `core.content.search` writes and reads it."""

    __tablename__ = "search_text"
    # In the order of lists, so that a page ends when it is full.
    __table_args__ = ({"sqlite_with_rowid": False},)

    material: Mapped[int] = mapped_column(ForeignKey("material.number"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(ForeignKey("material_version.number"), primary_key=True, autoincrement=False)
    accented: Mapped[str] = mapped_column(Text)
    """Words in small letters, with their marks, a space before and after each."""
    folded: Mapped[str] = mapped_column(Text)
    """The same without marks."""
    facets: Mapped[str] = mapped_column(Text)
    """`language:vi` and the like, a space before and after each."""


class ShortLink(Base):
    """What a QR code leads to: one code for each material, for good."""

    __tablename__ = "short_link"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    material: Mapped[int] = mapped_column(ForeignKey("material.number"), unique=True)


class UsageReport(Base):
    """A post in which a partner used a material, and how many it reached. Says nothing of who saw it."""

    __tablename__ = "usage_report"
    __table_args__ = (UniqueConstraint("partner", "url"), Index("ix_usage_report_material", "material"))

    number: Mapped[int] = mapped_column(Micros, primary_key=True)
    """Rises in the order of arrival; the cursor of lists."""
    partner: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    url: Mapped[str] = mapped_column(Text)
    """As browsers write it (WHATWG)."""
    material: Mapped[int] = mapped_column(ForeignKey("material.number"))
    platform: Mapped[str] = mapped_column(Text)
    day: Mapped[str] = mapped_column(Text)
    """YYYY-MM-DD."""
    reach: Mapped[int] = mapped_column(Micros)
    updated: Mapped[int] = mapped_column(Micros)


class UsageCell(Base):
    """Rollup of usage reports, kept in the writing transaction: by how much the figures rose, or fell, on a day."""

    __tablename__ = "usage_cell"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    """The hub's day on which it was told."""
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    """YYYY-MM of the post."""
    material: Mapped[int] = mapped_column(Micros, primary_key=True)
    partner: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    posts: Mapped[int] = mapped_column(Micros)
    reach: Mapped[int] = mapped_column(Micros)
