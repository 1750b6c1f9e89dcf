"""How much one partner may ask of the others before it has to wait."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

POLICIES = {
    "takedowns_per_hour": (10_000, "One full call: an operation has that many, a queue that people read no more."),
    "open_alarms": (100, "Each wakes somebody when half an hour has passed; more than these nobody answers at once."),
    "emergencies_per_hour": (20, "Far beyond the worst hour known; more would bury those of others."),
    "open_appeals": (100, "What reviewers can look at within the day that they have."),
}


def upgrade() -> None:
    rows = [{"name": name, "value": value, "source": source} for name, (value, source) in POLICIES.items()]
    op.bulk_insert(sa.table("signal_policy", *(sa.column(name) for name in ("name", "value", "source"))), rows)


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name in POLICIES)
    op.execute(f"DELETE FROM signal_policy WHERE name IN ({names})")  # noqa: S608  (our own names)
