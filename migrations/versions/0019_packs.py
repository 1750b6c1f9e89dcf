"""Packs of quizzes and scenarios."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pack",
        sa.Column("version", MICROS, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_pack_version"),
        sa.PrimaryKeyConstraint("version", name="pk_pack"),
    )
    rights.ordinary(["pack"])


def downgrade() -> None:
    op.drop_table("pack")
