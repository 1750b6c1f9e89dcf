"""Takedown cases, their clock, and whom to reach."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "calendar_day",
    "repeat_policy",
    "takedown_policy",
    "takedown",
    "takedown_request",
    "takedown_step",
    "takedown_outcome",
    "takedown_pause",
    "contact",
    "push",
    "responsibility",
)


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "day", name="pk_calendar_day"),
    )
    op.create_table(
        "repeat_policy",
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("violations", sa.Integer(), nullable=False),
        sa.Column("lock_days_least", sa.Integer(), nullable=False),
        sa.Column("lock_days_most", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("days", name="pk_repeat_policy"),
    )
    op.create_table(
        "takedown_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("seconds", MICROS, nullable=False),
        sa.Column("acknowledge_seconds", MICROS, nullable=True),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("warn_seconds", sa.JSON(), nullable=False),
        sa.Column("escalate_seconds", MICROS, nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("added", MICROS, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_takedown_policy"),
    )
    op.create_table(
        "takedown",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("platform", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("opened", MICROS, nullable=False),
        sa.Column("due", MICROS, nullable=True),
        sa.Column("acknowledge_due", MICROS, nullable=True),
        sa.Column("acknowledged", MICROS, nullable=True),
        sa.Column("decided", MICROS, nullable=True),
        sa.Column("acted", sa.Boolean(), nullable=False),
        sa.Column("wakes", MICROS, nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("breached", MICROS, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("paused", MICROS, nullable=True),
        sa.Column("closed", MICROS, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["platform"], ["partner.id"], name="fk_takedown_platform"),
        sa.PrimaryKeyConstraint("number", name="pk_takedown"),
        sa.UniqueConstraint("id", name="uq_takedown_id"),
    )
    op.create_index("ix_takedown_account", "takedown", ["platform", "account", "decided"], unique=False)
    op.create_index("ix_takedown_queue", "takedown", ["platform", "state", "number"], unique=False)
    op.create_index(
        "ix_takedown_wakes",
        "takedown",
        ["wakes"],
        unique=False,
        sqlite_where=sa.text("wakes IS NOT NULL"),
        postgresql_where=sa.text("wakes IS NOT NULL"),
    )
    op.create_index(
        "uq_takedown_open",
        "takedown",
        ["target", "platform"],
        unique=True,
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("closed = 0"),
    )
    op.create_table(
        "takedown_request",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("takedown", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("order_date", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("policy", sa.Integer(), nullable=True),
        sa.Column("due", MICROS, nullable=True),
        sa.Column("withdrawn", MICROS, nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_takedown_request_partner"),
        sa.ForeignKeyConstraint(["policy"], ["takedown_policy.id"], name="fk_takedown_request_policy"),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_takedown_request_takedown"),
        sa.PrimaryKeyConstraint("number", name="pk_takedown_request"),
        sa.UniqueConstraint("takedown", "partner", name="uq_takedown_request_takedown_partner"),
    )
    op.create_index("ix_takedown_request_partner", "takedown_request", ["partner", "takedown"], unique=False)
    op.create_table(
        "takedown_step",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("takedown", MICROS, nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("actor", sa.Integer(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("position", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["actor"], ["partner.id"], name="fk_takedown_step_actor"),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_takedown_step_takedown"),
        sa.PrimaryKeyConstraint("number", name="pk_takedown_step"),
    )
    op.create_index("ix_takedown_step_takedown", "takedown_step", ["takedown"], unique=False)
    op.create_table(
        "takedown_outcome",
        sa.Column("takedown", MICROS, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("ends", MICROS, nullable=True),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_takedown_outcome_takedown"),
        sa.PrimaryKeyConstraint("takedown", "version", name="pk_takedown_outcome"),
    )
    op.create_table(
        "takedown_pause",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("takedown", MICROS, nullable=False),
        sa.Column("since", MICROS, nullable=False),
        sa.Column("until", MICROS, nullable=True),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_takedown_pause_partner"),
        sa.ForeignKeyConstraint(["takedown"], ["takedown.number"], name="fk_takedown_pause_takedown"),
        sa.PrimaryKeyConstraint("number", name="pk_takedown_pause"),
    )
    op.create_index("ix_takedown_pause_takedown", "takedown_pause", ["takedown"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("added", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_contact_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("partner", "level", name="uq_contact_partner_level"),
    )
    op.create_table(
        "push",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("patience", MICROS, nullable=True),
        sa.Column("wakes", MICROS, nullable=True),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("sent", MICROS, nullable=True),
        sa.Column("acknowledged", MICROS, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_push_partner"),
        sa.PrimaryKeyConstraint("number", name="pk_push"),
        sa.UniqueConstraint("id", name="uq_push_id"),
        sa.UniqueConstraint("subject", "partner", "round", name="uq_push_subject_partner_round"),
    )
    op.create_index(
        "ix_push_wakes",
        "push",
        ["wakes"],
        unique=False,
        sqlite_where=sa.text("wakes IS NOT NULL"),
        postgresql_where=sa.text("wakes IS NOT NULL"),
    )
    op.create_table(
        "responsibility",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("protection", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency"], ["partner.id"], name="fk_responsibility_agency"),
        sa.ForeignKeyConstraint(["protection"], ["partner.id"], name="fk_responsibility_protection"),
        sa.PrimaryKeyConstraint("id", name="pk_responsibility"),
    )
    rights.ordinary(TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
