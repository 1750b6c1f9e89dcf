"""What stands beside a case: emergencies, appeals, referrals, preservation, how partners did."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "emergency",
    "appeal",
    "appeal_task",
    "referral",
    "referral_step",
    "preservation",
    "custody_entry",
    "partner_quality",
)


def upgrade() -> None:
    op.create_table(
        "emergency",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("protection", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("declared", MICROS, nullable=False),
        sa.Column("lowered", MICROS, nullable=True),
        sa.Column("first", sa.Text(), nullable=True),
        sa.Column("lowering", sa.Integer(), nullable=True),
        sa.Column("second", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lowering"], ["partner.id"], name="fk_emergency_lowering"),
        sa.ForeignKeyConstraint(["agency"], ["partner.id"], name="fk_emergency_agency"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_emergency_partner"),
        sa.ForeignKeyConstraint(["protection"], ["partner.id"], name="fk_emergency_protection"),
        sa.PrimaryKeyConstraint("number", name="pk_emergency"),
        sa.UniqueConstraint("id", name="uq_emergency_id"),
    )
    op.create_table(
        "appeal",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("opened", MICROS, nullable=False),
        sa.Column("look_due", MICROS, nullable=True),
        sa.Column("reviewer", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("closed", MICROS, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_appeal_partner"),
        sa.ForeignKeyConstraint(["reviewer"], ["partner.id"], name="fk_appeal_reviewer"),
        sa.PrimaryKeyConstraint("number", name="pk_appeal"),
        sa.UniqueConstraint("id", name="uq_appeal_id"),
    )
    op.create_index(
        "uq_appeal_open",
        "appeal",
        ["target"],
        unique=True,
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("closed = 0"),
    )
    op.create_table(
        "appeal_task",
        sa.Column("appeal", MICROS, nullable=False),
        sa.Column("takedown", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["appeal"], ["appeal.number"], name="fk_appeal_task_appeal"),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_appeal_task_takedown"),
        sa.PrimaryKeyConstraint("appeal", "takedown", name="pk_appeal_task"),
    )
    op.create_index("ix_appeal_task_takedown", "appeal_task", ["takedown"])
    op.create_table(
        "referral",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("receiver", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("consent", sa.JSON(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("emergency", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offered", MICROS, nullable=False),
        sa.Column("acknowledged", MICROS, nullable=True),
        sa.Column("ended", MICROS, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_referral_partner"),
        sa.ForeignKeyConstraint(["receiver"], ["partner.id"], name="fk_referral_receiver"),
        sa.PrimaryKeyConstraint("number", name="pk_referral"),
        sa.UniqueConstraint("id", name="uq_referral_id"),
    )
    op.create_table(
        "referral_step",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("referral", MICROS, nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("actor", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor"], ["partner.id"], name="fk_referral_step_actor"),
        sa.ForeignKeyConstraint(["referral"], ["referral.number"], name="fk_referral_step_referral"),
        sa.PrimaryKeyConstraint("number", name="pk_referral_step"),
    )
    op.create_index("ix_referral_step_referral", "referral_step", ["referral"], unique=False)
    op.create_table(
        "preservation",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("takedown", MICROS, nullable=True),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("renewals", sa.SmallInteger(), nullable=False),
        sa.Column("since", MICROS, nullable=False),
        sa.Column("until", MICROS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_preservation_partner"),
        sa.ForeignKeyConstraint(["platform"], ["partner.id"], name="fk_preservation_platform"),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_preservation_takedown"),
        sa.PrimaryKeyConstraint("number", name="pk_preservation"),
        sa.UniqueConstraint("id", name="uq_preservation_id"),
    )
    op.create_index("ix_preservation_partner", "preservation", ["partner"], unique=False)
    op.create_index("ix_preservation_platform", "preservation", ["platform"], unique=False)
    op.create_table(
        "custody_entry",
        sa.Column("preservation", MICROS, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", MICROS, nullable=False),
        sa.Column("to", sa.Integer(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_custody_entry_partner"),
        sa.ForeignKeyConstraint(["preservation"], ["preservation.number"], name="fk_custody_entry_preservation"),
        sa.ForeignKeyConstraint(["to"], ["partner.id"], name="fk_custody_entry_to"),
        sa.PrimaryKeyConstraint("preservation", "seq", name="pk_custody_entry"),
    )
    op.create_table(
        "partner_quality",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("upheld", MICROS, nullable=False),
        sa.Column("reversed", MICROS, nullable=False),
        sa.Column("measured", sa.SmallInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_partner_quality_partner"),
        sa.PrimaryKeyConstraint("partner", name="pk_partner_quality"),
    )
    rights.ordinary(TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
