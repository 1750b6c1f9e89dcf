"""Ids of the indicators that the hub made; and what may drop objects whose claims are purged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOBODY = "current_setting('kmm.partner', true) = '0'"
MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "taxii_rendered",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_taxii_rendered"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The plugin itself, which works for no partner.
        op.execute(f"CREATE POLICY keeper ON taxii_object TO kmm_reader USING ({NOBODY}) WITH CHECK ({NOBODY})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP POLICY keeper ON taxii_object")
    op.drop_table("taxii_rendered")
