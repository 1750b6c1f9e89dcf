"""Endpoints, replays, the log of attempts, the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = {"what": "webhooks_deliveries", "seconds": 30 * 86_400, "source": "A month to find out what was missed."}


def upgrade() -> None:
    op.create_table(
        "webhooks_endpoint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", MICROS, nullable=True),
        sa.Column("cursor", MICROS, nullable=False),
        sa.Column("told", MICROS, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due", MICROS, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks_endpoint"),
    )
    op.create_index("ix_webhooks_endpoint_partner", "webhooks_endpoint", ["partner"])
    op.create_table(
        "webhooks_replay",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cursor", MICROS, nullable=False),
        sa.Column("until", MICROS, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due", MICROS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks_replay"),
    )
    op.create_index("ix_webhooks_replay_state", "webhooks_replay", ["state", "endpoint"])
    op.create_table(
        "webhooks_delivery",
        sa.Column("id", MICROS, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks_delivery"),
    )
    op.create_index("ix_webhooks_delivery_endpoint", "webhooks_delivery", ["endpoint", "id"])
    op.create_index("ix_webhooks_delivery_at", "webhooks_delivery", ["at"])
    desk = op.create_table(
        "webhooks_desk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", MICROS, nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks_desk"),
    )
    op.bulk_insert(desk, [{"id": 1, "holder": "", "until": 0, "changes": 0}])
    retention = sa.table("retention", *(sa.column(name) for name in ("what", "seconds", "source", "horizon")))
    op.bulk_insert(retention, [{**KEPT, "horizon": 0}])


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM retention WHERE what = :what").bindparams(what=KEPT["what"]))
    for table in ("webhooks_desk", "webhooks_delivery", "webhooks_replay", "webhooks_endpoint"):
        op.drop_table(table)
