"""Events addressed to partners, and the scopes of what tells of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTNER = "nullif(current_setting('kmm.partner', true), '')::bigint"
OWN = f"partner = {PARTNER}"
ADDRESSED = f"position IN (SELECT a.position FROM addressee a WHERE a.partner = {PARTNER})"  # noqa: S608  (a constant)
OF_AUDIENCE = f"audience IN (SELECT s.audience FROM sight s WHERE s.partner = {PARTNER})"  # noqa: S608  (a constant)
WRITER = "current_user = 'kmm_writer'"

FOLLOWS = ("events:read", "webhooks:write")
ASKS = (*FOLLOWS, "takedowns:read", "takedowns:request", "appeals:write", "emergencies:write")
SCOPES = {
    "platform": (*FOLLOWS, "takedowns:read", "takedowns:answer", "appeals:write"),
    "protection": (*ASKS, "referrals:write"),
    "agency": (*ASKS, "referrals:write"),
    "alliance": (*FOLLOWS, "takedowns:read", "appeals:write", "referrals:write"),
    "creator": ("events:read",),
    "operator": (*ASKS, "referrals:write", "takedowns:answer", "takedowns:manage", "appeals:review"),
}


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "addressee",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("position", MICROS, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("partner", "position", name="pk_addressee"),
    )
    # What was recorded before was for the operator alone.
    op.execute(
        "INSERT INTO addressee (partner, position) "
        "SELECT p.id, e.position FROM event e, partner p WHERE p.kind = 'operator'"
    )
    if postgresql:
        op.execute("DROP POLICY reader ON event")
    op.drop_column("event", "audience")
    if postgresql:
        _rights()
    op.bulk_insert(
        sa.table("kind_scope", sa.column("kind"), sa.column("scope")),
        [{"kind": kind, "scope": scope} for kind, scopes in SCOPES.items() for scope in scopes],
    )


def _rights() -> None:
    op.execute("GRANT SELECT, INSERT ON addressee TO kmm_reader")
    op.execute("GRANT SELECT, INSERT, DELETE ON addressee TO kmm_writer")
    op.execute("ALTER TABLE addressee ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE addressee FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reader ON addressee FOR SELECT TO kmm_reader USING ({OWN})")
    op.execute("CREATE POLICY adder ON addressee FOR INSERT TO kmm_reader WITH CHECK (true)")
    op.execute(f"CREATE POLICY writer ON addressee TO kmm_writer USING ({WRITER}) WITH CHECK ({WRITER})")
    op.execute(f"CREATE POLICY reader ON event FOR SELECT TO kmm_reader USING ({ADDRESSED})")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    scopes = ", ".join(f"'{scope}'" for scope in sorted({one for held in SCOPES.values() for one in held}))
    op.execute(f"DELETE FROM kind_scope WHERE scope IN ({scopes})")  # noqa: S608  (our own names)
    if postgresql:
        op.execute("DROP POLICY reader ON event")
    op.add_column("event", sa.Column("audience", MICROS, server_default="0", nullable=False))
    if postgresql:
        op.execute(f"CREATE POLICY reader ON event FOR SELECT TO kmm_reader USING ({OF_AUDIENCE})")
    op.drop_table("addressee")
