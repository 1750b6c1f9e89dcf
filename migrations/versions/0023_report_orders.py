"""Templates, schedules and cuts of reports; keys that signed stay known after they have retired."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("due IS NOT NULL")
OPEN = sa.text("state IN ('queued', 'counting')")
TABLES = ("report_template", "report_schedule", "report_cut")


def upgrade() -> None:
    op.create_table(
        "report_template",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_template_partner"),
        sa.PrimaryKeyConstraint("partner", "slug", name="pk_report_template"),
    )
    op.create_table(
        "report_schedule",
        sa.Column("partner", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("slug", "client", "scopes")),
        sa.Column("body", sa.JSON(), nullable=False),
        *(sa.Column(name, MICROS, nullable=True) for name in ("due", "ordered")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("until", "report", "trouble")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_schedule_partner"),
        sa.PrimaryKeyConstraint("partner", "slug", name="pk_report_schedule"),
    )
    op.create_index("ix_report_schedule_due", "report_schedule", ["due"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_table(
        "report_cut",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lease", MICROS, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in ("rows", "parquet")),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_cut_partner"),
        sa.PrimaryKeyConstraint("number", name="pk_report_cut"),
        sa.UniqueConstraint("id", name="uq_report_cut_id"),
    )
    op.create_index("ix_report_cut_partner_number", "report_cut", ["partner", "number"])
    op.create_index("ix_report_cut_lease", "report_cut", ["lease"], sqlite_where=OPEN, postgresql_where=OPEN)
    rights.ordinary(TABLES)
    # Null until the hub, which alone can open its keys, has started once.
    op.add_column("signing_key", sa.Column("public", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("signing_key", "public")
    op.execute("DELETE FROM signing_key WHERE length(private) = 0")
    for table in reversed(TABLES):
        op.drop_table(table)
