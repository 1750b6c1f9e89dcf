"""Who carries a campaign, what it wants to reach, and the places of its activities."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = ("strand", "evidence", "points", "points_digest")


def upgrade() -> None:
    op.add_column("campaign", sa.Column("parties", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("campaign", sa.Column("goals", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("activity", sa.Column("strand", sa.Text(), nullable=True))
    op.add_column("activity", sa.Column("evidence", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("activity", sa.Column("points", MICROS, nullable=False, server_default="0"))
    op.add_column("activity", sa.Column("points_digest", sa.Text(), nullable=True))
    op.create_index("ix_activity_campaign_commune", "activity", ["campaign", "commune"], unique=False)
    op.create_table(
        "connection_point",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("commune", sa.Text(), nullable=False),
        sa.Column("participants", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activity.id"], name="fk_connection_point_activity"),
        sa.PrimaryKeyConstraint("number", name="pk_connection_point"),
    )
    op.create_index("ix_connection_point_activity", "connection_point", ["activity", "number"], unique=False)
    rights.ordinary(["connection_point"])


def downgrade() -> None:
    op.drop_table("connection_point")
    op.drop_index("ix_activity_campaign_commune", "activity")
    for column in reversed(ADDED):
        op.drop_column("activity", column)
    op.drop_column("campaign", "goals")
    op.drop_column("campaign", "parties")
