"""Reports that are ordered, frozen and rendered, with what they hide.

Reports of the first form go: they hid nothing, had no manifest, and would have to be reckoned with as known.
"""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAKES = sa.text("wakes IS NOT NULL")


def upgrade() -> None:
    op.drop_table("report")
    op.create_table(
        "report",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "definition", "readers")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("since", "until", "state")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("restates", "reason")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("done", "steps")),
        sa.Column("wakes", MICROS, nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("left_out", sa.Text(), nullable=False),
        *(sa.Column(name, MICROS, nullable=True) for name in ("after", "up_to", "ends")),
        sa.Column("provisional", sa.Boolean(), nullable=True),
        *(sa.Column(name, MICROS, nullable=True) for name in ("frozen", "position")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("sha256", "pattern_sha256", "manifest")),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_partner"),
        sa.PrimaryKeyConstraint("number", name="pk_report"),
        sa.UniqueConstraint("id", name="uq_report_id"),
    )
    op.create_index("ix_report_partner_number", "report", ["partner", "number"])
    op.create_index("ix_report_wakes", "report", ["wakes"], sqlite_where=WAKES, postgresql_where=WAKES)
    op.create_table(
        "report_file",
        sa.Column("report", MICROS, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("size", MICROS, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.number"], name="fk_report_file_report"),
        sa.PrimaryKeyConstraint("report", "name", name="pk_report_file"),
    )
    op.create_index("ix_report_file_sha256", "report_file", ["sha256"])
    op.create_table(
        "report_secret",
        sa.Column("report", MICROS, nullable=False),
        sa.Column("cubes", sa.LargeBinary(), nullable=False),
        sa.Column("cubes_sha256", sa.Text(), nullable=False),
        sa.Column("pattern", sa.LargeBinary(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("witnesses", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.number"], name="fk_report_secret_report"),
        sa.PrimaryKeyConstraint("report", name="pk_report_secret"),
    )
    rights.ordinary(["report", "report_file"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT, INSERT ON report_secret TO kmm_writer")


def downgrade() -> None:
    op.drop_table("report_secret")
    op.drop_table("report_file")
    op.drop_table("report")
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("position", MICROS, nullable=False),
        sa.Column("created", MICROS, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_report_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_partner_position", "report", ["partner", "position"])
    rights.ordinary(["report"])
