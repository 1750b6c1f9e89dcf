"""The signal exchange: opinions, suspension, quarantine, readers, the private lookup, normaliser versions, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MICROS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = 86_400

COLUMNS = {
    "signal": ("merged_into",),
    "claim": ("opened_at", "opinions", "held", "wished"),
    "partner": ("burst_per_hour", "bulk_until", "quality"),
}
TABLES = ("opinion", "guard_entry", "signal_policy", "burst", "reader", "blind", "blind_epoch", "blind_use")
WRITER_ONLY = "opinion, guard_entry, signal_policy, burst, normaliser, blind, blind_epoch"
POLICIES = {
    "suspend_below": (50, "Half of the scale: more than one independent partner stands behind what scores higher."),
    "stated_quality": (80, "As good as the agencies and child-protection groups whose word suspends by their kind."),
    "unjudged_suspensions": (200, "What a reviewer looks through in a day: a dispute is no way to empty every feed."),
    "burst_per_hour": (200_000, "Six times the largest public list in one hour."),
    "private_lookups_per_day": (10_000, "One for each report that a large service desk takes in a day."),
}
PARTNER = "nullif(current_setting('kmm.partner', true), '')::bigint"
# Of claims, the reader's role sees what its partner may; so it does of what hangs on them.
# Not EXISTS, which of some dozen rows or more has the planner read every claim there is into a hash table first.
SEEN = {
    "opinion": f"partner = {PARTNER} OR (SELECT true FROM claim c WHERE c.signal = opinion.signal LIMIT 1)",  # noqa: S608  (a constant)
    "blind": "(SELECT true FROM claim c WHERE c.signal = blind.signal LIMIT 1)",
}
SCOPES = {
    "signals:lookup": ("platform", "protection", "agency", "alliance", "operator"),
    "opinions:write": ("platform", "protection", "agency", "alliance", "operator"),
    "signals:review": ("operator",),
}
KEPT = {
    "audit": (730 * DAY, "Audit questions come within two years."),
    "readers": (400 * DAY, "A reader that lapsed stays listed for a year and the month after it."),
}


def upgrade() -> None:
    op.add_column("signal", sa.Column("merged_into", MICROS, nullable=True))
    op.add_column("claim", sa.Column("opened_at", MICROS, server_default="0", nullable=False))
    op.add_column("claim", sa.Column("opinions", sa.Text(), server_default="", nullable=False))
    op.add_column("claim", sa.Column("held", sa.Text(), server_default="", nullable=False))
    op.add_column("claim", sa.Column("wished", sa.Integer(), server_default="0", nullable=False))
    op.add_column("partner", sa.Column("burst_per_hour", MICROS, nullable=True))
    op.add_column("partner", sa.Column("bulk_until", MICROS, nullable=True))
    op.add_column("partner", sa.Column("quality", sa.SmallInteger(), nullable=True))
    held = sa.text("closed = 0 AND held <> ''")
    op.create_index("ix_claim_held", "claim", ["partner", "position"], sqlite_where=held, postgresql_where=held)
    _tables()
    _seed()
    if op.get_bind().dialect.name == "postgresql":
        _rights()


def _tables() -> None:
    op.create_table(
        "opinion",
        sa.Column("signal", MICROS, nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("suspends", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Integer(), nullable=True),
        sa.Column("reviewed", MICROS, nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_opinion_partner"),
        sa.ForeignKeyConstraint(["reviewer"], ["partner.id"], name="fk_opinion_reviewer"),
        sa.ForeignKeyConstraint(["signal"], ["signal.id"], name="fk_opinion_signal"),
        sa.PrimaryKeyConstraint("signal", "partner", name="pk_opinion"),
    )
    op.create_table(
        "guard_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", MICROS, nullable=True),
        sa.Column("valid_until", MICROS, nullable=True),
        sa.Column("added", MICROS, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("reached", MICROS, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_guard_entry"),
        sa.UniqueConstraint("kind", "identity", "reach", name="uq_guard_entry_kind_identity_reach"),
    )
    op.create_table(
        "signal_policy",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", MICROS, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_signal_policy"),
    )
    op.create_table(
        "burst",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("hour", MICROS, nullable=False),
        sa.Column("opened", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_burst_partner"),
        sa.PrimaryKeyConstraint("partner", "hour", name="pk_burst"),
    )
    op.create_table(
        "reader",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("start", MICROS, nullable=False),
        sa.Column("acknowledged", MICROS, nullable=False),
        sa.Column("given", MICROS, nullable=False),
        sa.Column("seen", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_reader_partner"),
        sa.PrimaryKeyConstraint("client", "filter", name="pk_reader"),
    )
    op.create_index("ix_reader_partner", "reader", ["partner"])
    op.create_table(
        "blind",
        sa.Column("epoch", MICROS, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signal", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "digest", name="pk_blind"),
    )
    op.create_index("ix_blind_signal", "blind", ["signal"])
    op.create_table(
        "blind_epoch",
        sa.Column("epoch", MICROS, autoincrement=False, nullable=False),
        sa.Column("since", MICROS, nullable=True),
        sa.Column("reached", MICROS, nullable=False),
        sa.Column("entries", MICROS, nullable=False),
        sa.Column("bits", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_blind_epoch"),
    )
    op.create_table(
        "blind_use",
        sa.Column("partner", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("asked", MICROS, nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_blind_use_partner"),
        sa.PrimaryKeyConstraint("partner", "day", name="pk_blind_use"),
    )
    op.create_table(
        "normaliser",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", MICROS, nullable=False),
        sa.Column("target", MICROS, nullable=False),
        sa.Column("reached", MICROS, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_normaliser"),
    )
    op.create_table(
        "audit",
        sa.Column("id", MICROS, nullable=False),
        sa.Column("at", MICROS, nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("partner", MICROS, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _seed() -> None:
    policy = sa.table("signal_policy", *(sa.column(name) for name in ("name", "value", "source")))
    rows = [{"name": name, "value": value, "source": source} for name, (value, source) in POLICIES.items()]
    op.bulk_insert(policy, rows)
    retention = sa.table("retention", *(sa.column(name) for name in ("what", "seconds", "source", "horizon")))
    kept = [
        {"what": what, "seconds": seconds, "source": source, "horizon": 0} for what, (seconds, source) in KEPT.items()
    ]
    op.bulk_insert(retention, kept)
    allowed = sa.table("kind_scope", sa.column("kind"), sa.column("scope"))
    op.bulk_insert(allowed, [{"kind": kind, "scope": scope} for scope, kinds in SCOPES.items() for kind in kinds])
    first = {"epoch": 1, "since": None, "reached": 0, "entries": 0, "bits": 4}
    op.bulk_insert(sa.table("blind_epoch", *map(sa.column, first)), [first])


def _rights() -> None:
    every = ", ".join((*TABLES, "normaliser", "audit"))
    for role in ("kmm_reader", "kmm_writer"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {role}")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {WRITER_ONLY} FROM kmm_reader")
    op.execute("REVOKE UPDATE, DELETE ON audit FROM kmm_reader")
    for table, condition in SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reader ON {table} FOR SELECT TO kmm_reader USING ({condition})")
        # As in 0003: a policy for a role is one for its members, and only who took the role passes.
        writer = "current_user = 'kmm_writer'"
        op.execute(f"CREATE POLICY writer ON {table} TO kmm_writer USING ({writer}) WITH CHECK ({writer})")


def downgrade() -> None:
    kept = ", ".join(f"'{what}'" for what in KEPT)
    scopes = ", ".join(f"'{scope}'" for scope in SCOPES)
    op.execute(f"DELETE FROM retention WHERE what IN ({kept})")  # noqa: S608  (our own names)
    op.execute(f"DELETE FROM kind_scope WHERE scope IN ({scopes})")  # noqa: S608  (our own names)
    for table in ("audit", "normaliser", *reversed(TABLES)):
        op.drop_table(table)
    op.drop_index("ix_claim_held", "claim")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)
