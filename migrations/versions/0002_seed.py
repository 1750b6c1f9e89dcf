"""Rows without which nothing runs: the head of the log, how long things are kept, which kind may hold which scope."""

import sqlalchemy as sa
from alembic import op

from core.auth import kinds

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DAY = 86_400
KEPT = {
    "closed_claims": (90 * DAY, "Peers' clients refetch everything after at most 30 to 85 days without a fetch."),
    "events": (400 * DAY, "A yearly report and the month after it."),
    "ticks": (730 * DAY, "Audit questions come within two years."),
}


def upgrade() -> None:
    head = sa.table("log_head", *(sa.column(name) for name in ("id", "position", "at", "n")))
    # Positions start above 10: peers' clients ask for "everything" with a start of 10.
    op.bulk_insert(head, [{"id": 1, "position": 10, "at": 0, "n": 0}])
    retention = sa.table("retention", *(sa.column(name) for name in ("what", "seconds", "source", "horizon")))
    rows = [
        {"what": what, "seconds": seconds, "source": source, "horizon": 0} for what, (seconds, source) in KEPT.items()
    ]
    op.bulk_insert(retention, rows)
    kinds.seed(op.get_bind())


def downgrade() -> None:
    for table in ("log_head", "retention", "kind_scope"):
        op.execute(sa.table(table).delete())
