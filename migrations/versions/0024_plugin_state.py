"""What the processes of a hub tell each other of its plugins: who was shut away and why, how far each has read."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plugin_state",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("plugin", "origin", "phase", "error")),
        sa.Column("since", MICROS, nullable=False),
        sa.Column("released", MICROS, nullable=True),
        *(sa.Column(name, MICROS, nullable=False) for name in ("cursor", "lease")),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", name="pk_plugin_state"),
    )
    rights.ordinary(["plugin_state"])


def downgrade() -> None:
    op.drop_table("plugin_state")
