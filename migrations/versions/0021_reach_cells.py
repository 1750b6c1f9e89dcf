"""Rollups of the campaign's reach, and the order in time of what takedowns count."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REACH = ("activities", "sites", "classes", "participants", "views")
_TIMED = ("takedown_step", "takedown_request", "takedown_outcome")


def upgrade() -> None:
    op.create_table(
        "reach_cell",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("strand", sa.Text(), nullable=False),
        *(sa.Column(name, MICROS, nullable=False) for name in _REACH),
        sa.PrimaryKeyConstraint("day", "month", "campaign", "partner", "province", "strand", name="pk_reach_cell"),
    )
    op.create_table(
        "usage_cell",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("material", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("posts", MICROS, nullable=False),
        sa.Column("reach", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("day", "month", "material", "partner", "platform", name="pk_usage_cell"),
    )
    rights.ordinary(["reach_cell", "usage_cell"])
    for name in _TIMED:
        op.create_index(f"ix_{name}_at", name, ["at"])


def downgrade() -> None:
    for name in _TIMED:
        op.drop_index(f"ix_{name}_at", name)
    op.drop_table("usage_cell")
    op.drop_table("reach_cell")
