"""What the roles of requests and of writing functions may do to tables, on PostgreSQL. SQLite has no counterpart."""

from collections.abc import Iterable

from alembic import op


def ordinary(tables: Iterable[str]) -> None:
    """Let both roles read and write tables that hold nothing of the claim log, nor of who may see it."""
    if op.get_bind().dialect.name != "postgresql":
        return
    every = ", ".join(tables)
    for role in ("kmm_reader", "kmm_writer"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {role}")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
