"""What creators work with: search, short links, reports of use, and drafts of their own."""

import secrets

import sqlalchemy as sa
from alembic import op

from migrations import rights

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("search_text", "short_link", "usage_report")
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of short codes: none that people take for one another."""


def upgrade() -> None:
    op.create_table(
        "search_text",
        sa.Column("material", MICROS, nullable=False),
        sa.Column("version", MICROS, nullable=False),
        sa.Column("accented", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["material"], ["material.number"], name="fk_search_text_material"),
        sa.ForeignKeyConstraint(["version"], ["material_version.number"], name="fk_search_text_version"),
        sa.PrimaryKeyConstraint("material", "version", name="pk_search_text"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "short_link",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("material", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["material"], ["material.number"], name="fk_short_link_material"),
        sa.PrimaryKeyConstraint("code", name="pk_short_link"),
        sa.UniqueConstraint("material", name="uq_short_link_material"),
    )
    op.create_table(
        "usage_report",
        sa.Column("number", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("material", MICROS, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("reach", MICROS, nullable=False),
        sa.Column("updated", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["material"], ["material.number"], name="fk_usage_report_material"),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_usage_report_partner"),
        sa.PrimaryKeyConstraint("number", name="pk_usage_report"),
        sa.UniqueConstraint("partner", "url", name="uq_usage_report_partner_url"),
    )
    op.create_index("ix_usage_report_material", "usage_report", ["material"], unique=False)
    _link_every_material()
    # Creators send in drafts of their own. They approve nothing, their own drafts least of all.
    op.execute(
        "INSERT INTO kind_scope (kind, scope) SELECT 'creator', 'content:write' "
        "WHERE NOT EXISTS (SELECT 1 FROM kind_scope WHERE kind = 'creator' AND scope = 'content:write')"
    )
    rights.ordinary(TABLES)


def _link_every_material() -> None:
    material = sa.table("material", sa.column("number"))
    links = sa.table("short_link", sa.column("code"), sa.column("material"))
    numbers = op.get_bind().scalars(sa.select(material.c.number)).all()
    codes: set[str] = set()
    while len(codes) < len(numbers):
        codes.add("".join(secrets.choice(LETTERS) for _ in range(8)))
    op.bulk_insert(links, [{"code": code, "material": one} for code, one in zip(codes, numbers, strict=True)])


def downgrade() -> None:
    op.execute("DELETE FROM kind_scope WHERE kind = 'creator' AND scope = 'content:write'")
    for table in reversed(TABLES):
        op.drop_table(table)
