"""Every table of core."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_version"),
    )
    op.create_table(
        "event",
        sa.Column("position", MICROS, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("audience", MICROS, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_event"),
    )
    op.create_table(
        "kind_scope",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", name="pk_kind_scope"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", MICROS, nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("n", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attribution", sa.Text(), nullable=False),
        sa.Column("view", MICROS, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
        sa.UniqueConstraint("slug", name="uq_partner_slug"),
    )
    op.create_table(
        "retention",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("seconds", MICROS, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("horizon", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("what", name="pk_retention"),
    )
    op.create_table(
        "revocation",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_revocation"),
    )
    op.create_index("ix_revocation_expires", "revocation", ["expires"], unique=False)
    op.create_table(
        "signal",
        sa.Column("id", MICROS, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("claims", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
        sa.UniqueConstraint("key", name="uq_signal_key"),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("signs_from", MICROS, nullable=False),
        sa.Column("retires", MICROS, nullable=True),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    op.create_table(
        "tick",
        sa.Column("position", MICROS, autoincrement=False, nullable=False),
        sa.Column("n", MICROS, nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_tick"),
    )
    op.create_index("ix_tick_at", "tick", ["at"], unique=False)
    op.create_table(
        "used_assertion",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("client", "jti", name="pk_used_assertion"),
    )
    op.create_index("ix_used_assertion_expires", "used_assertion", ["expires"], unique=False)
    op.create_table(
        "audience",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["partner.id"], name="fk_audience_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_audience"),
        sa.UniqueConstraint("owner", "tlp", "groups", name="uq_audience_owner_tlp_groups"),
    )
    op.create_table(
        "campaign",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("title_vi", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=True),
        sa.Column("ends", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", MICROS, nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("updated", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["partner.id"], name="fk_campaign_owner"),
        sa.PrimaryKeyConstraint("slug", name="pk_campaign"),
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("auth_method", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.Text(), nullable=True),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("disabled", MICROS, nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_client_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_index("ix_client_partner", "client", ["partner"], unique=False)
    op.create_table(
        "material",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("author", sa.Integer(), nullable=False),
        sa.Column("revision", MICROS, nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("withdrawn", MICROS, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replacement", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["author"], ["partner.id"], name="fk_material_author"),
        sa.PrimaryKeyConstraint("number", name="pk_material"),
        sa.UniqueConstraint("id", name="uq_material_id"),
    )
    op.create_table(
        "reference",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("signal", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_reference_partner"),
        sa.ForeignKeyConstraint(["signal"], ["signal.id"], name="fk_reference_signal"),
        sa.PrimaryKeyConstraint("partner", "external_id", name="pk_reference"),
    )
    op.create_index("ix_reference_signal", "reference", ["signal"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("position", MICROS, nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_partner_position", "report", ["partner", "position"], unique=False)
    op.create_table(
        "sharing_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("founder", sa.Integer(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["founder"], ["partner.id"], name="fk_sharing_group_founder"),
        sa.PrimaryKeyConstraint("id", name="pk_sharing_group"),
        sa.UniqueConstraint("slug", name="uq_sharing_group_slug"),
    )
    op.create_table(
        "activity",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("commune", sa.Text(), nullable=True),
        sa.Column("venue", sa.Text(), nullable=True),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=True),
        sa.Column("sites", MICROS, nullable=False),
        sa.Column("classes", MICROS, nullable=False),
        sa.Column("participants", MICROS, nullable=False),
        sa.Column("views", MICROS, nullable=False),
        sa.Column("updated", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_activity_campaign"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_activity_partner"),
        sa.PrimaryKeyConstraint("number", name="pk_activity"),
        sa.UniqueConstraint("campaign", "partner", "external_id", name="uq_activity_campaign_partner_external_id"),
        sa.UniqueConstraint("id", name="uq_activity_id"),
    )
    op.create_index("ix_activity_campaign_number", "activity", ["campaign", "number"], unique=False)
    op.create_index("ix_activity_day", "activity", ["day"], unique=False)
    op.create_table(
        "cell",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("new", MICROS, nullable=False),
        sa.Column("opened", MICROS, nullable=False),
        sa.Column("closed", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["audience"], ["audience.id"], name="fk_cell_audience"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_cell_partner"),
        sa.PrimaryKeyConstraint("day", "partner", "audience", "kind", "category", name="pk_cell"),
    )
    op.create_table(
        "claim",
        sa.Column("position", MICROS, autoincrement=False, nullable=False),
        sa.Column("signal", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("closed", MICROS, nullable=False),
        sa.Column("opened", MICROS, nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("confidence", sa.SmallInteger(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("first_seen", MICROS, nullable=True),
        sa.Column("last_seen", MICROS, nullable=True),
        sa.Column("valid_until", MICROS, nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("derived_from", sa.Text(), nullable=False),
        sa.Column("names", MICROS, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audience"], ["audience.id"], name="fk_claim_audience"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_claim_partner"),
        sa.ForeignKeyConstraint(["signal"], ["signal.id"], name="fk_claim_signal"),
        sa.PrimaryKeyConstraint("position", name="pk_claim"),
        sa.UniqueConstraint("signal", "partner", "closed", name="uq_claim_signal_partner_closed"),
    )
    op.create_index(
        "ix_claim_closed",
        "claim",
        ["closed"],
        unique=False,
        sqlite_where=sa.text("closed > 0"),
        postgresql_where=sa.text("closed > 0"),
    )
    op.create_index(
        "ix_claim_valid_until",
        "claim",
        ["valid_until"],
        unique=False,
        sqlite_where=sa.text("closed = 0 AND valid_until IS NOT NULL"),
        postgresql_where=sa.text("closed = 0 AND valid_until IS NOT NULL"),
    )
    op.create_table(
        "digest",
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sum", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["audience"], ["audience.id"], name="fk_digest_audience"),
        sa.PrimaryKeyConstraint("audience", "kind", name="pk_digest"),
    )
    op.create_table(
        "material_version",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("material", MICROS, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title_vi", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("audiences", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("opens", MICROS, nullable=True),
        sa.Column("closes", MICROS, nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("published", MICROS, nullable=True),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_material_version_campaign"),
        sa.ForeignKeyConstraint(["material"], ["material.number"], name="fk_material_version_material"),
        sa.PrimaryKeyConstraint("number", name="pk_material_version"),
        sa.UniqueConstraint("material", "version", name="uq_material_version_material_version"),
    )
    op.create_index("ix_material_version_state", "material_version", ["state"], unique=False)
    op.create_table(
        "membership",
        sa.Column("group", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["group"], ["sharing_group.id"], name="fk_membership_group"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_membership_partner"),
        sa.PrimaryKeyConstraint("group", "partner", name="pk_membership"),
    )
    op.create_index("ix_membership_partner", "membership", ["partner"], unique=False)
    op.create_table(
        "sight",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["audience"], ["audience.id"], name="fk_sight_audience"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_sight_partner"),
        sa.PrimaryKeyConstraint("partner", "audience", name="pk_sight"),
    )
    op.create_index("ix_sight_audience", "sight", ["audience"], unique=False)
    op.create_table(
        "asset",
        sa.Column("version", MICROS, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", MICROS, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_asset_version"),
        sa.PrimaryKeyConstraint("version", "name", name="pk_asset"),
    )
    op.create_index("ix_asset_sha256", "asset", ["sha256"], unique=False)
    op.create_table(
        "fetch",
        sa.Column("version", MICROS, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_fetch_partner"),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_fetch_version"),
        sa.PrimaryKeyConstraint("version", "asset", "partner", "day", name="pk_fetch"),
    )
    op.create_index("ix_fetch_day", "fetch", ["day"], unique=False)
    op.create_table(
        "review",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("version", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_review_partner"),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_review_version"),
        sa.PrimaryKeyConstraint("number", name="pk_review"),
    )
    op.create_index("ix_review_version", "review", ["version"], unique=False)


def downgrade() -> None:
    for table in (
        "review",
        "fetch",
        "asset",
        "sight",
        "membership",
        "material_version",
        "digest",
        "claim",
        "cell",
        "activity",
        "sharing_group",
        "report",
        "reference",
        "material",
        "client",
        "campaign",
        "audience",
        "used_assertion",
        "tick",
        "signing_key",
        "signal",
        "revocation",
        "retention",
        "partner",
        "log_head",
        "kind_scope",
        "event",
        "access_version",
    ):
        op.drop_table(table)
