"""Ids of the indicators that the hub made."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "taxii_rendered",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_taxii_rendered"),
    )


def downgrade() -> None:
    op.drop_table("taxii_rendered")
