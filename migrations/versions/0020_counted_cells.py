"""Cells tell why claims closed, which of the openings were the hub's first word of a signal, what was held or doubted.

Of hubs that have claims, cells are given what can be counted of the rows that are kept. What was purged before, and
what was doubted, stays 0.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ADDED = ("first", "retracted", "expired", "held", "disputed", "refuted")

# The hub's day as a number: Viet Nam has been at UTC+7 for longer than there are hubs.
_DAY = "(t.at + 25200000000) / 86400000000"
_TICK = "(SELECT max(b.position) FROM tick b WHERE b.position <= {position})"
_PLACE = "c.partner, c.audience, s.kind, c.category"
# A signal's id is the position of its first claim; one that another reading brought there is older than its tick.
_OPENED = f"""
SELECT {_DAY} AS day, {_PLACE},
    sum(CASE WHEN c.opened = c.signal AND (c.opened_at = 0 OR c.opened_at >= t.at) THEN 1 ELSE 0 END) AS first,
    sum(CASE WHEN c.held <> '' AND NOT EXISTS (
        SELECT 1 FROM claim b WHERE b.signal = c.signal AND b.partner = c.partner
        AND b.closed = c.opened - 1 AND b.state = 'gone' AND b.held <> '') THEN 1 ELSE 0 END) AS held
FROM claim c JOIN signal s ON s.id = c.signal JOIN tick t ON t.position = {_TICK.format(position="c.opened")}
WHERE c.opened = c.signal OR c.held <> ''
GROUP BY 1, {_PLACE}"""  # noqa: S608  (our own names)
_CLOSED = f"""
SELECT {_DAY} AS day, {_PLACE},
    sum(CASE WHEN c.state = 'retracted' THEN 1 ELSE 0 END) AS retracted,
    sum(CASE WHEN c.state = 'expired' THEN 1 ELSE 0 END) AS expired
FROM claim c JOIN signal s ON s.id = c.signal JOIN tick t ON t.position = {_TICK.format(position="c.closed")}
WHERE c.closed > 0 AND c.state IN ('retracted', 'expired')
GROUP BY 1, {_PLACE}"""  # noqa: S608  (our own names)


def upgrade() -> None:
    for name in _ADDED:
        op.add_column("cell", sa.Column(name, MICROS, nullable=False, server_default="0"))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        # Row-level security shows claims to nobody else, not even to their owner.
        op.execute("SET LOCAL ROLE kmm_writer")
    _fill(_OPENED, ("first", "held"))
    _fill(_CLOSED, ("retracted", "expired"))
    if is_postgresql:
        op.execute("RESET ROLE")


def downgrade() -> None:
    for name in _ADDED:
        op.drop_column("cell", name)


def _fill(counted: str, names: Sequence[str]) -> None:
    found = op.get_bind().execute(sa.text(counted)).mappings().all()
    rows = [{**row, "day": (date(1970, 1, 1) + timedelta(days=int(row["day"]))).isoformat()} for row in found]
    at = " AND ".join(f"{name} = :{name}" for name in ("day", "partner", "audience", "kind", "category"))
    if rows:
        to = ", ".join(f"{name} = :{name}" for name in names)
        op.get_bind().execute(sa.text(f"UPDATE cell SET {to} WHERE {at}"), rows)  # noqa: S608  (our own names)
