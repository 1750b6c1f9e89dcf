"""Claims without foreign keys: their checks took half of an insert, and one function alone writes claims.

`kmm signals check` finds what they would have refused. On SQLite the table is copied: some minutes for millions.
"""

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

REFERRED = ("signal", "partner", "audience")


def upgrade() -> None:
    # What a copy that was cut short leaves behind on SQLite.
    op.execute("DROP TABLE IF EXISTS _alembic_tmp_claim")
    with op.batch_alter_table("claim") as claim:
        for name in REFERRED:
            claim.drop_constraint(f"fk_claim_{name}", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("claim") as claim:
        for name in REFERRED:
            claim.create_foreign_key(f"fk_claim_{name}", name, [name], ["id"])
