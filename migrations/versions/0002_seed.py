"""Rows without which nothing runs: the head of the log, how long things are kept, which kind may hold which scope."""

import sqlalchemy as sa
from alembic import op

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

# The alliance's access policy of 2026-11-22, for the first release; later changes are made at PUT /v1/kinds/{kind}.
READ = ("signals:read", "campaigns:read", "content:read", "reports:read")
SHARE = (*READ, "signals:write", "groups:write")
CREATE = (*SHARE, "campaigns:write", "content:write", "content:approve")
KINDS = {
    "platform": SHARE,
    "protection": CREATE,
    "agency": (*CREATE, "reports:national"),
    "alliance": (*CREATE, "partners:read", "partners:admit"),
    "creator": ("campaigns:read", "content:read"),
    "operator": (*CREATE, "reports:national", "partners:read", "partners:admit"),
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
    allowed = sa.table("kind_scope", sa.column("kind"), sa.column("scope"))
    op.bulk_insert(allowed, [{"kind": kind, "scope": scope} for kind, scopes in KINDS.items() for scope in scopes])
    op.bulk_insert(sa.table("access_version", sa.column("id"), sa.column("version")), [{"id": 1, "version": 1}])


def downgrade() -> None:
    for table in ("log_head", "retention", "kind_scope", "access_version"):
        op.execute(sa.table(table).delete())
