"""Rollups of the campaign's reach and of what became of its content, and what takedowns are counted by.

What was told before is counted on the day on which it was last told: nobody kept an earlier one.
"""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REACH = ("activities", "points", "sites", "classes", "participants", "views")
_AT = {"takedown_step": "at", "takedown_outcome": "at", "takedown": "opened"}
_SINCE = ("acknowledged", "breached")
_CELLS = ("reach_cell", "commune_cell", "usage_cell")
_BACKFILL = """
INSERT INTO reach_cell (day, month, campaign, partner, province, strand, kind,
    activities, points, sites, classes, participants, views)
SELECT DAY_OF(updated), substr(day, 1, 7), campaign, partner, province, coalesce(strand, ''), kind,
    count(*), sum(points), sum(sites), sum(classes), sum(participants), sum(views)
FROM activity GROUP BY 1, 2, 3, 4, 5, 6, 7;
INSERT INTO commune_cell (campaign, commune, held, day, strand, kind, told, sites)
SELECT campaign, commune, held, told_on, strand, kind, count(*), sum(sites) FROM (
    SELECT campaign, commune, day AS held, DAY_OF(updated) AS told_on, coalesce(strand, '') AS strand, kind, sites
    FROM activity WHERE commune IS NOT NULL
    UNION ALL
    SELECT campaign, connection_point.commune, day, DAY_OF(updated), coalesce(strand, ''), kind, 1
    FROM connection_point JOIN activity ON activity.id = connection_point.activity
) AS every GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO usage_cell (day, month, material, partner, platform, posts, reach)
SELECT DAY_OF(updated), substr(day, 1, 7), material, partner, platform, count(*), sum(reach)
FROM usage_report GROUP BY 1, 2, 3, 4, 5;
INSERT INTO campaign_goals (campaign, since, goals) SELECT slug, created, goals FROM campaign;
UPDATE takedown SET basis = coalesce((SELECT basis FROM takedown_request
    WHERE takedown_request.takedown = takedown.number ORDER BY takedown_request.number LIMIT 1), '');
UPDATE takedown_request SET asked = at;
UPDATE takedown_outcome SET due = (SELECT due FROM takedown WHERE number = takedown_outcome.takedown);
UPDATE recall_acknowledgement SET first = at
"""


def upgrade() -> None:
    _make_cells()
    op.create_table(
        "campaign_goals",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("since", MICROS, nullable=False),
        sa.Column("goals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_campaign_goals_campaign"),
        sa.PrimaryKeyConstraint("campaign", "since", name="pk_campaign_goals"),
    )
    rights.ordinary([*_CELLS, "campaign_goals"])
    op.add_column("takedown", sa.Column("basis", sa.Text(), nullable=False, server_default=""))
    op.add_column("takedown_request", sa.Column("asked", MICROS, nullable=False, server_default="0"))
    op.add_column("takedown_outcome", sa.Column("due", MICROS))
    op.add_column("recall_acknowledgement", sa.Column("first", MICROS, nullable=False, server_default="0"))
    for table, column in _AT.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
    for column in _SINCE:
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_takedown_{column}", "takedown", [column], sqlite_where=known, postgresql_where=known)
    zoned = "to_char(to_timestamp(updated / 1000000) AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')"
    if op.get_bind().dialect.name == "sqlite":
        zoned = "strftime('%Y-%m-%d', updated / 1000000 + 25200, 'unixepoch')"
    for statement in _BACKFILL.split(";"):
        op.execute(statement.replace("DAY_OF(updated)", zoned))


def _make_cells() -> None:
    day, month, campaign = (sa.Column(name, sa.Text(), nullable=False) for name in ("day", "month", "campaign"))
    op.create_table(
        "reach_cell",
        day,
        month,
        campaign,
        sa.Column("partner", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("province", "strand", "kind")),
        *(sa.Column(name, MICROS, nullable=False) for name in _REACH),
        sa.PrimaryKeyConstraint(
            "day", "month", "campaign", "partner", "province", "strand", "kind", name="pk_reach_cell"
        ),
    )
    names = ("campaign", "commune", "held", "day", "strand", "kind")
    op.create_table(
        "commune_cell",
        *(sa.Column(name, sa.Text(), nullable=False) for name in names),
        *(sa.Column(name, MICROS, nullable=False) for name in ("told", "sites")),
        sa.PrimaryKeyConstraint(*names, name="pk_commune_cell"),
    )
    op.create_table(
        "usage_cell",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("material", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("posts", MICROS, nullable=False),
        sa.Column("reach", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("day", "month", "material", "partner", "platform", name="pk_usage_cell"),
    )


def downgrade() -> None:
    for column in _SINCE:
        op.drop_index(f"ix_takedown_{column}", "takedown")
    for table, column in _AT.items():
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_column("recall_acknowledgement", "first")
    op.drop_column("takedown_outcome", "due")
    op.drop_column("takedown_request", "asked")
    op.drop_column("takedown", "basis")
    for name in ("campaign_goals", *_CELLS):
        op.drop_table(name)
