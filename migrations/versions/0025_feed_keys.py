"""Static keys for programs that speak a format of their own; when a partner's sight was last narrowed."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("format", "key_digest")),
        sa.Column("second_digest", sa.Text(), nullable=True),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("min_score", sa.SmallInteger(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("groups", "scopes")),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("revoked", MICROS, nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_feed_key_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_feed_key"),
        sa.UniqueConstraint("key_digest", name="uq_feed_key_key_digest"),
    )
    op.create_index("ix_feed_key_partner", "feed_key", ["partner"])
    rights.ordinary(["feed_key"])
    op.add_column("partner", sa.Column("lost", MICROS, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("partner", "lost")
    op.drop_table("feed_key")
