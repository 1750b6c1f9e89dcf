"""Partners' names for their claims without foreign keys, as claims are: their checks took most of an insert.

`kmm signals check` finds what they would have refused. On SQLite the table is copied: some minutes for millions.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

REFERRED = ("signal", "partner")


def upgrade() -> None:
    # What a copy that was cut short leaves behind on SQLite.
    op.execute("DROP TABLE IF EXISTS _alembic_tmp_reference")
    with op.batch_alter_table("reference") as reference:
        for name in REFERRED:
            reference.drop_constraint(f"fk_reference_{name}", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("reference") as reference:
        for name in REFERRED:
            reference.create_foreign_key(f"fk_reference_{name}", name, [name], ["id"])
