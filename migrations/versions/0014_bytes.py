"""Resumable uploads, renditions, scans."""

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("rendition", "upload")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # What came in before there was anything to look through it.
    op.add_column("asset", sa.Column("scan", sa.Text(), nullable=False, server_default="not_scanned"))
    op.create_table(
        "rendition",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "recipe", name="pk_rendition"),
    )
    op.create_index("ix_rendition_sha256", "rendition", ["sha256"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("expires", BIG, nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_upload_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_partner", "upload", ["partner"], unique=False)
    op.create_index("ix_upload_expires", "upload", ["expires"], unique=False)
    rights.ordinary(TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("asset") as asset:
        asset.drop_column("scan")
