"""Cells tell why claims closed, and which of the openings were the hub's first word of a signal."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("first", "retracted", "expired"):
        op.add_column("cell", sa.Column(name, MICROS, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("first", "retracted", "expired"):
        op.drop_column("cell", name)
