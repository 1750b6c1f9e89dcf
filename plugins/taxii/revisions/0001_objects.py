"""What partners posted, and what became of each post."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTNER = "nullif(current_setting('kmm.partner', true), '')::bigint"
SIGHT = f"audience IN (SELECT s.audience FROM sight s WHERE s.partner = {PARTNER})"  # noqa: S608  (a constant)
WRITER = "current_user = 'kmm_writer'"
KEPT = {
    "what": "taxii_statuses",
    "seconds": 2 * 86_400,
    "source": "TAXII 2.1 asks for a day; two, so that nobody is late by a time zone.",
}


def upgrade() -> None:
    op.create_table(
        "taxii_object",
        sa.Column("position", MICROS, nullable=False),
        sa.Column("date_added", MICROS, nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("spec_version", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("signal", MICROS, nullable=True),
        sa.Column("covers", MICROS, nullable=True),
        sa.Column("removed", MICROS, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_taxii_object"),
        sa.UniqueConstraint("collection", "id", "version", "partner", name="uq_taxii_object_version"),
    )
    last, at = sa.text("is_last"), ["collection", "position"]
    op.create_index("ix_taxii_object_collection", "taxii_object", at)
    op.create_index("ix_taxii_object_signal", "taxii_object", ["signal", "partner"])
    op.create_index("ix_taxii_object_last", "taxii_object", at, sqlite_where=last, postgresql_where=last)
    op.create_table(
        "taxii_status",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_taxii_status"),
    )
    op.create_index("ix_taxii_status_at", "taxii_status", ["at"])
    retention = sa.table("retention", *(sa.column(name) for name in ("what", "seconds", "source", "horizon")))
    op.bulk_insert(retention, [{**KEPT, "horizon": 0}])
    if op.get_bind().dialect.name == "postgresql":
        _guard()


def _guard() -> None:
    """Objects lie beside the claims that they mean: what a reader's statement forgets is not shown here either."""
    op.execute("ALTER TABLE taxii_object ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE taxii_object FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reader ON taxii_object FOR SELECT TO kmm_reader USING ({SIGHT})")
    op.execute(f"CREATE POLICY writer ON taxii_object TO kmm_writer USING ({WRITER}) WITH CHECK ({WRITER})")


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM retention WHERE what = :what").bindparams(what=KEPT["what"]))
    for table in ("taxii_status", "taxii_object"):
        op.drop_table(table)
