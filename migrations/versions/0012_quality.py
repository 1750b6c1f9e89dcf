"""How well a partner's word was borne out, measured, and the numbers by which that and appeals go."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

POLICIES = {
    "quality_prior": (100, "Nobody is doubted before there is something to count."),
    "quality_prior_weight": (20, "A newcomer's first mistake costs it five points, not its voice."),
    "appeal_look_hours": (24, "A day: whoever is listed wrongly cannot wait, and reviewers work in shifts."),
    "quality_days": (365, "Long enough to have judgements, short enough that a partner can mend its ways."),
}


def upgrade() -> None:
    op.add_column("partner", sa.Column("measured", sa.SmallInteger(), nullable=True))
    rows = [{"name": name, "value": value, "source": source} for name, (value, source) in POLICIES.items()]
    op.bulk_insert(sa.table("signal_policy", *(sa.column(name) for name in ("name", "value", "source"))), rows)


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name in POLICIES)
    op.execute(f"DELETE FROM signal_policy WHERE name IN ({names})")  # noqa: S608  (our own names)
    op.drop_column("partner", "measured")
