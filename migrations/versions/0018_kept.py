"""How long what concerns a person in need is kept, and what was pushed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DAY = 86_400
KEPT = {
    "referrals": (730 * DAY, "From its end: whoever helped may have to account for it within two years."),
    "emergencies": (730 * DAY, "From its lowering, for the same reason."),
    "pushes": (90 * DAY, "A quarterly look at who was reached in time."),
}


def upgrade() -> None:
    rows = [
        {"what": what, "seconds": seconds, "source": source, "horizon": 0} for what, (seconds, source) in KEPT.items()
    ]
    op.bulk_insert(sa.table("retention", *(sa.column(name) for name in ("what", "seconds", "source", "horizon"))), rows)


def downgrade() -> None:
    kept = ", ".join(f"'{what}'" for what in KEPT)
    op.execute(f"DELETE FROM retention WHERE what IN ({kept})")  # noqa: S608  (our own names)
