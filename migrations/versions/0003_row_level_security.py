"""PostgreSQL: what a request's role may read and write, whatever its statement forgets. SQLite has no counterpart.

Policies guard reading for kmm_reader; kmm_writer, the role of the writing functions, sees every row. The login
that owns the tables is a member of both and takes one of them for each transaction.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTNER = "nullif(current_setting('kmm.partner', true), '')::bigint"
SIGHT = f"audience IN (SELECT s.audience FROM sight s WHERE s.partner = {PARTNER})"  # noqa: S608  (a constant)
POLICIES = {
    "claim": SIGHT,
    "event": SIGHT,
    "signal": "EXISTS (SELECT 1 FROM claim c WHERE c.signal = signal.id)",
    "sight": f"partner = {PARTNER}",
    "reference": f"partner = {PARTNER}",
}
# The login is a member of kmm_writer, and a policy for a role is one for its members: only who took the role passes.
WRITER = "current_user = 'kmm_writer'"
WRITER_ONLY = (
    "signal, claim, reference, digest, cell, audience, sight, partner, client, kind_scope, sharing_group, membership, "
    "access_version, signing_key, revocation, retention, alembic_version"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for role in ("kmm_reader", "kmm_writer"):
        # Roles belong to the cluster: another database of it may have made them.
        op.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
            f"THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        )
        op.execute(f"GRANT {role} TO CURRENT_USER")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {WRITER_ONLY} FROM kmm_reader")
    for table, condition in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reader ON {table} FOR SELECT TO kmm_reader USING ({condition})")
        op.execute(f"CREATE POLICY writer ON {table} TO kmm_writer USING ({WRITER}) WITH CHECK ({WRITER})")
    # An edge may add events; it reads those of its sight only.
    op.execute("CREATE POLICY adder ON event FOR INSERT TO kmm_reader WITH CHECK (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in POLICIES:
        for policy in ("reader", "writer"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY adder ON event")
